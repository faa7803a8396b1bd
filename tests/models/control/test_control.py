"""What changes add up to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.control.control import Control, Draft
from models.control.records import Change, Remove, Verdict
from models.control.rules import Tenants
from models.errors import ControlError
from tests.models.control.changes import HOUR, TIME, add_all, change, changes, control, verdict


def allow(name: str, tenant: str = "acme", **fields: object) -> Change:
    """An allow-listed tenant."""
    return change("allow", name, tenant=tenant, purpose="nightly", **fields)


def remove(target: str, name: str = "r1", time: int = TIME + HOUR) -> Change:
    """Take a change back."""
    return change("remove", name, time, target=target)


@given(st.lists(changes().filter(lambda one: not isinstance(one.what, Remove)), max_size=12))
def test_what_compaction_leaves_adds_up_to_the_same(made: list[Change]) -> None:
    last = {one.id: one for one in made}
    compacted = [one for one in made if last[one.id] is one]
    assert list(control(*made).changes.items()) == list(control(*compacted).changes.items())


@given(st.lists(changes(), max_size=12))
def test_one_by_one_is_as_all_at_once(made: list[Change]) -> None:
    found = Control()
    for one in made:
        try:
            found = found.with_change(one)
        except ControlError:
            continue
    at_once, _ = add_all(made)
    assert list(found.changes.items()) == list(at_once.changes.items())
    assert found.rules == at_once.rules
    assert found.tally == at_once.tally


def test_a_later_record_stands_in_place_of_one_with_its_id() -> None:
    found = control(allow("a"), allow("b"), allow("a", "other"))
    assert list(found.changes) == ["b", "a"]
    assert [rule.change.what.tenant for rule in found.rules] == ["acme", "other"]  # type: ignore[union-attr]


def test_a_change_that_is_taken_back_ends_then_and_not_before() -> None:
    (rule,) = control(allow("a"), remove("a")).rules
    assert (rule.begins, rule.until) == (TIME, TIME + HOUR)
    assert rule.holds(TIME)
    assert not rule.holds(TIME + HOUR)


def test_what_is_taken_back_before_it_began_never_held() -> None:
    later = allow("a", **{"from": TIME + 2 * HOUR})
    assert control(later, remove("a")).rules == ()


@pytest.mark.parametrize("target", ["nothing", "r1", "s"])
def test_only_what_is_there_and_holds_can_be_taken_back(target: str) -> None:
    start = control(allow("a"), remove("a"), change("sample", "s", tenant="acme"))
    with pytest.raises(ControlError):
        start.with_change(remove(target, "r2"))


def test_a_refused_change_leaves_all_as_it_was() -> None:
    start = control(allow("a"))
    with pytest.raises(ControlError):
        start.with_change(remove("b"))
    assert list(start.changes) == ["a"]


def test_the_last_verdict_on_a_finding_counts() -> None:
    found = control(verdict("u1"), verdict("u1", "true_positive", "v2"), verdict("u2", "benign", "v3"))
    assert found.tally == {(Verdict.TRUE_POSITIVE, "novelty"): 1, (Verdict.BENIGN, "novelty"): 1}
    assert found.precision == {"novelty": 0.5}


def test_a_verdict_that_is_taken_back_counts_no_more() -> None:
    found = control(verdict("u1"), remove("v1"))
    assert found.verdicts == {}
    assert found.precision == {}


def test_tests_do_not_count_for_precision() -> None:
    found = control(verdict("u1", "test"), verdict("u2", "test", "v2", signal="habits"))
    assert found.precision == {}
    assert found.tally.total() == 2


def test_the_oldest_that_hold_no_more_make_room() -> None:
    draft = Draft(most=16)
    for number in range(40):
        draft.add(verdict(f"u{number}", name=f"v{number}"))
    kept = list(draft.finish().changes)
    assert kept == [f"v{number}" for number in range(40 - len(kept), 40)]
    assert 14 <= len(kept) <= 16


def test_too_much_that_holds_is_refused() -> None:
    draft = Draft(most=16)
    for number in range(16):
        draft.add(allow(f"a{number}", f"t{number}"))
    with pytest.raises(ControlError, match="too_many"):
        draft.add(allow("more"))
    assert len(draft.finish().changes) == 16


def test_the_history_of_a_tenant_holds_all_that_touched_it() -> None:
    end = {"until": TIME + HOUR}
    silence = {"reason": "known", "actions": ["do_not_alert"], **end}
    found = control(
        allow("own"),
        allow("other", "globex"),
        remove("own", "back"),
        change("suppress", "fits", tenant="ac*", **silence),
        change("window", "all", tenant="*", purpose="load", **end),
        change("shadow", "app", scope="application", on=True),
        verdict("u1"),
    )
    assert [one.id for one in found.history("acme")] == ["own", "back", "fits", "all", "app", "v1"]


@pytest.mark.parametrize(
    ("pattern", "tenant", "fits"),
    [
        ("acme", "acme", True),
        ("acme", "acme2", False),
        ("ac*", "acme", True),
        ("ac?e", "acme", True),
        ("ac?", "acme", False),
        ("*", "anything\nat all", True),
        ("a[b]*", "a[b]c", True),
        ("a[b]*", "abc", False),
        ("a.c*", "abc", False),
        ("Ac*", "acme", False),
    ],
)
def test_a_pattern_knows_only_stars_and_question_marks(pattern: str, tenant: str, *, fits: bool) -> None:
    assert Tenants(pattern).fit(tenant) is fits


def test_a_pattern_takes_no_long_time_over_any_name() -> None:
    assert not Tenants("*a*a*a*a*a*a*a*b").fit("a" * 256)
