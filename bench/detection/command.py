"""What every command shares: options, a skip that says why, tables for people and JSON for programs."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.detection.ours import Setup
from bench.detection.worlds import evaluation_folder
from models.config import DetectorConfig

WIDTH = 180
"""Of a table where there is no terminal."""

Row = Mapping[str, Any]
"""By column: text, a number, or None where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Section:
    """One table.

    Parameters
    ----------
    rows
        All with the same columns.
    notes
        What a reader must know to read it.
    """

    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = field(default_factory=tuple)


Measure = Callable[[Path, Namespace], Sequence[Section]]
"""Measures on the data of the evaluation folder, with the command's options."""


def command(
    name: str,
    purpose: str | None,
    measure: Measure,
    *,
    options: Callable[[ArgumentParser], None] | None = None,
    seeds: Sequence[int] = (1,),
) -> None:
    """Parse the options, measure, print the tables and write the JSON."""
    parser = ArgumentParser(prog=name, description=purpose)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(seeds), help="one world each")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a detector setting")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables there as JSON")
    if options is not None:
        options(parser)
    arguments = parser.parse_args()
    folder = evaluation_folder()
    if folder is None:
        print("skipped: no evaluation worlds; name their folder by DISTILLWATCH_EVAL")
        return
    sections = measure(folder, arguments)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    for section in sections:
        console.print(table(section))
        for note in section.notes:
            console.print(note)
    if arguments.json is not None:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        tables = [asdict(section) for section in sections]
        arguments.json.write_text(json.dumps({"seeds": arguments.seeds, "tables": tables}, indent=1) + "\n")


def configured(arguments: Namespace) -> Setup:
    """Return how the detector is run: as by default but for the settings that were given."""
    pairs = (setting.removeprefix("detector.").partition("=") for setting in arguments.set)
    values: dict[str, Any] = {name: type(getattr(DetectorConfig(), name))(value) for name, _, value in pairs}
    return Setup(config=DetectorConfig(**values))


def table(section: Section) -> Table:
    """Lay the rows out for people."""
    columns = list(section.rows[0]) if section.rows else []
    found = Table(*columns, title=section.title)
    for row in section.rows:
        found.add_row(*(cell(row[column]) for column in columns))
    return found


def cell(value: object) -> str:
    """Write one value, numbers to three figures."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"  # noqa: PLR2004  no exponents
    return str(value)


def progress(message: str) -> None:
    """Say on stderr how far the measurement has come."""
    print(message, file=sys.stderr, flush=True)
