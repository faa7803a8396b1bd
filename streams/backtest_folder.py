"""The folder that a backtest with `--report` leaves: what is in it, and how it is read again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import zstandard

from models.errors import DistillwatchError
from streams.zstd_reader import ZstdReader

SUMMARY = "summary.json"
FINDINGS = "findings.jsonl"
SCORES = "scores.jsonl.zst"
DEAD_LETTERS = "dead-letters.jsonl"
TRIED = "tried-*.jsonl"
CORRELATION = "correlation.json"
REPORT = "report.html"
WORK = "work"


class BacktestFolder:
    """Reads what a backtest left.

    Parameters
    ----------
    path
        The folder that was given as `--report`.

    Raises
    ------
    DistillwatchError
        From every method: a file is missing or damaged; names it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not (path / SUMMARY).exists():
            detail = "make one with `distillwatch backtest FILE --alerts OUT --report DIR`"
            raise DistillwatchError(f"{path} is no folder of a finished backtest: {detail}")

    @property
    def summary(self) -> dict[str, Any]:
        """What was judged, and by which settings."""
        found = self._object(SUMMARY)
        if "settings" not in found:
            raise DistillwatchError(f"{self.path} was made by an earlier version: make the backtest again")
        return found

    @property
    def correlation(self) -> dict[str, Any]:
        """How alike a tenant's requests are to their neighbours, by signal; empty if nothing was measured."""
        return self._object(CORRELATION) if (self.path / CORRELATION).exists() else {}

    def findings(self) -> Iterator[dict[str, Any]]:
        """Yield the findings as they were made."""
        return self._lines(FINDINGS)

    def scores(self) -> Iterator[dict[str, Any]]:
        """Yield how tenants stood, in the order in which that was told."""
        return self._lines(SCORES)

    def dead_letters(self) -> Iterator[dict[str, Any]]:
        """Yield the lines that could not be understood; never their text."""
        return self._lines(DEAD_LETTERS)

    def tried(self) -> Iterator[dict[str, Any]]:
        """Yield what was found by other settings, each with the `settings` that found it."""
        for file in sorted(self.path.glob(TRIED)):
            yield from self._lines(file.name)

    def _object(self, name: str) -> dict[str, Any]:
        with _reading(self.path / name):
            found: dict[str, Any] = orjson.loads((self.path / name).read_bytes())
            return found

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        with _reading(self.path / name), (self.path / name).open("rb") as file:
            packed = name.endswith(".zst")
            for line in io.BufferedReader(ZstdReader(file), 1 << 16) if packed else file:
                yield orjson.loads(line)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what can go wrong with a file into an error that names it."""
    try:
        yield
    except OSError as error:
        raise DistillwatchError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, EOFError, zstandard.ZstdError):
        raise DistillwatchError(f"{path} is damaged: make the backtest again") from None
