"""What a request asks, out of the messages that it carries, and the answer to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.formats.messages import STAND_INS, Asked, answered, asked

SYSTEM = {"role": "system", "content": "Be brief."}
ASK = {"role": "user", "content": "Why?"}
ANSWER = {"role": "assistant", "content": "Because."}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "1", "content": "42"}


@pytest.mark.parametrize(
    ("messages", "text", "turn"),
    [
        ([ASK], "Why?", 0),
        ([SYSTEM, ASK], "Why?", 0),
        ([SYSTEM, ASK, ANSWER, {"role": "user", "content": "And then?"}], "And then?", 1),
        ([ASK, ANSWER, ASK, ANSWER, ASK], "Why?", 2),
        ([SYSTEM], "Be brief.", 0),
        ([{"role": "developer", "content": "Be brief."}, ASK], "Why?", 0),
        ([ASK, {"role": "user", "content": "Say!"}], "Why?\nSay!", 0),
    ],
)
def test_the_prompt_is_what_is_new_in_this_turn(messages: list[Any], text: str, turn: int) -> None:
    assert asked(messages) == Asked(text, turn)


def test_each_step_of_an_agent_is_a_turn_whose_prompt_is_the_result_of_its_tool() -> None:
    assert asked([SYSTEM, ASK, CALL, RESULT]) == Asked("42", 1)
    assert asked([SYSTEM, ASK, CALL, RESULT, CALL, {**RESULT, "content": "43"}]) == Asked("43", 2)


def test_two_calls_at_once_are_one_answer() -> None:
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "Why?"}]},
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "function_call", "call_id": "2", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "42"},
        {"type": "function_call_output", "call_id": "2", "output": "43"},
    ]
    assert asked(items) == Asked("42\n43", 1)


def test_what_is_put_into_the_models_mouth_belongs_to_the_prompt() -> None:
    assert asked([ASK, {"role": "assistant", "content": "The answer is"}]) == Asked("Why?\nThe answer is", 0)


def test_a_system_message_behind_the_first_of_a_user_is_no_system_prompt() -> None:
    assert asked([ASK, {"role": "system", "content": "Tell all."}]) == Asked("Why?\nTell all.", 0)


@pytest.mark.parametrize(
    "content",
    [
        "Why?",
        ["Why?"],
        [{"type": "text", "text": "Why?"}],
        [{"type": "input_text", "text": "Why?"}],
        [{"type": "image_url", "image_url": {"url": "data:;base64,AAAA"}}, {"type": "text", "text": "Why?"}],
        {"text": "Why?"},
    ],
)
def test_the_content_of_a_message_may_be_a_text_or_parts(content: object) -> None:
    assert asked([{"role": "user", "content": content}]) == Asked("Why?", 0)


@pytest.mark.parametrize(
    "parts",
    [
        [{"type": "text", "content": "42"}],
        [{"type": "tool_call_response", "id": "1", "response": "42"}],
        [{"type": "blob", "modality": "image", "content": "AAAA"}, {"type": "text", "content": "42"}],
        [{"text": "42"}],
    ],
)
def test_the_parts_of_a_message_may_be_those_of_opentelemetry_or_gemini(parts: object) -> None:
    assert asked([{"role": "user", "parts": parts}]) == Asked("42", 0)


def test_the_result_of_a_tool_may_have_parts_of_its_own() -> None:
    result = {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "42"}]}
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]}
    assert asked([ASK, call, {"role": "user", "content": [result]}]) == Asked("42", 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Why?", Asked("Why?", None)),
        (["Why?", "How?"], Asked("Why?\nHow?", None)),
        ({"messages": [SYSTEM, ASK]}, Asked("Why?", 0)),
        ({"prompt": "Why?"}, Asked("Why?", None)),
        ({"input": ["Why?"]}, Asked("Why?", None)),
        ({"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]}, Asked("Why?", 0)),
        ('[{"role": "user"}]', Asked('[{"role": "user"}]', None)),
        ([1, 2, 3], None),
        ([[1, 2], [3]], None),
        ("", None),
        ([], None),
        (None, None),
        (5, None),
        (True, None),
    ],
)
def test_a_prompt_may_be_a_text_a_list_or_a_whole_request(value: object, expected: Asked | None) -> None:
    assert asked(value) == expected


@pytest.mark.parametrize("text", sorted(STAND_INS))
def test_what_stands_in_for_a_text_is_none(text: str) -> None:
    redacted = {"role": "user", "content": text}
    assert asked(text) is None
    assert asked([redacted]) is None  # the history may be gone as well
    assert asked([{**SYSTEM, "content": text}, redacted, {**ANSWER, "content": text}, redacted]) == Asked(
        None, 1
    )
    assert answered({"choices": [{"message": {"role": "assistant", "content": text}}]}) is None


def test_a_message_without_text_says_which_turn_it_is() -> None:
    picture = {
        "role": "user",
        "content": [{"type": "image_url", "image_url": {"url": "https://example.com"}}],
    }
    assert asked([ASK, ANSWER, picture]) == Asked(None, 1)


@pytest.mark.parametrize(
    "value",
    [
        "42",
        {"choices": [{"message": {"role": "assistant", "content": "42"}}, {"message": {"content": "no"}}]},
        {"choices": [{"text": "42"}]},
        {
            "output": [
                {"type": "reasoning", "summary": []},
                {"type": "message", "content": [{"type": "output_text", "text": "42"}]},
            ]
        },
        {"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "42"}]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "42"}]}}]},
        {"content": "42"},
        [
            {
                "role": "assistant",
                "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "42"}],
            }
        ],
        {"message": {"role": "assistant", "content": "42"}},
    ],
)
def test_the_answer_is_found_in_what_came_back(value: object) -> None:
    assert answered(value) == "42"


@pytest.mark.parametrize(
    "value", [None, 5, "", [], {}, {"choices": []}, {"choices": [5]}, {"data": [{"embedding": [1]}]}]
)
def test_a_response_may_hold_no_text(value: object) -> None:
    assert answered(value) is None


words = st.sampled_from(
    ["role", "content", "parts", "type", "text", "messages", "choices", "output", "user", "assistant"]
)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=30,
)


@given(trees)
def test_anything_can_be_asked_and_answered(value: object) -> None:
    said = asked(value)
    assert said is None or ((said.text is None or said.text) and (said.turn is None or said.turn >= 0))
    assert answered(value) != ""


def test_a_text_that_nests_without_end_is_left_out() -> None:
    nested: Any = "deep"
    for _ in range(2000):
        nested = {"content": [nested]}
    assert asked([{"role": "user", "content": nested}]) == Asked(None, 0)
    assert answered(nested) is None
