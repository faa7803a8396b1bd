"""The protocol draws windows as stated, and its rates are those of the windows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.detection.protocol import rates
from bench.detection.protocol.judges import evidence, learned
from bench.detection.protocol.pairs import PAST, Pair, events
from bench.detection.protocol.rates import LEVELS, SHARES, rows
from models.sketch import Origin, Sketch

if TYPE_CHECKING:
    from tests.bench.conftest import Requests

BENIGN, ATTACK = PAST + 300, 200


@pytest.fixture
def pair(requests: Requests) -> Pair:
    vectors = np.concatenate([requests.usual(BENIGN), requests.foreign(ATTACK)])
    queries = [
        Sketch(
            id=f"q{place}",
            tenant="pair",
            time=1,
            origin=Origin("world", 0, place),
            embedding=vector.tobytes(),
        )
        for place, vector in enumerate(vectors)
    ]
    return Pair("made up", queries, BENIGN)


def test_a_split_keeps_the_past_apart_from_the_windows(pair: Pair) -> None:
    split = pair.split(np.random.default_rng(1))
    assert len(split.past) == PAST
    assert not set(split.past.tolist()) & set(split.benign.tolist())
    assert min(split.attack) == BENIGN


@pytest.mark.parametrize("share", SHARES)
def test_a_window_has_its_share_of_attack_queries_and_none_twice(pair: Pair, share: float) -> None:
    random = np.random.default_rng(1)
    window = pair.split(random).window(100, share, random)
    assert np.count_nonzero(window >= BENIGN) == round(100 * share)
    assert len(set(window.tolist())) == 100


def test_events_say_nothing_but_the_prompt() -> None:
    first, second = (json.loads(line) for line in events(["one", "two"]))
    assert first.keys() == second.keys() == {"id", "time", "tenant", "prompt"}
    assert first["time"] < second["time"]


def test_evidence_of_a_window_leaves_the_tenant_as_it_was(pair: Pair) -> None:
    watched, window = learned(pair.queries[:PAST]), np.arange(BENIGN, BENIGN + 100)
    first = evidence(watched, pair.queries, window)
    assert first > evidence(watched, pair.queries, np.arange(PAST, PAST + 100))
    assert evidence(watched, pair.queries, window) == first


def test_a_whole_window_of_foreign_topics_is_told_from_a_benign_one(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "SPLITS", 2)
    found = {row.detector: row.rates for row in rows(pair, 100, 6) if row.level == LEVELS[0]}
    assert found.keys() == {"distillwatch", "MMD", "Mahalanobis", "SEAT", "PRADA"}
    for name in ("distillwatch", "MMD", "Mahalanobis"):
        assert found[name][0] < found[name][-1] == 1
