"""The native input format: what is understood, and what is refused with which reason."""

from __future__ import annotations

from dataclasses import fields as fields_of

import orjson
import pytest

from models.errors import DecodeError
from models.event import RequestEvent
from models.native import EARLIEST_MS, LATEST_MS, InputLimits, decode_native

TIME = 1_772_582_400_000
LIMITS = InputLimits(max_text_chars=100, embedding_size=4)
FIELDS = [field.name for field in fields_of(RequestEvent)]
COUNTS = ["input_tokens", "output_tokens", "max_tokens", "n", "top_logprobs", "logit_bias_size", "status"]
COUNTS += ["turn", "cached_tokens"]
TEXTS = ["principal", "operation", "model", "prompt", "response", "finish_reason", "conversation_id"]
TEXTS += ["client_ip", "user_agent", "fingerprint"]
LABELS = ["asn", "topic", "template_hash", "slot_hash", "organization", "payment"]


def record(**fields: object) -> bytes:
    """A record with the required fields and these."""
    return orjson.dumps({"id": "r1", "time": TIME, "tenant": "acme"} | fields)


def raw(field: str, value: bytes) -> bytes:
    """A record with a field whose value is written as it is."""
    return record()[:-1] + b',"' + field.encode() + b'":' + value + b"}"


def event(value: bytes | None, limits: InputLimits = LIMITS) -> RequestEvent:
    """Decode what must be an event."""
    decoded = decode_native(value, limits)
    assert decoded is not None
    return decoded


def refusal(value: bytes, limits: InputLimits = LIMITS) -> DecodeError:
    """Decode what must be refused."""
    with pytest.raises(DecodeError) as caught:
        decode_native(value, limits)
    return caught.value


@pytest.mark.parametrize("value", [None, b""])
def test_a_tombstone_and_an_empty_value_say_nothing(value: object) -> None:
    assert decode_native(value) is None


def test_the_required_fields_alone_make_an_event() -> None:
    assert event(record()) == RequestEvent(id="r1", time=TIME, tenant="acme")


def test_unknown_fields_are_ignored() -> None:
    assert event(record(galaxy={"deep": [1, None, {"er": 2.5}]}, Prompt="no")) == event(record())


@pytest.mark.parametrize("name", sorted(set(FIELDS) - {"id", "time", "tenant"}))
def test_null_counts_as_absent(name: str) -> None:
    assert event(record(**{name: None})) == event(record())


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_of_an_event_can_be_given(name: str) -> None:
    values = dict.fromkeys(COUNTS, 3) | dict.fromkeys(TEXTS, "text") | dict.fromkeys(LABELS, "label")
    values |= {"id": "r2", "tenant": "other", "time": TIME + 1, "temperature": 0.5, "logprobs": True}
    values |= {"signed_up": TIME - 1}
    values |= {"flags": ["canary"], "embedding": [1.0, 0.0, 0.0, -2.5]}
    found = getattr(event(record(**{name: values[name]})), name)
    assert found == (tuple(values[name]) if isinstance(values[name], list) else values[name])


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "nonsense",
        "{'id': 1}",
        '{"id": "a",}',
        " ",
        "\0",
        '{"id":"a"}{"id":"b"}',
        "\n",
        '{"n": 01}',
        "undefined",
    ],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    assert refusal(text.encode()).reason == "not_json"


@pytest.mark.parametrize("text", ["null", "[]", "1", '"text"', "true", '[{"id":"a"}]'])
def test_json_that_is_not_an_object_is_refused(text: str) -> None:
    assert refusal(text.encode()).reason == "not_an_object"


@pytest.mark.parametrize("name", ["id", "time", "tenant"])
def test_a_required_field_must_be_there_and_not_null(name: str) -> None:
    fields = orjson.loads(record())
    null = refusal(record(**{name: None}))
    del fields[name]
    absent = refusal(orjson.dumps(fields))
    assert absent.reason == null.reason == "missing_field"
    assert f"'{name}'" in absent.detail


@pytest.mark.parametrize("name", ["id", "tenant"])
def test_a_name_must_not_be_empty(name: str) -> None:
    assert refusal(record(**{name: ""})).reason == "missing_field"


@pytest.mark.parametrize("name", ["id", "tenant"])
def test_a_name_has_at_most_256_bytes(name: str) -> None:
    assert getattr(event(record(**{name: "ä" * 128})), name) == "ä" * 128
    assert refusal(record(**{name: "ä" * 128 + "a"})).reason == f"{name}_too_long"


@pytest.mark.parametrize("name", ["id", "tenant", *TEXTS])
@pytest.mark.parametrize("value", [5, 1.5, True, [], ["a"], {}, {"text": "a"}])
def test_a_text_must_be_a_string(name: str, value: object) -> None:
    error = refusal(record(**{name: value}))
    assert error.reason == "wrong_type"
    assert f"'{name}'" in error.detail


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", [True, False, "3", 2.5, -1, -0.5, 2**31, 10**18, [], {}])
def test_a_count_must_be_a_whole_number_of_31_bits(name: str, value: object) -> None:
    assert refusal(record(**{name: value})).reason == "wrong_type"


@pytest.mark.parametrize("name", COUNTS)
def test_an_integer_of_any_length_is_refused_and_does_not_crash(name: str) -> None:
    assert refusal(raw(name, b"9" * 30)).reason == "wrong_type"
    assert refusal(raw(name, b"9" * 400)).reason in {"wrong_type", "not_finite", "not_json"}


@pytest.mark.parametrize("name", COUNTS)
def test_a_whole_number_may_be_written_as_a_float(name: str) -> None:
    count = getattr(event(record(**{name: 3.0})), name)
    assert count == 3
    assert isinstance(count, int)


@pytest.mark.parametrize("value", [True, "0.5", [], {}, [0.5]])
def test_a_temperature_must_be_a_number(value: object) -> None:
    assert refusal(record(temperature=value)).reason == "wrong_type"


@pytest.mark.parametrize("value", [0, 1, "true", [], {}, 0.0])
def test_a_switch_must_be_true_or_false(value: object) -> None:
    assert refusal(record(logprobs=value)).reason == "wrong_type"


@pytest.mark.parametrize("name", LABELS)
def test_a_label_may_be_written_as_a_whole_number(name: str) -> None:
    assert getattr(event(record(**{name: 64512})), name) == "64512"
    for value in (True, 1.5, [], {}):
        assert refusal(record(**{name: value})).reason == "wrong_type"


@pytest.mark.parametrize("value", ["canary", [1], [None], [["canary"]], {"canary": True}, True])
def test_flags_must_be_a_list_of_strings(value: object) -> None:
    assert refusal(record(flags=value)).reason == "wrong_type"


@pytest.mark.parametrize(
    "value", ["1,2,3,4", {"0": 1}, 5, True, [1, 2, 3, "4"], [1, 2, 3, None], [True] * 4, [[1]] * 4]
)
def test_an_embedding_must_be_a_list_of_numbers(value: object) -> None:
    assert refusal(record(embedding=value)).reason == "wrong_type"


@pytest.mark.parametrize("value", [[], [1.0], [1.0] * 3, [1.0] * 5, [0.0] * 768])
def test_an_embedding_of_another_size_is_refused_and_the_sizes_are_said(value: object) -> None:
    error = refusal(record(embedding=value))
    assert error.reason == "wrong_embedding_size"
    assert f"has {len(value)} " in error.detail
    assert "needs 4" in error.detail


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_is_not_finite_is_refused_in_every_field(name: str, number: str) -> None:
    known = {field: value for field, value in orjson.loads(record()).items() if field != name}
    fields = orjson.dumps(known)[:-1]
    assert refusal(fields + f',"{name}":{number}}}'.encode()).reason in {"not_json", "not_finite"}
    assert refusal(fields + f',"{name}":[{number}]}}'.encode()).reason in {"not_json", "not_finite"}


@pytest.mark.parametrize("name", ["prompt", "response"])
def test_a_text_of_5_mb_is_refused(name: str) -> None:
    assert refusal(record(**{name: "x" * 5_000_000}), InputLimits()).reason == f"{name}_too_large"


@pytest.mark.parametrize("name", ["prompt", "response"])
def test_the_limit_of_a_text_counts_characters_and_is_named(name: str) -> None:
    assert getattr(event(record(**{name: "ß" * 100})), name) == "ß" * 100
    error = refusal(record(**{name: "ß" * 101}))
    assert error.reason == f"{name}_too_large"
    assert "100 characters" in error.detail


@pytest.mark.parametrize(
    "value", [b'"\\ud800"', b'"\\udfff x"', b'"\\udc00\\ud800"', b'"\xed\xa0\x80"', b'"\xff"', b'"\xc3"']
)
def test_lone_surrogates_and_broken_utf8_are_refused(value: object) -> None:
    assert refusal(raw("prompt", value)).reason == "bad_text"
    assert refusal(raw("unknown", value)).reason == "bad_text"


def test_a_surrogate_pair_is_a_character() -> None:
    assert event(raw("prompt", b'"\\ud83d\\ude00"')).prompt == "😀"


@pytest.mark.parametrize(
    "value", [b"[" * 2000 + b"]" * 2000, b"[" * 100_000, b'{"a":' * 2000 + b"1" + b"}" * 2000]
)
def test_deep_nesting_is_refused(value: object) -> None:
    assert refusal(raw("unknown", value)).reason == "nested_too_deep"
    assert refusal(raw("prompt", value)).reason == "nested_too_deep"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (TIME, TIME),
        (TIME + 0.4, TIME),
        (TIME // 1000, TIME),
        (TIME / 1000 + 0.25, TIME + 250),
        ("2026-03-04T00:00:00Z", TIME),
        ("2026-03-04T00:00:00.123Z", TIME + 123),
        ("2026-03-04T00:00:00+00:00", TIME),
        ("2026-03-04T01:30:00+01:30", TIME),
        ("2026-03-03T19:00:00-05:00", TIME),
        (EARLIEST_MS, EARLIEST_MS),
        (EARLIEST_MS // 1000, EARLIEST_MS),
        (LATEST_MS - 1, LATEST_MS - 1),
    ],
)
def test_a_time_is_unix_milliseconds_seconds_or_rfc_3339(value: object, expected: int) -> None:
    assert event(record(time=value)).time == expected


@pytest.mark.parametrize(
    "value",
    [
        True,
        [],
        {},
        "",
        "yesterday",
        "1772582400",
        "2026-03-04",
        "2026-03-04T00:00:00",
        "2026-13-04T00:00:00Z",
    ],
)
def test_any_other_time_has_a_wrong_type(value: object) -> None:
    assert refusal(record(time=value)).reason == "wrong_type"


@pytest.mark.parametrize("value", [1_772_582_400_500, 1_772_582_400.5, "2026-03-04T01:00:00.500+01:00"])
def test_the_time_of_signing_up_is_written_as_any_other(value: object) -> None:
    assert event(record(signed_up=value)).signed_up == 1_772_582_400_500


@pytest.mark.parametrize(
    ("value", "reason"), [("2026-03-04", "wrong_type"), (True, "wrong_type"), (0, "time_out_of_range")]
)
def test_a_time_of_signing_up_that_cannot_be_is_refused(value: object, reason: str) -> None:
    with pytest.raises(DecodeError, match="'signed_up' must") as caught:
        event(record(signed_up=value))
    assert caught.value.reason == reason


def test_a_time_without_offset_says_that_the_offset_is_missing() -> None:
    assert "offset" in refusal(record(time="2026-03-04T00:00:00")).detail


@pytest.mark.parametrize(
    "value",
    [
        *(253_402_214_400_000, 253_402_214_400, "9999-12-31T00:00:00Z", "9999-12-31T23:59:59.999999-23:59"),
        *("0001-01-01T00:00:00+23:59", 0, -1, -TIME, 1e300, -1e300, EARLIEST_MS - 1, LATEST_MS),
    ],
)
def test_a_time_far_from_today_is_refused(value: object) -> None:
    assert refusal(record(time=value)).reason == "time_out_of_range"
