"""The tables hold what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from bench.detection import worlds
from bench.detection.peers import __main__ as comparison
from bench.detection.peers import scores
from bench.detection.peers.__main__ import Comparison
from bench.detection.peers.hourly import HourlyRate
from bench.detection.protocol.__main__ import table as protocol_table
from bench.detection.protocol.rates import Row
from models.sketch import Origin, Sketch, encode_sketch

START_MS = 1_772_582_400_000
HOUR_MS = 3_600_000
ONSET = START_MS + 48 * HOUR_MS


def shown(table: Table) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def steady(tenant: str, burst: int) -> list[bytes]:
    """Ten requests an hour for two days, then a burst within a minute."""
    usual = START_MS + np.arange(480) * HOUR_MS // 10
    times = [*usual.tolist(), *(ONSET + 100 * number for number in range(burst))]
    return [
        encode_sketch(Sketch(id=f"r{place}", tenant=tenant, time=time, origin=Origin("world", 0, place)))
        for place, time in enumerate(times)
    ]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(worlds, "CACHE", tmp_path)
    monkeypatch.setattr(scores, "digest", lambda *_: "0")
    known = {"profile": "rag", "campaign": None, "benign": 480}
    tenants = [
        {"tenant": "a", "scenario": "takeover", "onset": ONSET, "attack_times": [ONSET], **known},
        {"tenant": "b", "scenario": "benign", "onset": None, "attack_times": [], **known},
    ]
    truth = {"start": START_MS, "end": START_MS + 96 * HOUR_MS, "tenants": tenants}
    sketches = {"a": steady("a", 90), "b": steady("b", 60)}
    monkeypatch.setattr(comparison, "sketched_world", lambda *_: (truth, sketches))


@pytest.mark.usefixtures("world")
def test_a_peer_stands_beside_ours_at_the_same_false_alarms_and_as_published() -> None:
    compared = Comparison((HourlyRate(),))
    compared.add(Path(), 1)
    ours, tuned, published = compared.results()
    assert (ours[0], tuned[0], published[0]) == ("distillwatch", "rate rule", "rate rule")
    assert ours[2].false_alerts == tuned[2].false_alerts == 0
    assert published[2].false_alerts == 1
    assert tuned[2].scenarios["takeover"].queries == [1]


@pytest.mark.usefixtures("world")
def test_the_table_and_the_json_say_the_same() -> None:
    compared = Comparison((HourlyRate(),))
    compared.add(Path(), 1)
    results = compared.results()
    rows = json.loads(comparison.record([1], results, compared.seconds))["rows"]
    text = shown(comparison.table([1], results))
    assert [row["scenarios"]["takeover"]["caught"] for row in rows] == [0, 1, 1]
    assert "1/1 (1)" in text
    assert f"{rows[2]['false_alerts_per_tenant_day']:.4f}" in text


@pytest.mark.usefixtures("world")
def test_scores_of_peers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def compared() -> Comparison:
        found = Comparison((HourlyRate(),))
        found.add(Path(), 1)
        return found

    first = compared()
    monkeypatch.setattr(HourlyRate, "score", lambda *_: pytest.fail("scored again"))
    second = compared()
    for tenant in ("1/a", "1/b"):
        one, other = (x.scored["rate rule"][tenant] for x in (first, second))
        assert np.array_equal(one.times, other.times)
        assert np.array_equal(one.values, other.values)
    assert second.seconds["rate rule"] == first.seconds["rate rule"] > 0


def test_the_protocol_shows_measured_rates_above_the_published() -> None:
    text = shown(protocol_table([Row("MMD", "agnews", 100, 0.95, (0.04, 0.1, 0.2, 0.8, 1.0, 1.0))]))
    assert text.index("0.040") < text.index("14 published")
