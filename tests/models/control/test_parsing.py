"""Control records: what is read, and what is refused with which reason."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.control.encoding import change_fields, encode_change
from models.control.parsing import MAX_BYTES, parse_change
from models.control.records import Change, Suppress
from models.errors import ControlError
from models.finding import Severity
from tests.models.control.changes import HOUR, TIME, change, changes

BASE = {"version": 1, "id": "c1", "time": TIME, "author": "ann"}
END = {"until": TIME + HOUR}
SUPPRESS = {"kind": "suppress", "reason": "known", "actions": ["do_not_alert"], **END}
ALLOW = {"kind": "allow", "tenant": "acme", "purpose": "nightly"}
VERDICT = {"kind": "verdict", "finding": "u1", "verdict": "benign", "tenant": "acme", "signal": "habits"}
OVERRIDE = {"kind": "override", "tenant": "acme", "budget_days": 10}
WINDOW = {"kind": "window", "tenant": "acme", "purpose": "load test", **END}

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("wrong_version", {**ALLOW, "version": 2}),
    ("wrong_type", {**ALLOW, "version": True}),
    ("missing_field", {**ALLOW, "version": None}),
    ("missing_field", {**ALLOW, "author": None}),
    ("missing_field", {"kind": "allow", "tenant": "acme"}),
    ("wrong_value", {**ALLOW, "kind": "allowed"}),
    ("wrong_value", {**ALLOW, "id": "a b"}),
    ("wrong_value", {**ALLOW, "id": "a" * 65}),
    ("wrong_value", {**ALLOW, "tenant": ""}),
    ("wrong_value", {**ALLOW, "tenant": "a" * 257}),
    ("wrong_value", {**ALLOW, "purpose": "a\nb"}),
    ("wrong_value", {**ALLOW, "purpose": "a" * 1025}),
    ("wrong_value", {**ALLOW, "until": TIME}),
    ("wrong_type", {**ALLOW, "until": "tomorrow"}),
    ("wrong_type", {**ALLOW, "until": "2026-03-04T00:00:00"}),
    ("wrong_type", {**ALLOW, "time": True}),
    ("wrong_value", {**ALLOW, "time": 5}),
    ("unknown_field", {**ALLOW, "untill": TIME + HOUR}),
    ("unknown_field", {**VERDICT, "from": TIME}),
    ("missing_field", {**SUPPRESS, "reason": None}),
    ("wrong_value", {**SUPPRESS, "reason": " "}),
    ("missing_field", {**SUPPRESS, "until": None}),
    ("wrong_value", {**SUPPRESS, "until": TIME + 367 * 24 * HOUR}),
    ("wrong_value", {**SUPPRESS, "actions": []}),
    ("wrong_value", {**SUPPRESS, "actions": ["do_not_alert", "do_not_alert"]}),
    ("wrong_type", {**SUPPRESS, "actions": "do_not_alert"}),
    ("wrong_value", {**SUPPRESS, "actions": ["do_not_learn"], "signal": "habits"}),
    ("wrong_value", {**SUPPRESS, "actions": ["do_not_learn"], "severity_at_most": "high"}),
    ("wrong_value", {**SUPPRESS, "signal": "hunch"}),
    ("wrong_value", {**SUPPRESS, "severity_at_most": "grave"}),
    ("wrong_value", {**SUPPRESS, "tenant": "*" * 9}),
    ("wrong_type", {**SUPPRESS, "dry_run": "no"}),
    ("wrong_value", {**VERDICT, "verdict": "guilty"}),
    ("wrong_value", {**VERDICT, "signal": "campaign"}),
    ("wrong_value", {**VERDICT, "tenant": None}),
    ("wrong_value", {**OVERRIDE, "budget_days": 0.5}),
    ("wrong_type", {**OVERRIDE, "budget_days": "10"}),
    ("missing_field", {**OVERRIDE, "budget_days": None}),
    ("wrong_value", {**OVERRIDE, "signals_off": ["novelty", "topic entropy", "request shape", "habits"]}),
    ("wrong_value", {**OVERRIDE, "signals_off": ["newcomer"]}),
    ("wrong_value", {**WINDOW, "tenant": "ac*"}),
    ("missing_field", {**WINDOW, "until": None}),
    ("missing_field", {"kind": "shadow", "scope": "tenant", "on": True}),
    ("missing_field", {"kind": "shadow", "scope": "application"}),
    ("unknown_field", {"kind": "shadow", "scope": "application", "on": True, "tenant": "acme"}),
    ("missing_field", {"kind": "remove"}),
    ("missing_field", {"kind": "sample"}),
]


def refusal(value: bytes) -> ControlError:
    """Read what must be refused."""
    with pytest.raises(ControlError) as caught:
        parse_change(value)
    return caught.value


@given(changes())
def test_what_is_written_is_read_as_it_was(made: Change) -> None:
    key, value = encode_change(made)
    assert key == made.id.encode()
    assert parse_change(value) == made
    assert encode_change(parse_change(value))[1] == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(value: bytes) -> None:
    with pytest.raises(ControlError):
        parse_change(value)


@given(changes(), st.sampled_from([None, "", 1, -1.5, True, [], {}, "x" * 2000, "\ud7ff"]), st.data())
def test_a_record_with_any_field_changed_is_read_or_refused(
    made: Change, value: object, data: st.DataObject
) -> None:
    fields = change_fields(made)
    name = data.draw(st.sampled_from(sorted(fields)))
    with suppress(ControlError):
        parse_change(orjson.dumps({**fields, name: value}))


@pytest.mark.parametrize(("reason", "fields"), REFUSED, ids=lambda item: str(item)[:60])
def test_a_bad_record_is_refused_with_its_reason(reason: str, fields: dict[str, Any]) -> None:
    assert refusal(orjson.dumps(BASE | fields)).reason == reason


@pytest.mark.parametrize(
    ("reason", "value"),
    [("not_json", b"{"), ("not_json", b""), ("not_an_object", b"[]"), ("too_large", b" " * (MAX_BYTES + 1))],
)
def test_what_is_no_object_is_refused(reason: str, value: bytes) -> None:
    assert refusal(value).reason == reason


def test_a_refusal_repeats_no_value_of_the_record() -> None:
    private = "ignore all previous instructions"
    for field in ("tenant", "purpose", "until", "author", "id", "kind", "time"):
        value = private * 100
        assert private not in str(refusal(orjson.dumps(BASE | ALLOW | {field: value + "\n"})))


def test_a_period_begins_when_the_change_was_made_unless_it_says() -> None:
    assert change("suppress", **{k: v for k, v in SUPPRESS.items() if k != "kind"}).what == Suppress(
        "*",
        "",
        Severity.CRITICAL,
        no_alert=True,
        no_learn=False,
        dry_run=False,
        begins=TIME,
        until=TIME + HOUR,
    )
    earlier = change("allow", tenant="acme", purpose="p", **{"from": TIME - HOUR}).what
    assert getattr(earlier, "begins", 0) == TIME - HOUR


def test_times_are_seconds_milliseconds_or_words() -> None:
    words, seconds = "2026-03-04T01:00:00+01:00", TIME // 1000
    assert [change("sample", tenant="a", time=time).time for time in (TIME, seconds, words)] == [TIME] * 3  # type: ignore[arg-type]
