"""The rows of the throughput table, from what was measured."""

from __future__ import annotations

import pytest

from bench.pace import Pace
from bench.throughput import MEASUREMENTS, Paces, figures


@pytest.fixture
def paces() -> Paces:
    """Two runs: the limits do 400,000 events a second, all else 50,000 with half a core."""
    paces = Paces()
    for name in MEASUREMENTS:
        seconds = 0.25 if name in {"limit", "alone"} else 2.0
        for run in (1.0, 1.1):
            paces.add(name, Pace(100_000, seconds * run, seconds * run / 2, broker_seconds=0.1))
    return paces


def test_every_measurement_is_in_the_table(paces: Paces) -> None:
    rows = figures(paces)
    assert len({(figure.what, figure.unit, figure.peer) for figure in rows}) == len(rows)
    for name in MEASUREMENTS:
        without = Paces({key: found for key, found in paces.found.items() if key != name})
        with pytest.raises(KeyError, match=name):
            figures(without)


def test_detect_and_intake_are_held_against_their_limits(paces: Paces) -> None:
    held = [figure for figure in figures(paces) if figure.ratio and figure.asked]
    text = "intake alone, text of 20 to 100 tokens"
    assert {(figure.what, figure.peer, figure.asked): figure.holds for figure in held} == {
        ("detect worker, sketches in, all signals", "getmany + orjson, native events", ">= 15%"): False,
        (text, "embedding alone", ">= 80%"): False,
        (text, "embedding the plain way", ">= 80%"): True,
    }


def test_the_fused_worker_is_held_against_a_number_by_both_clocks(paces: Paces) -> None:
    found = {figure.unit: figure for figure in figures(paces) if "of one" in figure.what}
    assert {unit: figure.holds for unit, figure in found.items()} == {"events/s": False, "events/CPU s": True}


def test_what_the_broker_computes_is_stated_an_event(paces: Paces) -> None:
    (figure,) = [figure for figure in figures(paces) if figure.what.startswith("broker beside detect")]
    assert figure.ours.median == pytest.approx(1.0)
