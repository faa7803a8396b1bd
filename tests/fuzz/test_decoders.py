"""Every decoder under damaged and made-up bytes."""

from __future__ import annotations

from struct import Struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.probes import bodies, distorted, extremes, places, restored, used
from tests.fuzz.targets import TARGETS, tenant

EXAMPLES = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
names = pytest.mark.parametrize("name", TARGETS)
EXTREMES = [bytes(8), b"\xff" * 8, *map(Struct("<q").pack, (2**31, 2**63 - 1, -(2**63))), b"\xff\xff\xff\x7f"]


def damaged(value: bytes, data: st.DataObject) -> bytes:
    """The same bytes with some flipped, overwritten, inserted, removed or cut off."""
    changed = bytearray(value)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed)))
        size = data.draw(st.sampled_from([0, 1, 4, 8, 64]))
        changed[at : at + size] = data.draw(st.sampled_from(EXTREMES) | st.binary(max_size=9))
    return bytes(changed[: data.draw(st.sampled_from([len(changed), len(changed) - 1]))])


@names
def test_a_decoder_takes_what_is_whole(name: str) -> None:
    for seed in TARGETS[name].seeds():
        TARGETS[name].run(seed)


@names
@given(st.binary(max_size=600))
@EXAMPLES
def test_a_decoder_takes_any_bytes(name: str, value: bytes) -> None:
    TARGETS[name].run(value)


@names
@given(st.data())
@EXAMPLES
def test_a_decoder_takes_damaged_bytes(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(list(TARGETS[name].seeds())))
    TARGETS[name].run(damaged(seed, data))


@names
def test_a_decoder_takes_what_breaks_off(name: str) -> None:
    for seed in TARGETS[name].seeds():
        step = max(1, len(seed) // 200)
        for size in range(0, len(seed), step):
            TARGETS[name].run(seed[:size])


def test_a_tenant_with_any_extreme_in_any_value_is_refused_or_goes_on() -> None:
    body = bodies()[-1]
    for at, size in places(body):
        for extreme in extremes(size):
            tenant(body[:at] + extreme + body[at + size :])


@pytest.mark.parametrize("stage", [2, 3])
def test_a_tenant_with_any_extreme_in_any_field_is_refused_or_goes_on(stage: int) -> None:
    for body in distorted(bodies()[stage]):
        tenant(body)


def test_a_state_that_was_not_damaged_is_taken_and_goes_on() -> None:
    for body in bodies():
        model = restored(body)
        assert model.dump() == body
        after = used(model)
        assert restored(after).dump() == after
