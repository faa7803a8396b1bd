"""Which fields requests did not bring."""

from __future__ import annotations

from models.requests import table_of
from models.sketch import Origin, Sketch
from streams.missing_fields import CONTENT, missing_fields


def test_what_is_not_there_is_counted_by_the_name_of_its_field() -> None:
    bare = Sketch("a", "t", 1_772_668_800_000, Origin("x", 0, 0))
    full = Sketch(
        *("b", "t", 1_772_668_800_000, Origin("x", 0, 1)),
        operation=1,
        model=1,
        principal=1,
        conversation=1,
        network=1,
        account=1,
        signed_up=1_772_668_800_000,
        input_tokens=0,
        output_tokens=0,
        max_tokens=0,
        cached_tokens=0,
        turn=0,
        logit_bias_size=0,
        temperature=0.0,
        n=0,
        top_logprobs=0,
        logprobs=0,
        status=200,
        finish=1,
        embedding=bytes([1]) * 256,
    )
    assert missing_fields(table_of([full]).rows) == {}
    found = missing_fields(table_of([bare, full, bare]).rows)
    assert set(found.values()) == {2}
    assert {CONTENT, "temperature", "conversation_id", "finish_reason", "turn", "principal"} <= set(found)
