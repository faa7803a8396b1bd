"""Findings as whoever reads the alert topic sees them."""

from __future__ import annotations

import orjson
import pytest

from models.errors import DecodeError
from models.finding import Activity, RequestRef, Severity
from streams.finding_view import Comparison, read_finding
from tests.streams.notify.findings import MARKS, campaign_view, record, view


def test_a_finding_is_read_with_all_that_people_ask_for() -> None:
    found = view()
    assert (found.uid, found.activity, found.severity) == (
        "4f0c2a6e-1111-5222-8333-444444444444",
        Activity.CREATE,
        Severity.HIGH,
    )
    assert (found.tenant, found.subject, found.accounts, found.members) == ("acme", "acme", 0, ())
    assert found.comparisons[0] == Comparison("novelty", "9.5", "3.25", "nats of surprise")
    assert str(found.comparisons[0]) == "novelty 9.5 against 3.25 nats of surprise"
    assert (found.response, found.reason.split(" is ")[0]) == ("throttle", "the evidence")
    assert found.requests == (RequestRef("req-7", "llm-requests", 2, 141, "00ff00ff00ff00ff"),)
    assert (found.marks, found.pages, found.is_alert) == ((), True, True)


def test_a_campaign_is_named_by_its_accounts() -> None:
    found = campaign_view()
    assert (found.tenant, found.subject) == ("", "campaign of 60 accounts")
    assert found.members == ("acme", "Überbank")
    assert found.concerns("acme")
    assert not found.concerns("other")


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_is_seen_and_all_but_a_sample_page_nobody(mark: str) -> None:
    for found in (view(mark), *([] if mark == "sample" else [campaign_view(mark)])):
        assert found.marks == (mark,)
        assert found.pages is (mark == "sample")


def test_a_sample_may_be_labelled_too() -> None:
    labelled = record()
    labelled["metadata"]["labels"] = ["sample"]
    assert read_finding(orjson.dumps(labelled)).marks == ("sample",)


def test_fields_that_are_not_known_are_ignored() -> None:
    assert read_finding(orjson.dumps(record() | {"galaxy": {"far": "away"}})) == view()


@pytest.mark.parametrize(
    "value",
    [
        *(None, b"", b"{", b"[]", b"7", b'"text"', b"null", b"{}"),
        orjson.dumps(record() | {"severity_id": 99}),
        orjson.dumps(record() | {"severity_id": "high"}),
        orjson.dumps(record() | {"metadata": None}),
        orjson.dumps(record() | {"time": 10**18}),
        orjson.dumps(record() | {"start_time": -1}),
        orjson.dumps(record() | {"time": 1.5}),
        orjson.dumps(record()).replace(b'"count":57', b'"count":1e999'),
        *(
            orjson.dumps(record()).replace(b'"9.5 nats', b'"' + no + b" nats")
            for no in (b"inf", b"-inf", b"nan")
        ),
        *(orjson.dumps(record()).replace(b'"3.25 nats', b'"' + no + b" nats") for no in (b"inf", b"nan")),
        orjson.dumps(record() | {"remediation": {"desc": "verify: so", "references": []}}),
        orjson.dumps(record() | {"evidences": [{"data": {"requests": [{"secret": 1}]}}]}),
    ],
)
def test_what_is_no_finding_is_refused_without_its_text(value: bytes | None) -> None:
    with pytest.raises(DecodeError) as caught:
        read_finding(value)
    assert caught.value.reason == "not_a_finding"
    assert str(caught.value) == "not_a_finding: the record is not a Detection Finding of distillwatch"
