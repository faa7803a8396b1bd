"""How Sphinx makes pages of the documents; `make docs` runs it from the repository's top."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "distillwatch"
author = "the distillwatch contributors"
version = release = _PROJECT["version"]
language = "en"

extensions = ["myst_parser"]
root_doc = "docs/index"
# The repository's top is the source, so that links between documents are the same here and on a code host.
include_patterns = [
    "docs/*.md",
    "docs/**/*.md",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "deploy/kubernetes/README.md",
]
exclude_patterns = [
    ".venv*",
    ".cache",
    ".git",
    "dist",
    "build",
    "bench",
    "tests",
    "models",
    "streams",
]
source_suffix = {".md": "markdown"}
nitpicky = True
myst_heading_anchors = 6
"""Anchors of headings as code hosts make them."""

html_theme = "furo"
html_title = f"distillwatch {version}"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
