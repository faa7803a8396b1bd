from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DecodeError
from models.event import EARLIEST_MS, LATEST_MS
from models.population.profile import EarlyProfile
from streams.population_records import Mark, mark_record, profile_record, read_record
from tests.models.population.crowd import START_MS, harvest

marks = st.builds(
    Mark,
    st.integers(0, 2**31 - 1),
    st.one_of(st.just(0), st.integers(EARLIEST_MS, LATEST_MS)),
    st.booleans(),
)


@given(marks)
@settings(deadline=None, max_examples=100)
def test_a_mark_comes_back_as_it_was(mark: Mark) -> None:
    assert read_record(*mark_record(mark)) == mark


@pytest.mark.parametrize("tenant", ["acme", "partition0", "\u00ff0", "k\u00fcche 50"])
def test_a_profile_comes_back_as_it_was_whatever_its_tenant_is_called(tenant: str) -> None:
    profile = harvest(tenant, START_MS, age=75)
    assert read_record(*profile_record(profile)) == profile


def test_a_tenant_has_a_record_for_each_age_and_a_partition_one_alone() -> None:
    keys = {profile_record(harvest("acme", START_MS, age))[0] for age in (50, 75)}
    assert len(keys) == 2
    said = [mark_record(Mark(3, time, idle=False))[0] for time in (START_MS, START_MS + 1)]
    assert said[0] == said[1]


PROFILE_KEY, PROFILE = profile_record(harvest("acme", START_MS))
MARK_KEY, MARK = mark_record(Mark(3, START_MS, idle=True))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"", PROFILE),
        (b"acme", PROFILE),
        (b"acme\xff75", PROFILE),
        (b"acme\xffx", PROFILE),
        (b"\xfe\xff50", PROFILE),
        (b"a" * 300 + b"\xff50", PROFILE),
        (b"\xffpartitionx", MARK),
        (b"\xffpartition-1", MARK),
        (b"\xffpartition3", MARK[:-1]),
        (b"\xffpartition3", b"\x02" + MARK[1:]),
    ],
)
def test_what_is_neither_a_profile_nor_a_mark_is_a_reason_and_quotes_nothing(
    key: bytes, value: bytes
) -> None:
    with pytest.raises(DecodeError) as caught:
        read_record(key, value)
    assert caught.value.reason == "bad_population_record"
    assert "acme" not in caught.value.detail


@given(st.sampled_from([(PROFILE_KEY, PROFILE), (MARK_KEY, MARK)]), st.data())
@settings(deadline=None, max_examples=300)
def test_damage_is_noticed_or_harmless(record: tuple[bytes, bytes], data: st.DataObject) -> None:
    parts = [bytearray(part) for part in record]
    for _ in range(data.draw(st.integers(1, 3))):
        part = data.draw(st.sampled_from(parts))
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_record(bytes(parts[0]), bytes(parts[1]))
    except DecodeError:
        return
    again = profile_record(read) if isinstance(read, EarlyProfile) else mark_record(read)
    assert read_record(*again) == read
