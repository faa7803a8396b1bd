from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.campaign.fingerprint import Fingerprint
from models.errors import DecodeError
from models.event import EARLIEST_MS, LATEST_MS
from models.finding import RequestRef
from models.finding_codec import encode_finding
from streams.population_records import (
    Mark,
    Shared,
    mark_record,
    marks_record,
    population_record,
    profile_record,
    read_fingerprint_record,
    read_record,
    template_key,
)
from tests.models.population.crowd import START_MS, harvest
from tests.models.test_finding_codec import FINDING

marks = st.builds(
    Mark,
    st.integers(0, 2**31 - 1),
    st.one_of(st.just(0), st.integers(EARLIEST_MS, LATEST_MS)),
    st.booleans(),
    st.booleans(),
)
FINGERPRINT = Fingerprint(
    "acme",
    2**63 + 5,
    time=START_MS + 9009,
    started=START_MS,
    since=START_MS + 1000,
    joined=START_MS + 5000,
    count=7,
    requests=9,
    slots=(3, 4),
    simhash=2**64 - 1,
    network=0,
    weak=0.25,
    request=RequestRef("r1", "llm-requests", 0, 5, f"{2**63 + 5:016x}"),
)


@given(marks)
@settings(deadline=None, max_examples=100)
def test_a_mark_comes_back_as_it_was(mark: Mark) -> None:
    assert read_record(*mark_record(mark)) == mark


@pytest.mark.parametrize("tenant", ["acme", "partition0", "\u00ff0", "k\u00fcche 50"])
def test_a_profile_comes_back_as_it_was_whatever_its_tenant_is_called(tenant: str) -> None:
    profile = harvest(tenant, START_MS, age=75)
    assert read_record(*profile_record(profile)) == profile


@pytest.mark.parametrize("tenant", ["acme", "t0", "\u00ff0", "episode"])
def test_what_is_said_for_campaigns_comes_back_as_it_was(tenant: str) -> None:
    fingerprint, finding = replace(FINGERPRINT, tenant=tenant), replace(FINDING, tenant=tenant)
    shared = Shared(START_MS + 70, fingerprint)
    assert read_record(*population_record(shared)) == shared
    assert read_record(*population_record(finding)) == finding
    key = template_key(fingerprint.template)
    assert key == b"\x80\0\0\0\0\0\0\5"
    assert read_fingerprint_record(key, fingerprint.encode()) == fingerprint


@given(marks)
@settings(deadline=None, max_examples=50)
def test_marks_stand_among_fingerprints_as_well(mark: Mark) -> None:
    judged = replace(mark, of_templates=False)
    assert read_fingerprint_record(*marks_record([judged, judged])) == (judged, judged)


@pytest.mark.parametrize("key", [b"", b"acme", template_key(7), b"\xffreached"])
def test_what_is_neither_a_fingerprint_nor_a_mark_has_a_reason_of_its_own(key: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        read_fingerprint_record(key, FINGERPRINT.encode())
    assert caught.value.reason == "bad_fingerprint_record"
    assert "acme" not in caught.value.detail


def test_every_kind_has_keys_of_its_own() -> None:
    said = [
        FINDING,
        Shared(START_MS, FINGERPRINT),
        Shared(START_MS, replace(FINGERPRINT, tenant="other")),
        Shared(START_MS, replace(FINGERPRINT, template=5)),
        harvest("acme", START_MS),
        Mark(3, START_MS, idle=False),
        Mark(3, START_MS, idle=False, of_templates=True),
        Mark(3, START_MS, idle=True, topic="t-requests.1_a"),
    ]
    assert len({population_record(one)[0] for one in said}) == len(said)


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
        (b"\xffmarktt3", MARK),
        (b"\xffepisodeother", encode_finding(FINDING)),
        (b"\xfffp" + template_key(6) + b"acme", population_record(Shared(START_MS, FINGERPRINT))[1]),
        (population_record(Shared(START_MS, FINGERPRINT))[0], FINGERPRINT.encode()),
    ],
)
def test_what_is_neither_a_profile_nor_a_mark_is_a_reason_and_quotes_nothing(
    key: bytes, value: bytes
) -> None:
    with pytest.raises(DecodeError) as caught:
        read_record(key, value)
    assert caught.value.reason == "bad_population_record"
    assert "acme" not in caught.value.detail


RECORDS = [
    (PROFILE_KEY, PROFILE),
    (MARK_KEY, MARK),
    *map(population_record, (FINDING, Shared(START_MS, FINGERPRINT))),
]


@given(st.sampled_from(RECORDS), st.data())
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
    assert read_record(*population_record(read)) == read
