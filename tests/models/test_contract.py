"""The contract that every signal keeps, and the tenant model that owns them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from math import isfinite
from typing import Any

import pytest

from models.codec import Reader
from models.config import DetectorConfig
from models.errors import DecodeError, SnapshotError
from models.finding import Finding
from models.native import InputLimits, decode_native
from models.sketch import Sketch
from models.tenant import TenantModel
from tests.models.core.tools import SIGNALS, Signal

STATE_BYTES = 10 * 1024
"""The largest state of a tenant, the names of its suspects aside."""

TENANT_BYTES = 24 * 1024
"""The largest state of a tenant, less than a tenth of the default `state.max_snapshot_bytes`."""

CONFIG = DetectorConfig(warmup_requests=100, least_threshold=100, quiet_hours=1, update_minutes=5)


def step(signal: Signal, x: Sketch) -> float | None:
    """Score, learn and observe a request, as a track does."""
    score = signal.score_one(x)
    signal.learn_one(x)
    signal.observe_one(x)
    return score


signals = pytest.mark.parametrize("signal_type", SIGNALS, ids=lambda signal: signal.__name__)


@signals
def test_scoring_changes_nothing(
    signal_type: type[Signal], traffic: Callable[..., Any], dumped: Callable[[Any], bytes]
) -> None:
    signal, tenant = signal_type(), traffic(1)
    for x in tenant.varied(600):
        before = dumped(signal)
        first, second = signal.score_one(x), signal.score_one(x)
        assert first == second
        assert dumped(signal) == before
        signal.learn_one(x)
        signal.observe_one(x)


@signals
def test_scores_are_missing_or_finite_and_not_negative(
    signal_type: type[Signal], traffic: Callable[..., Any]
) -> None:
    signal = signal_type()
    scores = [step(signal, x) for x in traffic(2).varied(1500)]
    known = [score for score in scores if score is not None]
    assert len(known) > 500
    assert all(isinstance(score, float) and isfinite(score) and score >= 0 for score in known)


@signals
def test_equal_events_give_equal_bytes(
    signal_type: type[Signal], traffic: Callable[..., Any], dumped: Callable[[Any], bytes]
) -> None:
    one, other = signal_type(), signal_type()
    scores = [step(one, x) for x in traffic(3).varied(800)]
    assert [step(other, x) for x in traffic(3).varied(800)] == scores
    assert dumped(one) == dumped(other)


@signals
@pytest.mark.parametrize("middle", [0, 1, 40, 300, 900])
def test_a_snapshot_in_the_middle_changes_nothing(
    signal_type: type[Signal],
    middle: int,
    traffic: Callable[..., Any],
    dumped: Callable[[Any], bytes],
    loaded: Callable[[Any, bytes], Any],
) -> None:
    requests = traffic(4).varied(1300)
    signal = signal_type()
    for x in requests[:middle]:
        step(signal, x)
    restored = loaded(signal_type(), dumped(signal))
    assert dumped(restored) == dumped(signal)
    for x in requests[middle:]:
        assert step(restored, x) == step(signal, x)
    assert dumped(restored) == dumped(signal)
    assert restored.reading(1.0, 2.0) == signal.reading(1.0, 2.0)


@signals
def test_loading_replaces_the_whole_state(
    signal_type: type[Signal],
    traffic: Callable[..., Any],
    dumped: Callable[[Any], bytes],
    loaded: Callable[[Any, bytes], Any],
) -> None:
    fresh, used = signal_type(), signal_type()
    for x in traffic(5).varied(700):
        step(used, x)
    assert dumped(loaded(used, dumped(fresh))) == dumped(fresh)


@signals
def test_what_is_loaded_can_be_changed_without_changing_the_original(
    signal_type: type[Signal],
    traffic: Callable[..., Any],
    dumped: Callable[[Any], bytes],
    loaded: Callable[[Any, bytes], Any],
) -> None:
    tenant = traffic(6)
    signal = signal_type()
    for x in tenant.varied(700):
        step(signal, x)
    before = dumped(signal)
    copy = loaded(signal_type(), before)
    for x in tenant.varied(300):
        step(copy, x)
    assert dumped(signal) == before


@signals
def test_a_request_without_features_is_handled_cold_and_warm(
    signal_type: type[Signal], traffic: Callable[..., Any]
) -> None:
    tenant = traffic(7)
    signal = signal_type()
    for requests in (
        [tenant.bare() for _ in range(50)],
        tenant.usual(700),
        [tenant.bare() for _ in range(50)],
    ):
        for x in requests:
            score = step(signal, x)
            assert score is None or (isfinite(score) and score >= 0)
    assert all(isfinite(value) for value in signal.reading(0.0, 0.0))


@signals
def test_a_request_that_cannot_be_scored_for_lack_of_its_feature_teaches_nothing(
    signal_type: type[Signal], traffic: Callable[..., Any], dumped: Callable[[Any], bytes]
) -> None:
    tenant = traffic(8)
    signal = signal_type()
    for x in tenant.usual(700):
        step(signal, x)
    bare = tenant.bare()
    before = dumped(signal)
    if signal.score_one(bare) is None:
        signal.learn_one(bare)
        signal.observe_one(bare)
        assert dumped(signal) == before


@signals
def test_a_feature_may_vanish_and_come_back(signal_type: type[Signal], traffic: Callable[..., Any]) -> None:
    tenant = traffic(9)
    signal = signal_type()
    for x in tenant.usual(700) + [tenant.bare() for _ in range(300)]:
        step(signal, x)
    assert all(step(signal, x) is not None for x in tenant.usual(50))


@signals
def test_memory_is_bounded(
    signal_type: type[Signal],
    flood: tuple[Sketch, ...],
    dumped: Callable[[Any], bytes],
) -> None:
    signal = signal_type()
    for x in flood[:2_000]:
        step(signal, x)
    assert len(dumped(signal)) <= STATE_BYTES
    for x in flood[2_000:]:
        step(signal, x)
    assert len(dumped(signal)) <= STATE_BYTES


@signals
def test_a_state_that_ends_early_is_refused(
    signal_type: type[Signal],
    traffic: Callable[..., Any],
    dumped: Callable[[Any], bytes],
    loaded: Callable[[Any, bytes], Any],
) -> None:
    signal = signal_type()
    for x in traffic(11).varied(400):
        step(signal, x)
    data = dumped(signal)
    for size in {*range(0, len(data), max(1, len(data) // 60)), len(data) - 1}:
        with pytest.raises(SnapshotError):
            loaded(signal_type(), data[:size])


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize(
    "field", ["temperature", "time", "embedding", "embedding at the end", "n", "unknown"]
)
def test_numbers_that_are_not_finite_are_refused_at_the_door(field: str, number: str) -> None:
    fields = {"id": '"a"', "time": "1772582400000", "tenant": '"acme"'}
    fields |= {
        "embedding": {"embedding": f"[{number},0,0,0]"},
        "embedding at the end": {"embedding": f"[0,0,0,{number}]"},
    }.get(field, {field: number})
    record = "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"
    with pytest.raises(DecodeError):
        decode_native(record.encode(), InputLimits(embedding_size=4))


def test_a_tenant_model_gives_equal_findings_and_bytes_for_equal_events(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    one, other = TenantModel("acme", CONFIG), TenantModel("acme", CONFIG)

    def requests() -> list[Sketch]:
        tenant = traffic(12)
        return tenant.varied(700) + tenant.harvest(300) + tenant.usual(100, gap_ms=40 * 60_000)

    findings = judge(one, requests())
    assert findings
    assert judge(other, requests()) == findings
    assert one.dump() == other.dump()


@pytest.mark.parametrize("middle", [0, 1, 90, 600, 840, 960, 1060])
def test_a_tenant_model_restored_in_the_middle_says_the_same(
    middle: int, traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant = traffic(13)
    requests = tenant.usual(800) + tenant.harvest(200) + tenant.usual(60, gap_ms=tenant.hour_ms)
    requests += tenant.varied(100)
    model = TenantModel("acme", CONFIG)
    judge(model, requests[:middle])
    restored = TenantModel("acme", CONFIG)
    restored.load(model.dump())
    assert restored.dump() == model.dump()
    assert judge(restored, requests[middle:]) == judge(model, requests[middle:])
    assert restored.dump() == model.dump()


def test_a_tenant_model_is_bounded(flood: tuple[Sketch, ...], judge: Callable[..., list[Finding]]) -> None:
    model = TenantModel("acme", CONFIG)
    judge(model, flood[:2_000])
    assert len(model.dump()) <= TENANT_BYTES
    judge(model, flood[2_000:])
    assert len(model.dump()) <= TENANT_BYTES


def test_a_tenant_model_handles_requests_of_which_nothing_is_known(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant = traffic(15)
    model = TenantModel("acme", CONFIG)
    assert judge(model, [tenant.bare() for _ in range(500)]) == []
    assert model.events == 500


def test_a_tenant_model_refuses_a_state_that_ends_early_or_late(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    model = TenantModel("acme", CONFIG)
    judge(model, traffic(16).varied(300))
    body = model.dump()
    for broken in [body[:size] for size in range(0, len(body), len(body) // 60)] + [body + b"\0"]:
        with pytest.raises(SnapshotError):
            TenantModel("acme", CONFIG).load(broken)


PROGRAM = """
import hashlib, json, sys
from models.config import DetectorConfig
from models.embedding import HashedEmbedder
from models.native import decode_native
from models.sketch import Origin
from models.sketcher import Sketcher
from models.tenant import TenantModel
events = [decode_native(json.dumps(record).encode()) for record in json.load(sys.stdin)]
origins = [Origin("requests", 0, place) for place in range(len(events))]
tenant = TenantModel("acme", DetectorConfig(warmup_requests=50))
for sketch in Sketcher(HashedEmbedder(), b"key").sketch_many(events, origins):
    tenant.apply(sketch)
print(hashlib.sha256(tenant.dump()).hexdigest())
"""


def test_every_process_comes_to_the_same_bytes() -> None:
    records = [
        {
            "id": f"r{n}",
            "time": 1_772_582_400 + 300 * n,
            "tenant": "acme",
            "prompt": f"order {n % 7} of {n} please",
        }
        for n in range(120)
    ]
    digests = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", PROGRAM]
        ended = subprocess.run(
            command, input=json.dumps(records), env=environment, capture_output=True, text=True, check=True
        )
        digests.add(ended.stdout)
    assert len(digests) == 1
    assert Reader(bytes.fromhex(digests.pop().strip()))
