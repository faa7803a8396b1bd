"""The report: one table, JSON with every value, and a plot of what is asked."""

from __future__ import annotations

import sys
from io import StringIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import orjson
import pytest
from rich.console import Console

from bench.figure import Figure, Sample, at_most, beside, stated
from bench.machine import machine, versions
from bench.plot import margin, plot
from bench.report import markdown, save, spread, table

if TYPE_CHECKING:
    from pathlib import Path

DETECT = beside(
    "detect <alone>",
    "events/s",
    Sample.of([31_000, 30_000, 33_000]),
    "limit",
    Sample.of([360_000, 370_000, 355_000]),
    least=0.15,
)
RECOVERY = at_most("recovery", "s", Sample.of([20.0]), 30.0)
WHOLE = stated("whole pipeline", "events/s", Sample.of([7_400]))
SECTIONS: dict[str, list[Figure]] = {"throughput": [DETECT, WHOLE], "recovery": [RECOVERY]}


def test_the_table_shows_medians_spreads_and_what_does_not_hold() -> None:
    console = Console(width=200, record=True, file=StringIO())
    console.print(table(SECTIONS))
    text = console.export_text()
    assert "31,000 (30,000 to 33,000)" in text
    assert "8.61% (8.11% to 9.3%)" in text
    assert ">= 15%" in text
    assert "NO" in text


def test_the_table_for_documents_has_a_row_a_figure() -> None:
    lines = markdown(SECTIONS).splitlines()
    assert len(lines) == 2 + 3
    assert lines[-1] == "| recovery | s | 20 |  |  |  | <= 30 s | yes |"


def test_one_value_has_no_spread() -> None:
    assert spread(Sample.of([0.1234])) == "0.123"
    assert spread(Sample.of([1_234.5])) == "1,234"


def test_the_file_holds_every_value_machine_and_versions(tmp_path: Path) -> None:
    paths = save(
        tmp_path / "out",
        SECTIONS,
        machine={"cores": "2"},
        versions={"Python": "3.11"},
        seconds={"recovery": 61.04},
    )
    assert [path.name for path in paths] == ["bench.json", "bench.md", "bench.svg"]
    record = orjson.loads(paths[0].read_bytes())
    assert record["machine"] == {"cores": "2"}
    assert record["seconds"] == {"recovery": 61.0}
    first, _, last = record["figures"]
    assert first["benchmark"] == "throughput"
    assert first["ours"] == {
        "values": [31_000, 30_000, 33_000],
        "median": 31_000,
        "lowest": 30_000,
        "highest": 33_000,
    }
    assert first["holds"] is False
    assert last["theirs"] is None


def test_a_margin_is_above_one_where_a_figure_is_better_than_asked() -> None:
    found = margin(DETECT), margin(RECOVERY)
    assert found[0]
    assert found[0].median < 1
    assert found[1] == Sample.of([1.5])
    assert margin(WHOLE) is None


def test_the_plot_is_well_formed_and_shows_what_is_asked() -> None:
    drawing = plot([DETECT, WHOLE, RECOVERY])
    circles = ET.fromstring(drawing).findall("{http://www.w3.org/2000/svg}circle")  # noqa: S314  our own
    assert len(circles) == 2
    assert "detect &lt;alone&gt; / limit: &gt;= 15%" in drawing


def test_a_plot_of_nothing_asked_is_well_formed_too() -> None:
    ET.fromstring(plot([WHOLE]))  # noqa: S314


def test_machine_and_versions_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.machine.find_java", lambda: sys.executable)
    assert int(machine()["cores"]) >= 1
    known = versions({"bytewax": "0.21.1"})
    assert known["bytewax"] == "0.21.1"
    assert known.pop("Java") == "unknown"
    assert set(known.values()).isdisjoint({"unknown", "not installed", ""})
