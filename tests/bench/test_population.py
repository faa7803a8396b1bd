"""Newcomers are compared with their peers over a whole world, as the bus does it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.detection import ours
from bench.detection.population import Population
from models.config import DetectorConfig
from models.finding import RequestRef
from models.population.newcomers import BATCH_MS, LEAST_PEERS, RIPE_MS
from models.population.profile import EarlyProfile
from models.sketch import Origin, Sketch, encode_sketch

if TYPE_CHECKING:
    from collections.abc import Callable

START_MS = 1_772_582_400_000
HOUR_MS = 3_600_000
AGE = 50


def profile(name: str, time: int, *, harvest: bool = False) -> EarlyProfile:
    numbers = random.Random(name)
    features = {
        "overhead": 0.5 if harvest else numbers.gauss(6, 0.5),
        "principals": 0.0 if harvest else 1.0,
        "first_turns": 1.0 if harvest else numbers.uniform(0.2, 0.6),
        "new_prompts": 1.0 if harvest else numbers.uniform(0.3, 0.9),
        "answers": 8.0 if harvest else numbers.gauss(4, 0.5),
    }
    request = RequestRef(f"{name}-r", "", -1, -1, "")
    return EarlyProfile(name, AGE, time, time - HOUR_MS, 6, **features, request=request)


@pytest.fixture
def peers() -> list[EarlyProfile]:
    every = RIPE_MS // (2 * LEAST_PEERS)
    return [profile(f"peer {k}", START_MS + HOUR_MS + k * every) for k in range(2 * LEAST_PEERS + 1)]


def test_a_harvest_among_peers_is_accused_at_the_end_of_its_batch(peers: list[EarlyProfile]) -> None:
    late = START_MS + RIPE_MS + 2 * HOUR_MS
    accused = Population(DetectorConfig()).judge(
        [profile("harvest", late, harvest=True), *peers], late + HOUR_MS
    )
    assert accused == {"harvest": [late - late % BATCH_MS + BATCH_MS]}


def test_the_batch_that_is_open_at_the_end_stays_open(peers: list[EarlyProfile]) -> None:
    late = START_MS + RIPE_MS + 2 * HOUR_MS
    profiles = [*peers, profile("harvest", late, harvest=True)]
    assert Population(DetectorConfig()).judge(profiles, late) == {}


def test_a_harvest_is_accused_among_the_peers_of_another_world(peers: list[EarlyProfile]) -> None:
    known = Population(DetectorConfig())
    assert known.judge(peers, START_MS + 2 * RIPE_MS) == {}
    harvest = profile("harvest", START_MS + HOUR_MS, harvest=True)
    alone = Population(DetectorConfig(), known.dump())
    assert alone.judge([harvest], START_MS + 2 * HOUR_MS) == {"harvest": [harvest.time + BATCH_MS]}
    assert Population(DetectorConfig()).judge([harvest], START_MS + 2 * HOUR_MS) == {}


def test_nobody_is_accused_in_an_empty_world() -> None:
    assert Population(DetectorConfig()).judge([], START_MS) == {}


def bot(name: str, begin: int, gap_ms: int, *, harvest: bool) -> list[bytes]:
    """Seventy requests: of an application with few questions, or a harvest."""
    numbers = np.random.default_rng(list(name.encode()))
    tokens = numbers.integers(1, 60, 70)
    asked = np.arange(70) if harvest else numbers.integers(0, 30, 70)
    return [
        encode_sketch(
            Sketch(
                id=f"r{k}",
                tenant=name,
                time=begin + k * gap_ms,
                origin=Origin("world", 0, k),
                whole=1 + int(asked[k]),
                chars=80,
                input_tokens=20 + (0 if harvest else 400 + int(tokens[k])),
                output_tokens=900 if harvest else int(tokens[k]),
                principal=0 if harvest else 7,
            )
        )
        for k in range(70)
    ]


@pytest.fixture
def judged() -> Callable[..., ours.Course]:
    world = {f"bot {k}": bot(f"bot {k}", START_MS + k * 600_000, 60_000, harvest=False) for k in range(90)}
    world["bot 0"] = bot("bot 0", START_MS, 60_000, harvest=False)
    world["harvest"] = bot("harvest", START_MS + 26 * HOUR_MS, 60_000, harvest=True)
    world["last"] = bot("last", START_MS + 30 * HOUR_MS, 60_000, harvest=False)
    return lambda **how: ours.judge(world, **how)["harvest"]


def test_either_part_of_the_detector_alerts_and_is_told_apart(judged: Callable[..., ours.Course]) -> None:
    course = judged()
    assert len(course.alerts) == 1
    assert course.by_peers == course.alerts
    assert course.by_past == []


def test_the_comparison_with_peers_can_be_switched_off(judged: Callable[..., ours.Course]) -> None:
    assert judged(setup=ours.Setup().without(ours.POPULATION)).alerts == []
