"""Bytes from the bus become numbers and texts, never code or objects of a kind that they choose."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("models", "streams", "deploy")

MODULES = {
    "pickle",
    "_pickle",
    "cPickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "jsonpickle",
    "joblib",
    "yaml",
}
CALLS = {"eval", "exec", "compile", "__import__"}
UNSAFE_YAML = {"load", "load_all", "unsafe_load", "unsafe_load_all", "full_load", "full_load_all"}

# What handles bytes of the bus, or could.
ON_THE_PATH = (
    "aiokafka",
    "confluent_kafka",
    "cramjam",
    "faust.channels",
    "faust.events",
    "faust.serializers",
    "faust.stores",
    "faust.streams",
    "faust.tables",
    "faust.topics",
    "faust.transport",
    "google_crc32c",
    "kafka",
    "orjson",
    "river.stats",
    "zstandard",
)

# Of our own, what sees no byte of the bus.
REVIEWED_OURS = {
    "deploy/kubernetes/generate_manifests.py: import yaml": "reads our own rules, by safe_load",
}

# Reviewed at the versions of the lock. An entry that is no longer found fails the test as well.
REVIEWED = {
    "faust/serializers/codecs.py: import pickle": "the codec 'pickle'; every serializer of ours is 'raw'",
    "faust/serializers/codecs.py: import yaml": "the codec 'yaml', by safe_load; ours are 'raw'",
    "faust/serializers/codecs.py: 'pickle'": "the same codec by its name",
    "faust/serializers/_fickling.py: import pickle": "a codec that checks pickles; ours are 'raw'",
    "kafka/cli/common.py: import yaml": "settings of a command that we do not run, by safe_load",
    "kafka/protocol/schemas/fields/struct.py: exec()": "compiles the package's own schemas, nothing received",
    "kafka/protocol/schemas/fields/struct.py: compile()": "the same",
    "kafka/protocol/schemas/fields/struct.py: __import__()": "of io, by a constant",
}


def sources(folder: Path) -> Iterator[Path]:
    """Every Python file."""
    return (file for file in folder.rglob("*.py") if "__pycache__" not in file.parts)


def loading(file: Path) -> Iterator[str]:
    """Yield what a file holds that can make objects or code of data."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (f"import {alias.name}" for alias in node.names if alias.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in MODULES:
            yield f"import {node.module}"
        elif isinstance(node, ast.Call):
            yield from _called(node)
        elif isinstance(node, ast.Constant) and node.value in {"pickle", "raw_pickle"}:
            yield f"'{node.value}'"


def _called(node: ast.Call) -> Iterator[str]:
    function = node.func
    if isinstance(function, ast.Name) and function.id in CALLS:
        yield f"{function.id}()"
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        if function.value.id.endswith("yaml") and function.attr in UNSAFE_YAML:
            yield f"{function.value.id}.{function.attr}()"
        if function.value.id == "builtins" and function.attr in CALLS:
            yield f"{function.attr}()"
    yield from (
        "allow_pickle"
        for option in node.keywords
        if option.arg == "allow_pickle"
        and not (isinstance(option.value, ast.Constant) and not option.value.value)
    )


def places_of(package: str) -> tuple[Path, list[Path]]:
    """Return the folder that a package is installed in and its files."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    origin = Path(spec.origin)
    root = origin.parents[package.count(".") + (origin.name == "__init__.py")]
    return root, list(sources(origin.parent)) if origin.name == "__init__.py" else [origin]


def test_our_code_loads_no_objects() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {what}"
        for folder in OURS
        for file in sources(ROOT / folder)
        for what in loading(file)
    ]
    assert set(found) == set(REVIEWED_OURS)


def test_the_dependencies_that_touch_bytes_of_the_bus_load_no_objects() -> None:
    found = set()
    for package in ON_THE_PATH:
        root, files = places_of(package)
        assert files
        found |= {f"{file.relative_to(root)}: {what}" for file in files for what in loading(file)}
    assert found == set(REVIEWED)


def test_faust_is_told_to_leave_every_key_and_value_as_it_is() -> None:
    serializers = {
        ast.unparse(option.value)
        for file in sources(ROOT / "streams")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for option in node.keywords
        if option.arg in {"key_serializer", "value_serializer", "serializer"}
    }
    assert serializers == {"'raw'"}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import marshal as m",
        "eval(x)",
        "exec(x)",
        "compile(x, '', 'exec')",
        "__import__(x)",
        "builtins.eval(x)",
        "yaml.load(x)",
        "numpy.load(x, allow_pickle=True)",
        "numpy.load(x, allow_pickle=y)",
        "App(value_serializer='pickle')",
    ],
)
def test_the_scan_sees_each_way_to_load_objects(source: str, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(source)
    assert list(loading(file))


def audited(*words: str) -> list[str]:
    """What the interpreter was asked to load while records were decoded."""
    command = [sys.executable, "-m", "tests.fuzz.audited", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_nothing_is_loaded_while_records_are_decoded() -> None:
    assert audited() == []


def test_the_audit_would_see_a_pickle() -> None:
    assert "pickle.find_class" in audited("control")
