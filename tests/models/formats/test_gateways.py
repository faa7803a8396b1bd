"""What is particular to single gateways and proxies."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from models.errors import DecodeError
from models.event import RequestEvent
from models.formats.adapter import AdapterOptions
from models.formats.registry import ADAPTERS
from tests.models.formats import records
from tests.models.formats.encoded import OPTIONS, decode


@pytest.mark.parametrize(
    ("plugin", "usage"),
    [
        ("proxy", {"prompt_tokens": 40, "completion_tokens": 9}),
        ("ai-proxy", {"prompt_token": 40, "completion_token": 9}),
        ("ai-proxy-advanced", {"prompt_token": 40, "completion_token": 9}),
        ("ai-request-transformer", {"prompt_token": 40, "completion_token": 9}),
    ],
)
def test_kong_is_read_by_its_newer_and_older_names(plugin: str, usage: dict[str, int]) -> None:
    record = records.kong()
    wrote = record["ai"].pop("proxy")
    asked = wrote["payload"].pop("request")
    record["ai"] = {"payload": {"request": asked}, plugin: wrote | {"usage": usage}}
    (event,) = decode("kong", record)
    assert (event.input_tokens, event.output_tokens, event.model) == (40, 9, "gpt-4o")
    assert (event.prompt, event.temperature, event.turn) == (records.PROMPT, 0.5, 1)


def test_kong_without_payload_logging_says_nothing_of_the_text() -> None:
    record = records.kong()
    del record["ai"]["proxy"]["payload"]
    (event,) = decode("kong", record)
    assert (event.prompt, event.response, event.temperature) == (None, None, None)
    assert event.output_tokens == 9


@pytest.mark.parametrize("ai", [None, {}, [], "none", {"proxy": None}, {"payload": {"request": "{}"}}])
def test_what_kong_passed_to_no_model_gives_nothing(ai: object) -> None:
    assert decode("kong", records.kong() | {"ai": ai}) == []


def test_kongs_workspace_is_the_tenant_of_who_has_no_name() -> None:
    record = records.kong() | {"consumer": None, "authenticated_entity": None}
    (event,) = decode("kong", record)
    assert event.tenant == record["workspace"]


def test_apisix_is_read_one_by_one_and_in_batches() -> None:
    assert len(decode("apisix", records.apisix())) == 1
    batch = [records.apisix(), {"route_id": "2", "response": {"status": 200}}, records.apisix()]
    assert len(decode("apisix", batch)) == 2
    assert decode("apisix", []) == []


def test_what_is_wrong_with_one_entry_of_a_batch_does_not_touch_the_others() -> None:
    lost = records.apisix()
    del lost["consumer"]
    value = orjson.dumps([records.apisix(), lost, "GET / HTTP/1.1", records.apisix()])
    kinds = [type(found) for found in ADAPTERS["apisix"].decode(value, OPTIONS)]
    assert kinds == [RequestEvent, DecodeError, DecodeError, RequestEvent]


def test_apisix_is_read_by_a_log_format_of_ones_own() -> None:
    record = {
        "request_id": "r1",
        "@timestamp": "2026-03-04T00:00:00+00:00",
        "consumer_name": "acme",
        "request_llm_model": "gpt-4o",
        "llm_prompt_tokens": "40",
        "llm_completion_tokens": "9",
        "status": 200,
        "remote_addr": "192.0.2.7",
    }
    (event,) = decode("apisix", record)
    assert (event.id, event.tenant, event.input_tokens, event.output_tokens) == ("r1", "acme", 40, 9)


def test_apisix_with_the_body_of_the_request_gives_its_parameters() -> None:
    record = records.apisix()
    del record["llm_request"]
    record["request"]["body"] = orjson.dumps(records.request()).decode()
    (event,) = decode("apisix", record)
    assert (event.prompt, event.logit_bias_size, event.top_logprobs) == (records.PROMPT, 2, 5)


def test_envoy_is_read_by_its_newer_names() -> None:
    record = records.envoy()
    del record["genai_model_name"], record["genai_tokens_input"], record["genai_tokens_output"]
    record |= {"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 6}
    (event,) = decode("envoy", record)
    assert (event.model, event.input_tokens, event.output_tokens) == ("m", 5, 6)


def test_envoy_is_read_by_names_of_ones_own() -> None:
    record = records.envoy()
    record["tokens"] = {"in": record.pop("genai_tokens_input")}
    record["llm"] = record.pop("genai_model_name")
    del record["genai_tokens_output"]
    assert decode("envoy", record) == []
    given = AdapterOptions(fields={"input_tokens": "tokens.in", "model": ("nowhere", "llm")})
    (event,) = decode("envoy", record, given)
    assert (event.model, event.input_tokens, event.output_tokens) == ("gpt-4o", 40, None)


def test_what_envoy_passed_to_a_tool_gives_nothing() -> None:
    nothing = {"genai_model_name": None, "genai_tokens_input": "-", "genai_tokens_output": None}
    assert decode("envoy", records.envoy() | nothing | {"mcp_method": "tools/call"}) == []


def test_litellm_that_keeps_texts_to_itself_is_judged_on_the_rest() -> None:
    record = records.litellm() | {"messages": [{"role": "user", "content": "redacted-by-litellm"}]}
    record["response"]["choices"][0]["message"]["content"] = "redacted-by-litellm"
    (event,) = decode("litellm", record)
    assert (event.prompt, event.response, event.turn) == (None, None, None)
    assert event.output_tokens == 9


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        ("completion", "chat"),
        ("acompletion", "chat"),
        ("atext_completion", "completion"),
        ("aembedding", "embedding"),
    ],
)
def test_litellms_calls_have_the_names_of_this_projects_operations(call: str, operation: str) -> None:
    (event,) = decode("litellm", records.litellm() | {"call_type": call})
    assert event.operation == operation


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"status": "success"}, 200),
        ({"status": "failure", "error_information": {"error_code": "429"}}, 429),
        ({"status": "failure", "error_information": {"error_code": "APIConnectionError"}}, 500),
        ({"status": "failure", "error_information": None}, 500),
    ],
)
def test_litellms_failures_have_a_status(more: dict[str, Any], status: int) -> None:
    (event,) = decode("litellm", records.litellm() | more)
    assert event.status == status


@pytest.mark.parametrize("team", [None, ""])
def test_litellms_tenant_is_the_team_the_organisation_or_the_key(team: str | None) -> None:
    record = records.litellm()
    record["metadata"]["user_api_key_team_id"] = team
    (event,) = decode("litellm", record)
    assert event.tenant == "holding"
    record["metadata"]["user_api_key_org_id"] = None
    (event,) = decode("litellm", record)
    assert event.tenant == record["metadata"]["user_api_key_hash"]
