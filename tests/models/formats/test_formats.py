"""Every format: the same request out of records of the documented shapes, and nothing else of them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import orjson
import pytest

from models.errors import DecodeError
from models.event import RequestEvent
from models.formats.adapter import AdapterOptions
from models.formats.registry import ADAPTERS
from models.native import InputLimits, decode_native
from tests.models.formats import records
from tests.models.formats.encoded import RECORDS, decode, options

names = pytest.mark.parametrize("name", ADAPTERS)
json_names = pytest.mark.parametrize("name", [name for name in ADAPTERS if name != "otlp_proto"])
SAID: dict[str, Any] = {
    "time": records.TIME,
    "tenant": "acme",
    "principal": "u7",
    "operation": "chat",
    "model": "gpt-4o",
    "prompt": records.PROMPT,
    "turn": 1,
    "input_tokens": 40,
    "output_tokens": 9,
    "max_tokens": 256,
    "temperature": 0.5,
    "n": 2,
    "logprobs": True,
    "top_logprobs": 5,
    "logit_bias_size": 2,
    "finish_reason": "length",
    "status": 200,
    "conversation_id": "s1",
    "cached_tokens": 16,
    "client_ip": "192.0.2.7",
    "user_agent": "curl/8.7.1",
    "organization": "holding",
}
"""What the request is, wherever it stands."""

LACKS = {
    "otlp_proto": {"logprobs", "top_logprobs", "logit_bias_size", "organization"},
    "otlp_json": {"logprobs", "top_logprobs", "logit_bias_size", "organization"},
    "litellm": set(),
    "kong": {"conversation_id", "organization"},
    "apisix": {
        *("operation", "max_tokens", "temperature", "n", "logprobs", "top_logprobs", "logit_bias_size"),
        *("finish_reason", "conversation_id", "organization"),
    },
    "envoy": {
        *("operation", "prompt", "turn", "max_tokens", "temperature", "n", "logprobs", "top_logprobs"),
        *("logit_bias_size", "finish_reason", "conversation_id", "cached_tokens", "organization"),
    },
    "openai": {"conversation_id", "user_agent", "organization"},
    "mapping": set(SAID)
    - {
        "time",
        "tenant",
        "model",
        "prompt",
        "turn",
        "temperature",
        "logit_bias_size",
        "finish_reason",
        "output_tokens",
    },
}
"""Fields that the record of a format does not give."""


@names
def test_the_request_of_a_record_is_understood(name: str) -> None:
    (event,) = decode(name, RECORDS[name])
    expected = {field: None if field in LACKS[name] else value for field, value in SAID.items()}
    assert {field: getattr(event, field) for field in SAID} == expected


@names
def test_a_request_is_what_the_native_format_would_take(name: str) -> None:
    (event,) = decode(name, RECORDS[name])
    given = {field.name: getattr(event, field.name) for field in fields(event)}
    assert decode_native(orjson.dumps({k: v for k, v in given.items() if v not in (None, ())})) == event


@names
def test_no_secret_of_a_record_is_carried_on(name: str) -> None:
    assert records.SECRET.encode() in RECORDS[name]
    (event,) = decode(name, RECORDS[name])
    assert records.SECRET not in repr(event)


@names
def test_no_error_quotes_the_record(name: str) -> None:
    for limits in (InputLimits(max_text_chars=1), InputLimits()):
        given = AdapterOptions(("no.where",), options(name).fields, limits)
        for found in ADAPTERS[name].decode(RECORDS[name], given):
            assert isinstance(found, DecodeError)
            assert not any(text in str(found) for text in (records.SECRET, records.PROMPT, records.ANSWER))


@names
def test_a_record_without_a_tenant_is_refused_with_the_paths_that_were_tried(name: str) -> None:
    given = AdapterOptions(("account.id", '"x.tenant"'), options(name).fields)
    (error,) = ADAPTERS[name].decode(RECORDS[name], given)
    assert isinstance(error, DecodeError)
    assert error.reason == "missing_field"
    assert error.detail == "the record has no 'tenant' at account.id, \"x.tenant\" (source.tenant)"


@names
def test_a_text_that_is_too_long_is_refused(name: str) -> None:
    given = AdapterOptions(options(name).tenant, options(name).fields, InputLimits(max_text_chars=8))
    (found,) = ADAPTERS[name].decode(RECORDS[name], given)
    if name == "envoy":
        assert isinstance(found, RequestEvent)
    else:
        assert isinstance(found, DecodeError)
        assert found.reason == "prompt_too_large"


@json_names
@pytest.mark.parametrize(
    ("value", "reason"),
    [(b"", "not_json"), (b"{", "not_json"), (b'{"a":"\\ud800"}', "bad_text"), (b'{"a":"\xff"}', "bad_text")],
)
def test_what_is_not_json_is_refused(name: str, value: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        ADAPTERS[name].decode(value, options(name))
    assert caught.value.reason == reason


@pytest.mark.parametrize("name", [name for name in ADAPTERS if name not in ("otlp_proto", "apisix")])
@pytest.mark.parametrize("value", [b"5", b"null", b'"text"', b"[]", b"[{}]"])
def test_json_that_is_not_an_object_is_refused(name: str, value: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        ADAPTERS[name].decode(value, options(name))
    assert caught.value.reason == "not_an_object"


@pytest.mark.parametrize("name", [name for name in ADAPTERS if name not in ("otlp_proto", "mapping")])
def test_an_object_of_something_else_gives_nothing(name: str) -> None:
    assert ADAPTERS[name].decode(b'{"level":"info","msg":"started"}', options(name)) == []


ODD = [True, -1, 2**40, 1.5, "odd", "", "-", [], {}, ["odd"], {"odd": 1}, [None], 10**18, "9" * 50]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("parameter", [*records.PARAMETERS, "user", "model", "conversation", "metadata"])
def test_an_odd_parameter_keeps_no_request_from_being_judged(parameter: str, odd: object) -> None:
    record = records.openai()
    record["request"][parameter] = odd
    (event,) = decode("openai", record)
    assert (event.tenant, event.prompt) == ("acme", records.PROMPT)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_header_keeps_no_request_from_being_judged(odd: object) -> None:
    record = records.kong()
    record["request"]["headers"]["user-agent"] = odd
    (event,) = decode("kong", record)
    assert event.prompt == records.PROMPT


@pytest.mark.parametrize("time", [True, "yesterday", -1, 2**63 - 1, [1], {"a": 1}, "1999-01-01T00:00:00Z"])
def test_a_time_that_is_none_is_refused(time: object) -> None:
    (error,) = ADAPTERS["openai"].decode(orjson.dumps(records.openai() | {"time": time}), options("openai"))
    assert isinstance(error, DecodeError)
    assert error.reason in ("wrong_type", "time_out_of_range")
