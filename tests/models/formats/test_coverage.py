"""Which signals work with what requests say of themselves."""

from __future__ import annotations

from dataclasses import fields

import pytest

from models.event import RequestEvent
from models.formats.coverage import SIGNALS, WORKS, understood
from models.readings import NAMES
from tests.models.formats.encoded import RECORDS, decode

BARE = RequestEvent(id="r1", time=1_772_582_400_000, tenant="acme")


def test_every_signal_of_a_finding_is_told_of() -> None:
    rules = {"resampling", "logit-bias sweep"}
    assert set(SIGNALS) == {name for name, _ in NAMES.values()} | rules | {"newcomers", "campaigns"}


def test_a_field_is_either_present_or_missing() -> None:
    found = understood(BARE)
    assert found.present == ("id", "time", "tenant")
    assert sorted(found.present + found.missing) == sorted(field.name for field in fields(RequestEvent))


def test_a_field_is_present_if_any_request_gives_it() -> None:
    others = [
        RequestEvent("r2", BARE.time, "acme", n=0),
        RequestEvent("r3", BARE.time, "acme", flags=("canary",)),
    ]
    assert set(understood(BARE, *others).present) == {"id", "time", "tenant", "n", "flags"}


def test_without_any_field_only_the_rate_works() -> None:
    signals = understood(BARE).signals
    assert [name for name, said in signals.items() if said == WORKS] == ["rate"]
    assert signals["novelty"] == "needs prompt or embedding"
    assert signals["campaigns"] == "needs prompt or template_hash"


def test_where_there_is_no_text_a_vector_or_hashes_do() -> None:
    event = RequestEvent("r1", BARE.time, "acme", embedding=(1.0,), template_hash="t", slot_hash="s")
    signals = understood(event).signals
    assert {name for name, said in signals.items() if said == WORKS} == {
        "rate",
        "novelty",
        "topic entropy",
        "campaigns",
    }
    assert signals["resampling"] == "works in part, without temperature"
    assert signals["newcomers"] == "needs prompt"


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("litellm", set()),
        ("openai", set()),
        ("kong", set()),
        ("otlp_json", {"logit-bias sweep"}),
        ("apisix", {"logit-bias sweep"}),
        ("envoy", {"logit-bias sweep", "novelty", "topic entropy", "resampling", "newcomers", "campaigns"}),
    ],
)
def test_what_the_record_of_a_format_lacks_costs_these_signals(name: str, lost: set[str]) -> None:
    signals = understood(*decode(name, RECORDS[name])).signals
    assert {signal for signal, said in signals.items() if said.startswith("needs")} == lost
