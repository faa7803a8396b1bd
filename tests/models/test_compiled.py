"""What is compiled is kept where it can be, and works where it cannot."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from models import compiled
from models.core import judge


def plus(number: int) -> int:
    """Something to compile."""
    return number + 1


def test_a_function_is_compiled_though_no_folder_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled._Places, "_locator_classes", [])
    assert compiled.compiled(plus)(1) == 2


def test_a_function_is_compiled_though_the_given_folder_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled.config, "CACHE_DIR", "/dev/null/nowhere")
    assert compiled.compiled(plus)(1) == 2


def test_what_is_kept_is_named_by_all_sources_of_the_core() -> None:
    cache = judge.judge._cache  # type: ignore[attr-defined]
    assert cache._cache_file._source_stamp == compiled._digest()


@pytest.mark.parametrize("command", ["--help", "replay --help", "topics --help"])
def test_a_command_that_does_not_judge_loads_no_compiler(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "streams", *command.split()],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "models.errors" in done.stderr
    assert "numba" not in done.stderr


def test_the_core_takes_constants_from_modules_alone_that_name_what_is_kept() -> None:
    """A constant is compiled in: were its module not counted, what was kept would outlive a change of it."""
    folder = Path(compiled.__file__).parent / "core"
    imported = {
        node.module.removeprefix("models.") + ".py"
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("models.")
    }
    outside = {name for name in imported if not name.startswith("core.")} - {"core.py"}
    assert outside == set(compiled.ELSEWHERE)
