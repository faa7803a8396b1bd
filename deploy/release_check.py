"""Checks that a release can be made: `make release-check` from the repository's top.

It builds wheel and sdist twice and compares them byte by byte, installs the wheel into a clean environment
with the pinned dependencies and nothing else, tries the command there, and reads the container file.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
DEMO_SECONDS = 20
TOOLS_OF_DEVELOPMENT = ("pytest", "mypy", "ruff", "hypothesis", "hatchling")
_BUILD = "import sys; from hatchling.build import {0}; print({0}(sys.argv[1]))"


class ReleaseError(Exception):
    """A release cannot be made; says why."""


def version() -> str:
    """Return the version that is to be released."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(found["project"]["version"])


def check_changelog() -> None:
    """Version and changelog agree: it has a section, or stands under Unreleased as what will be released."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    escaped = re.escape(version())
    if not re.search(rf"^## \[{escaped}\]|^What will be {escaped}\b", text, re.MULTILINE):
        raise ReleaseError(f"CHANGELOG.md has neither a section [{version()}] nor 'What will be {version()}'")


def build(source: Path, out: Path, epoch: str) -> list[Path]:
    """Build sdist and wheel of a source tree and return them."""
    out.mkdir(parents=True)
    made = []
    for kind in ("build_sdist", "build_wheel"):
        variables = {**os.environ, "SOURCE_DATE_EPOCH": epoch}
        made.append(
            out / run(sys.executable, "-c", _BUILD.format(kind), out, cwd=source, env=variables).strip()
        )
    return made


def build_twice(folder: Path) -> Path:
    """Build in two places with other rights of files, and once more from the sdist; return the wheel."""
    epoch = run("git", "log", "-1", "--format=%ct").strip()
    places = [checkout(folder / name, umask) for name, umask in (("one", 0o022), ("two", 0o077))]
    first, second = (build(place, folder / f"dist-{place.name}", epoch) for place in places)
    compare(first, second, "two builds")
    shutil.unpack_archive(first[0], folder / "sdist")
    (unpacked,) = (folder / "sdist").iterdir()
    compare(first[1:], build(unpacked, folder / "dist-sdist", epoch)[1:], "the wheels of tree and sdist")
    return first[1]


def checkout(place: Path, umask: int) -> Path:
    """Write the files that git knows, as they are in the work tree, to a folder of its own."""
    before = os.umask(umask)
    try:
        for name in run("git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
            if (ROOT / name).is_file():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_bytes((ROOT / name).read_bytes())
    finally:
        os.umask(before)
    return place


def compare(some: list[Path], others: list[Path], what: str) -> None:
    """Files must be the same, byte for byte."""
    for one, other in zip(some, others, strict=True):
        if one.name != other.name or not filecmp.cmp(one, other, shallow=False):
            raise ReleaseError(f"{what} differ: {one} and {other}; compare them with diffoscope")


def try_installed(folder: Path, wheel: Path) -> None:
    """Install the wheel into a clean environment and try the command from an empty folder."""
    environment, empty = folder / "clean", folder / "empty"
    empty.mkdir()
    run(sys.executable, "-m", "venv", environment)
    python, command = environment / "bin" / "python", environment / "bin" / "distillwatch"
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")
    run(*pip, "install", "--require-hashes", "--requirement", ROOT / "requirements.lock")
    run(*pip, "install", "--no-deps", wheel)
    run(*pip, "check")
    for tool in TOOLS_OF_DEVELOPMENT:
        if run(python, "-c", f"import importlib.util as u; print(u.find_spec({tool!r}))").strip() != "None":
            raise ReleaseError(f"{tool} is installed where only the program should be")
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DISTILLWATCH"))
    }
    expected = f"distillwatch {version()}"
    if run(command, "--version", cwd=empty, env=own).strip() != expected:
        raise ReleaseError(f"the installed command does not call itself {expected}")
    for words in (("--help",), ("backtest", "--help"), ("config", "check"), ("config", "schema")):
        run(command, *words, cwd=empty, env=own)
    run(command, "demo", "--json", "--seconds", DEMO_SECONDS, cwd=empty, env=own)
    (empty / "events").write_text('{"id": "a", "time": 1772668800, "tenant": "t", "prompt": "hello"}\n')
    run(command, "backtest", "events", "--alerts", "alerts", "--report", "report", cwd=empty, env=own)
    if not (empty / "report" / "report.html").exists():
        raise ReleaseError("the installed command wrote no report")


def check_container() -> None:
    """The container installs what the locks pin, and copies what there is; it is built where Docker runs."""
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    for problem in container_problems(text):
        raise ReleaseError(f"deploy/Dockerfile: {problem}")
    if docker_runs():
        run("docker", "build", "--quiet", "--file", DOCKERFILE, ROOT)


def docker_runs() -> bool:
    """Tell whether there is a Docker that answers."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def container_problems(text: str) -> Iterator[str]:
    """Yield what is wrong with a container file."""
    for line in text.splitlines():
        if line.startswith("COPY ") and "--from=" not in line:
            for name in line.split()[1:-1]:
                if not (ROOT / name).exists():
                    yield f"copies {name}, which does not exist"
    for install in re.findall(r"pip install ([^&\n]*)", text):
        words = install.split()
        pinned = "--require-hashes" in words and all(
            word.startswith("--") or word.endswith(".lock") for word in words
        )
        if not pinned and words[:1] != ["--no-deps"]:
            yield f"installs what no lock pins: pip install {install.strip()}"


def run(*words: object, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """Run a program to its end and return what it printed.

    Raises
    ------
    ReleaseError
        It failed; with the end of what it said.
    """
    line = [str(word) for word in words]
    done = subprocess.run(line, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-2_000:]
        raise ReleaseError(f"{' '.join(line[:6])} ended with {done.returncode}:\n{said}")
    return done.stdout


def main() -> int:
    """Run all checks, say what is checked, and return the exit code."""
    with TemporaryDirectory(prefix="distillwatch-release-") as name:
        folder, wheel = Path(name), Path()

        def builds() -> None:
            nonlocal wheel
            wheel = build_twice(folder)

        steps: dict[str, Callable[[], object]] = {
            f"the changelog knows {version()}": check_changelog,
            "the container file installs what the locks pin": check_container,
            "two builds are the same, byte for byte": builds,
            "the wheel works in a clean environment": lambda: try_installed(folder, wheel),
        }
        for what, step in steps.items():
            sys.stdout.write(f"{what} ... ")
            sys.stdout.flush()
            try:
                step()
            except ReleaseError as error:
                sys.stdout.write(f"no\n{error}\n")
                return 1
            sys.stdout.write("yes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
