"""What a package manager and a fresh machine see."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
RUNTIME = PROJECT["project"]["dependencies"]
# `make setup` and the image have all that is optional but what reads Parquet, which is large.
SETUP = [text for extra, texts in EXTRAS.items() if extra != "parquet" for text in texts]
LOCKS = {
    "requirements.lock": [*RUNTIME, *SETUP],
    "requirements-build.lock": PROJECT["dependency-groups"]["build"],
    "requirements-dev.lock": [
        *RUNTIME,
        *chain(*EXTRAS.values()),
        *PROJECT["dependency-groups"]["build"],
        *PROJECT["dependency-groups"]["dev"],
    ],
    "requirements-chaos.lock": PROJECT["dependency-groups"]["chaos"],
    "requirements-audit.lock": PROJECT["dependency-groups"]["audit"],
    "requirements-peers.lock": PROJECT["dependency-groups"]["peers"],
}
DIRECT = sorted(
    {
        canonicalize_name(Requirement(text).name)
        for lock in set(LOCKS) - {"requirements.lock", "requirements-build.lock"}
        for text in LOCKS[lock]
    }
)

# Where the name of the import is not that of the distribution.
DISTRIBUTIONS = {"faust": "faust-streaming", "kafka": "kafka-python"}
DISTRIBUTIONS |= {"google": "protobuf", "opentelemetry": "opentelemetry-proto"}

# What only some users need.
OPTIONAL = {canonicalize_name(Requirement(text).name) for text in chain(*EXTRAS.values())}

# These stand in the interfaces of direct dependencies, whose versions decide theirs.
IMPORTED_THROUGH_ANOTHER = {"mode": "faust-streaming", "yarl": "faust-streaming", "pydantic_core": "pydantic"}
IMPORTED_THROUGH_ANOTHER |= {"llvmlite": "numba"}

# Hosts of package registries, in pieces so that this file does not hold what it looks for.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("repo", "maven", "apache", "org"),
        ("repo1", "maven", "org"),
        ("registry", "npmjs", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("deb", "debian", "org"),
    )
]


def tracked() -> list[Path]:
    """Every file that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def imported(file: Path) -> set[str]:
    """Top-level names of the modules that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def pins(lock: str) -> dict[str, str]:
    """Versions by name."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ \\;\n]+)", text, re.MULTILINE))


def test_no_file_names_the_host_of_a_package_registry() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {host}"
        for file in tracked()
        for host in HOSTS
        if host in file.read_text(encoding="utf-8", errors="replace")
    ]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=[a-z])", (ROOT / lock).read_text(encoding="utf-8"))[1:]
    bare = [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry]
    assert (bare, bool(entries)) == ([], True)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_what_pyproject_asks_for(lock: str) -> None:
    pinned = pins(lock)
    unmet = []
    for text in LOCKS[lock]:
        requirement = Requirement(text)
        found = pinned.get(canonicalize_name(requirement.name), "nothing")
        if found == "nothing" or not requirement.specifier.contains(found):
            unmet.append(f"{text} is pinned to {found}; run `make lock`")
    assert unmet == []


def test_the_locks_agree_on_every_version() -> None:
    development = pins("requirements-dev.lock")
    smaller = pins("requirements.lock") | pins("requirements-build.lock")
    assert {name: development.get(name) for name in smaller} == smaller


def test_the_peers_compute_with_the_versions_that_we_compute_with() -> None:
    ours, theirs = pins("requirements.lock"), pins("requirements-peers.lock")
    assert (theirs["river"], theirs["orjson"]) == (ours["river"], ours["orjson"])


def test_the_build_backend_is_the_pinned_one() -> None:
    assert PROJECT["build-system"]["requires"] == [
        f"hatchling=={pins('requirements-build.lock')['hatchling']}"
    ]


def test_every_direct_dependency_is_explained_and_no_other_is() -> None:
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)
    assert sorted(canonicalize_name(row) for row in rows) == DIRECT


def test_the_program_imports_its_direct_dependencies_and_nothing_else() -> None:
    imports = {
        name
        for file in tracked()
        if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in {"models", "streams"}
        for name in imported(file)
    }
    asked = {canonicalize_name(Requirement(text).name) for text in [*RUNTIME, *chain(*EXTRAS.values())]}
    foreign = (
        imports - sys.stdlib_module_names - set(IMPORTED_THROUGH_ANOTHER) - {"models", "streams", "_typeshed"}
    )
    distributions = {canonicalize_name(DISTRIBUTIONS.get(name, name)) for name in foreign}
    # Two files of wordllama are read; aiokafka imports cramjam.
    assert distributions == asked - {"wordllama", "cramjam"}


def test_the_development_environment_holds_every_extra() -> None:
    assert set(pins("requirements-dev.lock")) >= OPTIONAL


def test_the_changelog_knows_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
    assert PROJECT["project"]["version"] in text


def test_the_installed_distribution_has_the_version_of_pyproject() -> None:
    assert version("distillwatch") == PROJECT["project"]["version"]


def test_the_wheel_holds_both_packages_the_command_and_the_licence(tmp_path: Path) -> None:
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("distillwatch-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
        commands = archive.read(entry_points).decode()
    assert {"streams/__init__.py", "models/__init__.py"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "distillwatch = streams.__main__:main" in commands
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"streams", "models"}


def test_the_licence_is_apache_2_0_in_full() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
