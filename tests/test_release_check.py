"""What `make release-check` checks, but for the clean installation, which takes minutes."""

from __future__ import annotations

import importlib.util
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("release_check", ROOT / "deploy" / "release_check.py")
assert SPEC
assert SPEC.loader
release_check = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(release_check)


def test_two_builds_are_the_same_and_so_is_the_wheel_of_the_sdist(tmp_path: Path) -> None:
    wheel = release_check.build_twice(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "streams/report/report.html.j2" in names
    assert not [name for name in names if name.startswith(("tests", "bench", "docs"))]
    (sdist,) = (tmp_path / "dist-one").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "docs/tutorial.md", "requirements.lock"} <= held


def test_builds_that_differ_are_named(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "x.whl", tmp_path / "b" / "x.whl"
    for path in (one, other):
        path.parent.mkdir()
        path.write_text(str(path))
    with pytest.raises(release_check.ReleaseError, match=r"two builds differ: .*a/x\.whl and .*b/x\.whl"):
        release_check.compare([one], [other], "two builds")


def test_version_and_changelog_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    release_check.check_changelog()
    monkeypatch.setattr(release_check, "version", lambda: "9.9.9")
    with pytest.raises(release_check.ReleaseError, match=r"neither a section \[9\.9\.9\] nor"):
        release_check.check_changelog()


def test_the_container_file_installs_what_the_locks_pin() -> None:
    text = release_check.DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    assert list(release_check.container_problems(text)) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("RUN pip install plotly", "installs what no lock pins: pip install plotly"),
        ("RUN pip install --requirement requirements.lock", "installs what no lock pins"),
        ("RUN pip install --require-hashes -r requirements.lock plotly", "installs what no lock pins"),
        ("COPY nowhere .", "copies nowhere, which does not exist"),
    ],
)
def test_a_container_file_that_does_not_is_named(line: str, problem: str) -> None:
    (found,) = release_check.container_problems(line)
    assert problem in found
