"""Fingerprints leave a tenant for its templates, few enough, and by its own requests alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.campaign import fingerprint
from models.campaign.fingerprint import Fingerprint, decode_fingerprint
from models.config import DetectorConfig
from models.core import fingerprints, templates
from models.core.ages import AGES
from models.fleet import Fleet
from models.requests import table_of
from models.sketch import MAX_TOPIC_BYTES, Origin, Sketch, encode_sketch
from models.slab import Slab

START = 1_772_582_400_000
MINUTE_MS = 60_000
DAY_MS = 1440 * MINUTE_MS
TEMPLATE = (1, 22, 333, 0)
"""Hashes of the first or last 4, 8, 16 and 32 words."""

NONE = (0, 0, 0, 0)


def request(number: int, tenant: str = "a", **fields: Any) -> Sketch:
    """A request with a prompt of its own, a third of an hour after the one before."""
    usual: dict[str, Any] = {
        "id": f"r{number}",
        "tenant": tenant,
        "time": START + 20 * MINUTE_MS * number,
        "origin": Origin("llm-requests", 0, number),
        "whole": (number + 1) << 34,
        "simhash": number + 5,
        "network": 77,
        "heads": TEMPLATE,
    }
    return Sketch(**usual | fields)


def told(requests: list[Sketch], *, ttl_ms: int = 2**62) -> list[Fingerprint]:
    """Judge requests at once and return the fingerprints."""
    fleet = Fleet(DetectorConfig(), lambda _tenant: None, ttl_ms=ttl_ms)
    fleet.apply_many(table_of(requests), range(len(requests)))
    return fleet.take_fingerprints()


def lives() -> Iterator[Sketch]:
    """Requests of three tenants in turn, of all kinds; equal prompts come at different times."""
    for number in range(400):
        plain = {"heads": (number, 10 * number + 1, 0, 0)} if number % 3 else {}
        again = {"whole": (number // 2 + 1) << 34} if number % 5 == 0 else {}
        for tenant in ("a", "b", "c"):
            tail = (4, number % 7 + 1, 0, 0) if tenant == "b" else NONE
            yield request(number, tenant, id=f"{tenant}{number}", tails=tail, **plain | again)


def test_the_core_and_the_fingerprint_agree_on_sizes() -> None:
    assert (templates.JOIN, templates.SLOTS) == (fingerprint.JOIN, fingerprint.SLOTS)
    origin = Origin("t" * MAX_TOPIC_BYTES, 0, 1)
    longest = told([request(n, "ténant", id=f"{n:200}", origin=origin) for n in range(64)])[-1]
    assert len(longest.slots) == templates.SLOTS
    assert len(longest.encode()) == fingerprints.FIXED + 7 + 200 + MAX_TOPIC_BYTES


def test_a_fingerprint_says_how_a_template_was_used() -> None:
    requests = [request(number, simhash=number, account=6, signed_up=START - DAY_MS) for number in range(40)]
    found = told(requests)
    last = found[-1]
    place = requests.index(next(x for x in requests if x.id == last.request.request_id))
    assert last.tenant == "a"
    assert last.time == requests[place].time
    assert last.started == requests[0].time
    assert last.since == requests[1].time
    assert last.joined == requests[templates.JOIN].time
    assert last.count == last.requests == place
    assert (last.simhash, last.network, last.account) == (place, 77, 6)
    assert last.signed_up == START - DAY_MS
    assert last.request.template_hash == f"{last.template:016x}"
    assert last.request.offset == place
    assert 0 <= last.weak <= fingerprint.MOST_WEAK
    assert {one.template for one in found} == {last.template} != {0}
    for one in found:
        assert decode_fingerprint(one.encode()) == one


def test_a_template_is_told_again_when_it_was_used_twice_as_often() -> None:
    counts = [one.count for one in told([request(number) for number in range(300)])]
    assert counts[0] <= 3
    assert all(later >= 2 * earlier for earlier, later in pairwise(counts))
    assert counts[-1] > 100


def test_a_template_stands_at_the_head_or_at_the_tail() -> None:
    head = told([request(number) for number in range(20)])
    tail = told([request(number, heads=NONE, tails=TEMPLATE) for number in range(20)])
    assert len(head) == len(tail) > 0
    assert {one.template for one in head}.isdisjoint(one.template for one in tail)


def test_a_prompt_that_was_asked_before_counts_for_nothing() -> None:
    assert told([request(number, whole=9) for number in range(100)]) == []


def test_a_request_that_is_sent_twice_counts_once() -> None:
    requests = [request(number) for number in range(50)]
    twice = told([x for x in requests for _ in range(2)])
    assert [one.count for one in twice] == [one.count for one in told(requests)]


def test_requests_without_content_have_no_template(traffic: Callable[..., Any]) -> None:
    assert told(traffic(1).metadata(200)) == []


def test_all_requests_of_the_tenant_since_the_first_are_counted_beside() -> None:
    requests = [request(n, heads=NONE if n % 4 else TEMPLATE) for n in range(200)]
    for one in told(requests):
        assert one.requests == 4 * (one.count - 1) + 1


def test_two_tenants_that_ask_the_same_have_slots_in_common() -> None:
    one = told([request(number, "one") for number in range(100)])
    other = told([request(number, "other", time=START + number, simhash=3) for number in range(100)])
    third = told([request(number, "third", whole=(number + 7_000) << 40) for number in range(100)])
    slots = [{fingerprint.count: set(fingerprint.slots) for fingerprint in x} for x in (one, other, third)]
    assert slots[0] == slots[1]
    assert not slots[0][max(slots[0])] & slots[2][max(slots[2])]


def test_a_late_request_tells_no_time_before_the_tenants_own() -> None:
    requests = [request(number, time=START - number * MINUTE_MS) for number in range(30)]
    found = told(requests)
    assert found
    for one in found:
        assert one.started == one.since == one.joined == one.time == START


def test_a_tenant_that_starts_anew_starts_with_nothing() -> None:
    requests = [request(number) for number in range(30)]
    later = [replace(x, time=x.time + 100 * DAY_MS, id=f"R{x.id[1:]}") for x in requests]
    assert [one.count for one in told(requests + later, ttl_ms=50 * DAY_MS)] == 2 * [
        one.count for one in told(requests)
    ]


@pytest.mark.parametrize("cuts", [[], [1], [3, 4, 500], list(range(1200)), list(range(7, 1200, 31))])
def test_fingerprints_are_the_same_however_the_requests_are_cut(cuts: list[int]) -> None:
    requests = list(lives())
    fleet = Fleet(DetectorConfig(), lambda _tenant: None)
    fleet._slab = Slab(2)
    found = []
    for start, end in pairwise(sorted({0, *cuts, len(requests)})):
        fleet.apply_many(table_of(requests[start:end]), range(start, end))
        found += fleet.take_fingerprints()
    assert found == told(requests)
    assert fleet.take_fingerprints() == []
    assert {one.tenant for one in found} == {"a", "b", "c"}


def test_fingerprints_are_the_tenants_own_affair() -> None:
    together = told(list(lives()))
    for tenant in ("a", "b", "c"):
        alone = told([x for x in lives() if x.tenant == tenant])
        offset_free = [replace(one, request=None) for one in together if one.tenant == tenant]  # type: ignore[arg-type]
        assert offset_free == [replace(one, request=None) for one in alone]  # type: ignore[arg-type]


def test_a_tenant_that_is_restored_goes_on_as_if_it_had_stayed() -> None:
    requests, store = list(lives()), dict[str, bytes | None]()
    first = Fleet(DetectorConfig(), store.get)
    first.apply_many(table_of(requests[:600]), range(600))
    store.update(first.changed())
    second = Fleet(DetectorConfig(), store.get)
    second.apply_many(table_of(requests[500:]), range(500, len(requests)))  # read again from before
    assert first.take_fingerprints() + second.take_fingerprints() == told(requests)


def test_a_tenant_may_come_of_age_with_the_request_that_tells_of_a_template() -> None:
    last = AGES[0] - 1
    known: dict[str, Any] = {"input_tokens": 20, "output_tokens": 20, "chars": 9}
    first = last - templates.JOIN
    requests = [request(n, heads=TEMPLATE if n >= first else NONE, **known) for n in range(AGES[0])]
    fleet = Fleet(DetectorConfig(), lambda _tenant: None)
    fleet.apply_many(table_of(requests), range(len(requests)))
    assert [one.request.offset for one in fleet.take_fingerprints()] == [last]
    assert [profile.request.offset for profile in fleet.take_profiles()] == [last]


kinds = st.sampled_from(["same", "fresh", "pairs", "rounds", "plain", "hidden"])
sizes = st.integers(1, 250)


@given(
    st.lists(st.tuples(kinds, st.integers(1, 60), sizes), min_size=1, max_size=8), sizes, st.integers(1, 32)
)
@settings(deadline=None, max_examples=60)
def test_what_is_told_is_less_than_a_tenth_of_what_was_read_whatever_a_tenant_does(
    stages: list[tuple[str, int, int]], tenant: int, topic: int
) -> None:
    requests: list[Sketch] = []
    for kind, count, size in stages:
        for _ in range(count):
            n = len(requests)
            heads = {"same": 1, "fresh": n, "pairs": n // 2, "rounds": n % 9}
            fields: dict[str, Any] = {"heads": (heads.get(kind, 0),) * 4, "id": f"{n:0{size}}"}
            fields["whole"] = 0 if kind == "hidden" else (n + 1) << 30
            requests.append(request(n, "t" * tenant, origin=Origin("x" * topic, 0, n), **fields))
    fleet, read, written, count = Fleet(DetectorConfig(), lambda _tenant: None), 0, 0, 0
    for number, x in enumerate(requests):
        fleet.apply(x, number)
        found = fleet.take_fingerprints()
        read += len(encode_sketch(x))
        written += sum(len(one.encode()) for one in found)
        count += len(found)
        assert written < read / 10
        assert count <= 1 + number / 10
