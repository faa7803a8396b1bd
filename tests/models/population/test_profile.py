from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.ages import AGES
from models.errors import SnapshotError
from models.population.profile import EarlyProfile, decode_profile
from tests.models.population.crowd import START_MS, harvest, profile

shares = st.floats(0, 1)
logarithms = st.floats(0, 20)


@given(
    st.sampled_from(AGES),
    st.integers(0, 10**9),
    st.tuples(logarithms, shares, shares, shares, logarithms),
)
@settings(deadline=None, max_examples=100)
def test_a_profile_comes_back_as_it_was(age: int, lasted: int, values: tuple[float, ...]) -> None:
    names = ("overhead", "principals", "first_turns", "new_prompts", "answers")
    features = dict(zip(names, values, strict=True))
    one = profile("tenant", START_MS, age, started=START_MS - lasted, **features)
    assert decode_profile("tenant", one.encode()) == one


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_damaged_profile_is_refused_or_a_profile(data: st.DataObject) -> None:
    value = bytearray(harvest("tenant", START_MS).encode())
    for place in data.draw(st.lists(st.integers(0, len(value) - 1), max_size=4)):
        value[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(value)))
    for damaged in (bytes(value), bytes(value[:cut])):
        try:
            read = decode_profile("tenant", damaged)
        except SnapshotError:
            continue
        assert isinstance(read, EarlyProfile)
        assert decode_profile("tenant", read.encode()) == read


@pytest.mark.parametrize("change", [{"age": 51}, {"intervals": 0}, {"started": START_MS + 1}, {"started": 0}])
def test_numbers_that_cannot_be_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(SnapshotError):
        decode_profile("tenant", replace(profile("tenant", START_MS), **change).encode())


def test_the_tenant_is_not_in_the_value() -> None:
    assert b"somebody" not in replace(profile("x", START_MS), tenant="somebody").encode()
