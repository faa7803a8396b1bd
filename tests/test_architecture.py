"""The boundaries that the design draws, checked on the syntax trees."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 400
FOLDERS = ("bench", "deploy", "docs", "models", "streams", "tests")
OUTSIDE_THE_CORE = {
    "aiohttp",
    "aiokafka",
    "asyncio",
    "confluent_kafka",
    "faust",
    "kafka",
    "logging",
    "marshal",
    "mode",
    "os",
    "pathlib",
    "pickle",
    "random",
    "secrets",
    "shelve",
    "socket",
    "streams",
    "subprocess",
    "threading",
    "time",
}
CLOCKS = {"now", "today", "utcnow", "time_ns"}
ENTROPY = {"uuid1", "uuid4", "urandom", "getrandom", "SystemRandom"}
SEEDED = {"default_rng", "Generator", "PCG64", "Philox", "SeedSequence"}


def python_files(*folders: str) -> list[Path]:
    """Files that git knows or would add, so that the environment and caches are left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [ROOT / name for name in sorted(set(listed)) if name.endswith(".py") and (ROOT / name).exists()]


def nodes(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node of every file, with the place where it stands."""
    for file in python_files(*folders):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
            yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node


def imported(node: ast.AST) -> list[str]:
    """Names of the modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [node.module or ""]
    return []


def called(node: ast.AST) -> tuple[str, ast.Call] | None:
    """The last name of what is called: `default_rng` of `np.random.default_rng(1)`."""
    if not isinstance(node, ast.Call):
        return None
    function = node.func
    name = getattr(function, "attr", None) or getattr(function, "id", "")
    return name, node


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_of_the_design_exists(folder: str) -> None:
    assert (ROOT / folder).is_dir()


def test_the_core_imports_no_bus_no_clock_no_io_and_no_pickle() -> None:
    found = [
        f"{place} imports {module}"
        for place, node in nodes("models")
        for module in imported(node)
        if module.split(".")[0] in OUTSIDE_THE_CORE
    ]
    assert found == []


def test_the_core_asks_no_clock() -> None:
    found = [place for place, node in nodes("models") if (call := called(node)) and call[0] in CLOCKS]
    assert found == []


def test_the_core_draws_only_random_numbers_with_a_seed() -> None:
    found = []
    for place, node in nodes("models"):
        call = called(node)
        if call is None:
            continue
        name, expression = call
        text = ast.unparse(expression.func)
        unseeded = name in SEEDED and not (expression.args or expression.keywords)
        global_state = re.fullmatch(r"(np|numpy)\.random\.\w+", text) and name not in SEEDED
        if unseeded or global_state or name in ENTROPY:
            found.append(f"{place} calls {text}")
    assert found == []


def test_the_core_opens_no_file_and_prints_nothing() -> None:
    found = [
        f"{place} calls {call[0]}"
        for place, node in nodes("models")
        if (call := called(node)) and call[0] in {"open", "print", "input", "read_text", "write_text"}
    ]
    assert found == []


def test_nothing_is_unpickled_anywhere() -> None:
    found = [
        f"{place} imports {module}"
        for place, node in nodes("models", "streams")
        for module in imported(node)
        if module.split(".")[0] in {"pickle", "cloudpickle", "dill", "marshal", "shelve"}
    ]
    assert found == []


def test_input_is_never_validated_with_assert() -> None:
    found = [place for place, node in nodes("models", "streams") if isinstance(node, ast.Assert)]
    assert found == []


def test_no_python_file_is_longer_than_400_lines() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in python_files()
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}


def test_the_checks_above_look_at_files() -> None:
    assert len(python_files("models")) > 1
    assert len(python_files("streams")) > 1
