"""The simulated tenants."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import islice, takewhile

import orjson
import pytest

from models.native import decode_native
from streams.simulation import (
    ATTACK_MS,
    ATTACKER,
    HOUR_MS,
    SOURCES,
    START_MS,
    SimulatedRequest,
    requests_of,
    simulate,
)


@pytest.fixture(scope="module")
def traffic() -> list[SimulatedRequest]:
    """All until one hour into the attack."""
    return list(takewhile(lambda request: request.time < ATTACK_MS + HOUR_MS, simulate(seed=1)))


def test_the_same_seed_gives_the_same_traffic() -> None:
    assert list(islice(simulate(seed=5), 3_000)) == list(islice(simulate(seed=5), 3_000))


def test_another_seed_gives_other_traffic() -> None:
    assert list(islice(simulate(seed=5), 100)) != list(islice(simulate(seed=6), 100))


def test_time_never_falls(traffic: list[SimulatedRequest]) -> None:
    times = [request.time for request in traffic]
    assert times == sorted(times)


def test_every_tenant_has_a_history_before_the_attack(traffic: list[SimulatedRequest]) -> None:
    history = Counter(request.tenant for request in traffic if request.time < ATTACK_MS)
    assert set(history) == {source.tenant for source in SOURCES}
    assert min(history.values()) >= 400


def test_one_tenant_alone_turns_to_extraction_at_its_time(
    traffic: list[SimulatedRequest],
) -> None:
    hostile = [request for request in traffic if request.hostile]
    assert {request.tenant for request in hostile} == {ATTACKER}
    assert hostile[0].time >= ATTACK_MS
    assert 130 < len(hostile) < 230


def test_the_slots_of_the_extraction_never_repeat(traffic: list[SimulatedRequest]) -> None:
    prompts = [request.record["prompt"] for request in traffic if request.hostile]
    assert len(set(prompts)) == len(prompts)


def test_a_support_bot_is_asked_the_same_again(traffic: list[SimulatedRequest]) -> None:
    prompts = Counter(request.record["prompt"] for request in traffic if request.tenant == "alder-bank")
    assert prompts.most_common(1)[0][1] > 10


def test_every_event_is_valid_native_input(traffic: list[SimulatedRequest]) -> None:
    for request in traffic[::50]:
        event = decode_native(orjson.dumps(request.record))
        assert event is not None
        assert (event.tenant, event.time) == (request.tenant, request.time)


def test_ids_are_unique(traffic: list[SimulatedRequest]) -> None:
    assert len({request.record["id"] for request in traffic}) == len(traffic)


def test_the_generator_knows_nothing_of_the_detector() -> None:
    code = (
        "import sys, streams.simulation; print([name for name in sys.modules if name.startswith('models')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_requests_of_some_hours_are_records_that_end_when_they_should() -> None:
    there = [orjson.loads(line) for line in requests_of(1, 2.0)]
    now = [orjson.loads(line) for line in requests_of(1, 2.0, 1_800_000_000_000)]
    assert [one["id"] for one in there] == [one["id"] for one in now]
    assert all(START_MS <= one["time"] < START_MS + 2 * HOUR_MS for one in there)
    shift = 1_800_000_000_000 - (START_MS + 2 * HOUR_MS)
    assert [one["time"] + shift for one in there] == [one["time"] for one in now]
    assert all(decode_native(line) is not None for line in requests_of(1, 0.2))
