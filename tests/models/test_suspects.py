"""The requests that a finding names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from models.event import EARLIEST_MS
from models.finding import RequestRef
from models.requests import table_of
from models.sketch import Origin, Sketch
from models.suspects import MOST, Suspects

REQUEST = Sketch(id="r1", tenant="acme", time=1, origin=Origin("llm-requests", 2, 30), heads=(7, 255, 0, 0))


def named(x: Sketch) -> RequestRef:
    """What a finding says of a request."""
    return table_of([x]).ref(0)


def filled(count: int) -> Suspects:
    """A list that was given so many requests."""
    suspects = Suspects()
    for number in range(count):
        suspects.add(named(replace(REQUEST, id=f"r{number}")), EARLIEST_MS + number)
    return suspects


def test_a_request_is_named_by_its_id_its_place_and_its_longest_template() -> None:
    suspects = Suspects()
    suspects.add(named(REQUEST), EARLIEST_MS)
    assert suspects.since(0) == (RequestRef("r1", "llm-requests", 2, 30, "00000000000000ff"),)


def test_a_request_without_a_template_says_so() -> None:
    suspects = Suspects()
    suspects.add(named(replace(REQUEST, heads=(0, 0, 0, 0))), EARLIEST_MS)
    assert suspects.since(0)[0].template_hash == "0" * 16


def test_the_last_few_are_kept_the_oldest_first() -> None:
    kept = [request.request_id for request in filled(3 * MOST).since(0)]
    assert kept == [f"r{number}" for number in range(2 * MOST, 3 * MOST)]


def test_only_those_since_the_beginning_of_the_evidence_are_named() -> None:
    kept = [request.request_id for request in filled(8).since(EARLIEST_MS + 5)]
    assert kept == ["r5", "r6", "r7"]
    assert len(filled(8).since(EARLIEST_MS + 50)) == 8


def test_they_can_be_forgotten() -> None:
    suspects = filled(3)
    suspects.clear()
    assert suspects.since(0) == ()


def test_a_restored_list_is_the_same(
    dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any]
) -> None:
    for count in (0, 1, MOST, MOST + 5):
        suspects = filled(count)
        assert loaded(filled(4), dumped(suspects)).since(0) == suspects.since(0)
