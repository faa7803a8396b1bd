"""The command: its options, and the benchmarks that it knows."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.figure import Figure, Sample, stated
from bench.options import Options
from bench.worker import BenchmarkError

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def given(**changes: object) -> Namespace:
    """The options of a command line without any, but for these."""
    return Namespace(**{"runs": None, "events": None, "tenants": None, "quick": False} | changes)


def test_every_benchmark_is_documented() -> None:
    (row,) = re.findall(r"^\| `--only NAME...` \|(.*)$", DOCUMENT, re.MULTILINE)
    assert re.findall(r"`(\w+)`", row) == list(command.BENCHMARKS)


def test_options_stand_where_they_are_given_and_defaults_elsewhere() -> None:
    assert command.options(given()) == Options()
    assert command.options(given(runs=7, tenants=10)) == Options(runs=7, tenants=10)


def test_a_quick_run_is_smaller_unless_told_otherwise() -> None:
    quick = command.options(given(quick=True, runs=2))
    assert (quick.quick, quick.runs) == (True, 2)
    assert quick.events < Options().events
    assert quick.tenants < Options().tenants


def test_a_benchmark_that_fails_leaves_the_others_their_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: Options) -> list[Figure]:
        raise BenchmarkError("the worker ended")

    def works(_: Options) -> list[Figure]:
        return [stated("seven", "s", Sample.of([7]))]

    monkeypatch.setattr(command, "BENCHMARKS", {"first": fails, "second": works})
    monkeypatch.setattr(command, "machine", dict)
    monkeypatch.setattr(command, "versions", dict)
    monkeypatch.setattr(sys, "argv", ["bench", "--out", str(tmp_path)])
    assert command.main() == 1
    assert "first failed: the worker ended" in capsys.readouterr().out
    assert "| seven | s | 7 |" in (tmp_path / "bench.md").read_text(encoding="utf-8")
