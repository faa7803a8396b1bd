"""The documents as pages: made without a warning, with a reference that is the code's own."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def script(path: Path) -> ModuleType:
    """Load a script that is no part of a package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_pages(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    words = ["-W", "--keep-going", "-q", "-c", str(DOCS), str(source), str(out)]
    command = [sys.executable, "-m", "sphinx", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_pages_are_made_without_a_warning(tmp_path: Path) -> None:
    done = make_pages(ROOT, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "docs" / "tutorial.html").read_text(encoding="utf-8")
    assert "Run it on Kafka" in page


@pytest.mark.parametrize("link", ["nowhere.md", "other.md#no-such-heading"])
def test_a_broken_link_fails(link: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# A\n\n[b]({link})\n\n```{{toctree}}\nother\n```\n")
    (tmp_path / "docs" / "other.md").write_text("# B\n")
    done = make_pages(tmp_path, tmp_path / "out")
    assert done.returncode != 0
    assert "myst" in done.stderr


def test_the_reference_is_what_the_code_says() -> None:
    made = script(DOCS / "generate.py").documents()
    found = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "reference").iterdir()}
    assert found == made, "run `make reference`"


@pytest.mark.parametrize("picture", sorted((DOCS / "figures").glob("*.svg")), ids=lambda path: path.name)
def test_a_picture_asks_no_server_for_anything(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")
    assert re.findall(r"(?:url\(|href=|src=|@import)\W*(?:https?:)?//", text) == []


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in (DOCS / "decisions").glob("0*.md")}
    assert set(re.findall(r"\((0[^)]+\.md)\)", index)) == files


def test_the_readme_fits_a_screen_and_begins_with_the_picture() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 90
    assert lines[2].startswith("![")
