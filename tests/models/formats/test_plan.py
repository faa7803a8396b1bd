"""What a source's settings change about how its records are read."""

from __future__ import annotations

import pytest

from models.errors import DecodeError, SettingsError
from models.formats.adapter import AdapterOptions
from models.formats.registry import ADAPTERS, check_options
from tests.models.formats import records
from tests.models.formats.encoded import MAPPING, decode, options

BASE = {"id": "r1", "time": records.TIME}
FIELDS = {"id": "id", "time": "time"}


def tenant_of(record: dict[str, object], *paths: str) -> str:
    """The tenant by these paths."""
    (event,) = decode("mapping", BASE | record, AdapterOptions(paths, FIELDS))
    return event.tenant


@pytest.mark.parametrize("nothing", [None, "", "-", True, {}, [], {"id": "acme"}])
def test_the_tenant_is_the_first_text_or_number_that_a_path_leads_to(nothing: object) -> None:
    assert tenant_of({"a": nothing, "b": "acme", "c": "other"}, "a", "b", "c") == "acme"


@pytest.mark.parametrize(
    ("value", "tenant"), [("acme", "acme"), (7, "7"), (0, "0"), (7.0, "7"), (["acme"], "acme")]
)
def test_a_tenant_may_be_a_number_or_the_first_of_a_list(value: object, tenant: str) -> None:
    assert tenant_of({"a": value}, "a") == tenant


def test_a_tenant_that_is_too_long_is_refused() -> None:
    given = AdapterOptions(("a",), FIELDS)
    (error,) = ADAPTERS["mapping"].decode(b'{"id":"r1","time":1772582400,"a":"%s"}' % (b"a" * 257), given)
    assert isinstance(error, DecodeError)
    assert error.reason == "tenant_too_long"


@pytest.mark.parametrize("name", [name for name in ADAPTERS if name != "mapping"])
def test_the_settings_tenant_takes_the_place_of_the_formats_own(name: str) -> None:
    given = AdapterOptions(("nowhere",))
    assert decode_one(name, AdapterOptions()) == "acme"
    with pytest.raises(DecodeError):
        decode_one(name, given)


def decode_one(name: str, given: AdapterOptions) -> str:
    """The tenant of a format's record."""
    from tests.models.formats.encoded import RECORDS  # noqa: PLC0415

    (found,) = ADAPTERS[name].decode(RECORDS[name], given)
    if isinstance(found, DecodeError):
        raise found
    return found.tenant


def test_a_field_of_the_settings_takes_the_place_of_the_formats_own() -> None:
    given = AdapterOptions(fields={"model": "model", "asn": ("nowhere", "metadata.user_api_key_alias")})
    (event,) = decode("litellm", records.litellm(), given)
    assert (event.model, event.asn) == ("gpt-4o-2024-11-20", records.SECRET)
    assert event.prompt == records.PROMPT


def test_paths_are_tried_in_order_and_what_says_nothing_is_passed_over() -> None:
    given = AdapterOptions(("t",), {**FIELDS, "n": ("a", "b", "c"), "finish_reason": ("d", "e")})
    record = BASE | {"t": "acme", "a": "", "b": "many", "c": "3", "d": [], "e": "MAX_TOKENS"}
    (event,) = decode("mapping", record, given)
    assert (event.n, event.finish_reason) == (3, "length")


def test_a_principal_that_is_the_tenant_says_nothing() -> None:
    given = AdapterOptions(("team", "user"), {**FIELDS, "principal": "user"})
    (event,) = decode("mapping", BASE | {"user": "u7"}, given)
    assert (event.tenant, event.principal) == ("u7", None)
    (event,) = decode("mapping", BASE | {"user": "u7", "team": "acme"}, given)
    assert (event.tenant, event.principal) == ("acme", "u7")


def test_what_an_answer_came_before_is_no_first_turn() -> None:
    record = records.openai()
    record["request"] |= {"messages": None, "input": "Go on.", "previous_response_id": "resp_1"}
    (event,) = decode("openai", record)
    assert (event.prompt, event.turn) == ("Go on.", 1)


def test_a_turn_that_a_path_gives_counts_more_than_the_messages() -> None:
    given = AdapterOptions(MAPPING.tenant, {**MAPPING.fields, "turn": "turn"})
    (event,) = decode("mapping", records.openai() | {"turn": 7}, given)
    assert event.turn == 7


def test_every_field_of_a_request_can_be_mapped() -> None:
    values = {
        "id": "r1",
        "time": "2026-03-04T00:00:00Z",
        "tenant": "acme",
        "prompt": "Why?",
        "response": "So.",
        "principal": 5,
        "operation": "CHAT",
        "model": "m",
        "input_tokens": "5",
        "output_tokens": 6.0,
        "max_tokens": 7,
        "temperature": "0.5",
        "n": 1,
        "logprobs": "true",
        "top_logprobs": 0,
        "logit_bias_size": 3,
        "finish_reason": "end_turn",
        "status": "200",
        "conversation_id": 9,
        "turn": 0,
        "cached_tokens": 0,
        "client_ip": "::1",
        "asn": 64500,
        "user_agent": "x",
        "fingerprint": "f",
        "organization": 7,
        "payment": "p",
        "signed_up": 1_772_000_000,
        "flags": "canary",
        "embedding": [0.5] * 256,
        "topic": "t",
        "template_hash": "h",
        "slot_hash": 8,
    }
    given = AdapterOptions(("in.tenant",), {name: f"in.{name}" for name in values if name != "tenant"})
    (event,) = decode("mapping", {"in": values}, given)
    assert [name for name in values if getattr(event, name) in (None, ())] == []
    assert (event.operation, event.finish_reason, event.flags) == ("chat", "stop", ("canary",))
    assert (event.logprobs, event.temperature, event.status) == (True, 0.5, 200)


@pytest.mark.parametrize(
    ("time", "milliseconds"),
    [
        (1_772_582_400, 1_772_582_400_000),
        (1_772_582_400.25, 1_772_582_400_250),
        (1_772_582_400_250, 1_772_582_400_250),
        (1_772_582_400_250_999, 1_772_582_400_250),
        (1_772_582_400_250_999_999, 1_772_582_400_250),
        ("1772582400250", 1_772_582_400_250),
        ("2026-03-04T01:00:00.25+01:00", 1_772_582_400_250),
    ],
)
def test_a_time_may_be_in_seconds_down_to_nanoseconds_or_in_words(time: object, milliseconds: int) -> None:
    (event,) = decode("mapping", BASE | {"t": "acme", "time": time}, AdapterOptions(("t",), FIELDS))
    assert event.time == milliseconds


@pytest.mark.parametrize("name", ADAPTERS)
def test_settings_with_which_a_record_is_understood_pass_the_check(name: str) -> None:
    check_options(name, options(name))


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("csv", AdapterOptions(), "source.format is 'csv' and must be one of native, otlp_proto"),
        ("kong", AdapterOptions(("a..b",)), "the path 'a..b' cannot be read from '..b' on"),
        ("kong", AdapterOptions(fields={"model": "a["}), "the path 'a\\[' cannot be read"),
        ("kong", AdapterOptions(fields={"modell": "a"}), "source.fields names 'modell', which is no field"),
        ("kong", AdapterOptions(("request.headers.authorization",)), "leads to a secret"),
        ("mapping", AdapterOptions(), "source.format 'mapping' needs source.fields.id"),
        ("mapping", AdapterOptions(fields=FIELDS), "source.format 'mapping' needs source.tenant"),
        ("mapping", AdapterOptions(("a",), {"id": "id"}), "source.format 'mapping' needs source.fields.time"),
        ("mapping", AdapterOptions(("a",), {"id": "id", "time": ()}), "needs source.fields.time"),
    ],
)
def test_settings_that_are_wrong_are_found_before_the_first_record(
    name: str, given: AdapterOptions, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        check_options(name, given)


def test_options_keep_what_they_were_given() -> None:
    fields = {"id": "id"}
    given = AdapterOptions(("a",), fields)
    fields["id"] = "other"
    assert given.fields == {"id": "id"}
    assert given == AdapterOptions(("a",), {"id": "id"})
    assert hash(given) == hash(AdapterOptions(("a",), {"id": "id"}))
