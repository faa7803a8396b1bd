"""The figures of a run as one table for the terminal, as JSON and as a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.table import Table

from bench.figure import Figure, Sample
from bench.plot import plot

Sections = Mapping[str, Sequence[Figure]]
"""Figures by the name of their benchmark, in the order of the table."""

MARKS = {True: "[green]yes[/]", False: "[red]NO[/]", None: ""}


def table(sections: Sections) -> Table:
    """Return one table over all figures: medians, in brackets the lowest and the highest."""
    shown = Table("what", "unit", "ours", "peer", "theirs", "ratio", "asked", "holds", title="Benchmarks")
    for figures in sections.values():
        for figure in figures:
            shown.add_row(*_cells(figure), MARKS[figure.holds])
        shown.add_section()
    return shown


def markdown(sections: Sections) -> str:
    """Return the same table for a document."""
    said = {True: "yes", False: "**no**", None: ""}
    rows = [
        "| what | unit | ours | peer | theirs | ratio | asked | holds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for figures in sections.values():
        rows += ["| " + " | ".join((*_cells(figure), said[figure.holds])) + " |" for figure in figures]
    return "\n".join(rows) + "\n"


def save(
    folder: Path,
    sections: Sections,
    *,
    machine: Mapping[str, str],
    versions: Mapping[str, str],
    seconds: Mapping[str, float],
) -> Sequence[Path]:
    """Write `bench.json`, `bench.md` and `bench.svg` into a folder, and return their paths.

    Parameters
    ----------
    seconds
        How long each benchmark took.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": dict(machine),
        "versions": dict(versions),
        "seconds": {name: round(took, 1) for name, took in seconds.items()},
        "figures": [
            {"benchmark": name, **as_json(figure)} for name, figures in sections.items() for figure in figures
        ],
    }
    files = {
        "bench.json": orjson.dumps(record, option=orjson.OPT_INDENT_2),
        "bench.md": markdown(sections).encode(),
        "bench.svg": plot([figure for figures in sections.values() for figure in figures]).encode(),
    }
    paths = [folder / name for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_bytes(content)
    return paths


def as_json(figure: Figure) -> dict[str, Any]:
    """Return a figure with every value that was measured, each sample with its median and spread."""
    values = asdict(figure)
    for name in ("ours", "theirs", "ratio"):
        sample: Sample | None = getattr(figure, name)
        if sample is not None:
            values[name] |= {"median": sample.median, "lowest": sample.lowest, "highest": sample.highest}
    return values


def _cells(figure: Figure) -> tuple[str, ...]:
    ours, theirs = spread(figure.ours), spread(figure.theirs) if figure.theirs else ""
    return figure.what, figure.unit, ours, figure.peer, theirs, _ratio(figure), figure.asked


def _ratio(figure: Figure) -> str:
    if figure.ratio is None:
        return ""
    if "%" in figure.asked:
        percents = Sample.of(100 * value for value in figure.ratio.values)
        return spread(percents, "%")
    return spread(figure.ratio)


def spread(sample: Sample, unit: str = "") -> str:
    """Return the median, and the lowest and highest in brackets where they differ."""
    middle, low, high = (_number(value) + unit for value in (sample.median, sample.lowest, sample.highest))
    return middle if low == high else f"{middle} ({low} to {high})"


def _number(value: float) -> str:
    """Return a value with three figures, or all of those before the point."""
    if value != 0 and abs(value) < 100:  # noqa: PLR2004
        return f"{value:.3g}"
    return f"{value:,.0f}"
