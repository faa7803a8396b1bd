"""Pairs of request and response of several interfaces."""

from __future__ import annotations

from typing import Any

import pytest

from models.event import RequestEvent
from tests.models.formats import records
from tests.models.formats.encoded import decode


def pair(request: dict[str, Any], response: dict[str, Any] | None = None) -> RequestEvent:
    """Decode a pair."""
    record = {"id": "r1", "time": records.TIME, "tenant": "acme", "request": request, "response": response}
    (event,) = decode("openai", record)
    return event


def test_the_responses_interface_is_read() -> None:
    event = pair(
        {
            "model": "gpt-5",
            "instructions": "Be brief.",
            "input": [{"role": "user", "content": [{"type": "input_text", "text": "Why?"}]}],
            "max_output_tokens": 64,
            "top_logprobs": 3,
            "conversation": {"id": "conv_1"},
            "safety_identifier": "u7",
        },
        {
            "id": "resp_1",
            "object": "response",
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
            "output": [{"type": "message", "content": [{"type": "output_text", "text": "So."}]}],
            "usage": {"input_tokens": 9, "output_tokens": 64, "input_tokens_details": {"cached_tokens": 4}},
        },
    )
    assert (event.operation, event.prompt, event.response, event.turn) == ("chat", "Why?", "So.", 0)
    assert (event.max_tokens, event.finish_reason, event.conversation_id) == (64, "length", "conv_1")
    assert (event.input_tokens, event.output_tokens, event.cached_tokens) == (9, 64, 4)
    assert (event.logprobs, event.top_logprobs, event.principal) == (True, 3, "u7")


def test_the_messages_of_anthropic_are_read() -> None:
    event = pair(
        {
            "model": "claude",
            "system": "Be brief.",
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Why?"}]}],
            "max_tokens": 64,
            "metadata": {"user_id": "u7"},
        },
        {
            "type": "message",
            "content": [{"type": "text", "text": "So."}],
            "stop_reason": "max_tokens",
            "usage": {"input_tokens": 9, "output_tokens": 64, "cache_read_input_tokens": 4},
        },
    )
    assert (event.operation, event.prompt, event.response, event.principal) == ("chat", "Why?", "So.", "u7")
    assert (event.finish_reason, event.output_tokens, event.cached_tokens) == ("length", 64, 4)


def test_completions_are_read() -> None:
    event = pair(
        {"model": "davinci", "prompt": "Once", "logprobs": 5, "logit_bias": {"1": 100}, "temperature": 0},
        {"object": "text_completion", "choices": [{"text": " upon", "finish_reason": "stop"}]},
    )
    assert (event.operation, event.prompt, event.response, event.turn) == (
        "completion",
        "Once",
        " upon",
        None,
    )
    assert (event.logprobs, event.top_logprobs, event.logit_bias_size, event.temperature) == (True, 5, 1, 0.0)


def test_embeddings_are_read() -> None:
    event = pair(
        {"model": "text-embedding-3-small", "input": ["a", "b"]},
        {"object": "list", "data": [{"embedding": [0.1]}], "usage": {"prompt_tokens": 2, "total_tokens": 2}},
    )
    assert (event.operation, event.prompt, event.response, event.input_tokens) == (
        "embedding",
        "a\nb",
        None,
        2,
    )
    assert event.embedding is None


@pytest.mark.parametrize(
    ("kind", "prompt"),
    [
        ("chat.completion", "chat"),
        ("response", "responses"),
        ("text_completion", "completions"),
        ("other", "chat"),
    ],
)
def test_fields_of_another_interface_hide_nothing(kind: str, prompt: str) -> None:
    request = {
        "messages": [{"role": "user", "content": "chat"}],
        "input": "responses",
        "prompt": "completions",
    }
    assert pair(request, {"object": kind}).prompt == prompt


@pytest.mark.parametrize("kind", [None, [], {}, 5])
def test_a_response_of_an_odd_kind_keeps_no_request_from_being_read(kind: object) -> None:
    assert pair({"messages": records.MESSAGES}, {"object": kind}).prompt == records.PROMPT


def test_a_request_without_a_response_is_read() -> None:
    assert pair({"messages": records.MESSAGES}).prompt == records.PROMPT


@pytest.mark.parametrize("cap", [-1, "-1", None])
def test_a_cap_below_zero_is_none(cap: object) -> None:
    assert pair({"messages": records.MESSAGES, "max_tokens": cap}).max_tokens is None


def test_a_record_without_a_request_gives_nothing() -> None:
    assert decode("openai", {"id": "r1", "response": {}}) == []
