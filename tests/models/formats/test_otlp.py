"""OTLP: every spelling of the conventions, on spans and log records, as JSON and as Protobuf."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import orjson
import pytest

from models.errors import DecodeError, SettingsError
from models.event import RequestEvent
from models.formats.otlp import DETAILS, Signal, read_signal
from models.formats.otlp_proto import messages
from models.formats.registry import ADAPTERS, check_options
from tests.models.formats import records
from tests.models.formats.encoded import OPTIONS, decode, protobuf

if TYPE_CHECKING:
    from models.formats.plan import Plan

formats = pytest.mark.parametrize("name", ["otlp_json", "otlp_proto"])
TRACE = "5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174"
ABOUT = {"tenant.id": "acme", "gen_ai.request.model": "gpt-4o"}
MESSAGES = orjson.dumps(records.parts(records.MESSAGES)).decode()
ANSWERS = orjson.dumps(records.parts([{"role": "assistant", "content": records.ANSWER}])).decode()


def read(name: str, record: dict[str, Any]) -> list[RequestEvent]:
    """Decode what the collector exports."""
    return decode(name, protobuf(record) if name == "otlp_proto" else orjson.dumps(record))


def one(name: str, held: dict[str, Any], **more: Any) -> RequestEvent:
    """Decode a span with attributes."""
    (event,) = read(name, records.spans(records.span(ABOUT | held, **more)))
    return event


@formats
@pytest.mark.parametrize(
    "held",
    [
        {"gen_ai.input.messages": records.parts(records.MESSAGES)},
        {"gen_ai.input.messages": MESSAGES},
        {"gen_ai.prompt": orjson.dumps(records.MESSAGES).decode()},
        {
            f"gen_ai.prompt.{k}.{name}": held
            for k, each in enumerate(records.MESSAGES)
            for name, held in each.items()
        },
        {
            f"llm.input_messages.{k}.message.{name}": held
            for k, each in enumerate(records.MESSAGES)
            for name, held in each.items()
        },
        {
            "input.value": orjson.dumps({"messages": records.MESSAGES}).decode(),
            "input.mime_type": "application/json",
        },
    ],
    ids=["structured", "as JSON", "older", "OpenLLMetry", "OpenInference", "value"],
)
def test_the_prompt_is_found_in_every_spelling(name: str, held: dict[str, Any]) -> None:
    event = one(name, held)
    assert (event.prompt, event.turn) == (records.PROMPT, 1)


@formats
@pytest.mark.parametrize(
    "held",
    [
        {"gen_ai.output.messages": ANSWERS},
        {"gen_ai.completion": records.ANSWER},
        {"gen_ai.completion.0.content": records.ANSWER, "gen_ai.completion.0.role": "assistant"},
        {"llm.output_messages.0.message.content": records.ANSWER},
        {"llm.output_messages.0.message.contents.0.message_content.text": records.ANSWER},
        {"output.value": records.ANSWER},
    ],
)
def test_the_answer_is_found_in_every_spelling(name: str, held: dict[str, Any]) -> None:
    assert one(name, held).response == records.ANSWER


@formats
def test_messages_may_stand_in_the_events_of_a_span(name: str) -> None:
    events = [
        (f"gen_ai.{message['role']}.message", {"content": message["content"]}) for message in records.MESSAGES
    ]
    told = [{"name": event, "attributes": records.attributes(held)} for event, held in events]
    choice = {
        "gen_ai.event.content": orjson.dumps({"message": {"content": "42"}, "finish_reason": "stop"}).decode()
    }
    told.append({"name": "gen_ai.choice", "attributes": records.attributes(choice)})
    event = one(name, {}, events=told)
    assert (event.prompt, event.turn, event.response, event.finish_reason) == (
        records.PROMPT,
        1,
        "42",
        "stop",
    )


@formats
@pytest.mark.parametrize(
    ("event", "held"),
    [
        ("gen_ai.content.prompt", {"gen_ai.prompt": orjson.dumps(records.MESSAGES).decode()}),
        (DETAILS, {"gen_ai.input.messages": records.parts(records.MESSAGES)}),
    ],
)
def test_the_attributes_of_a_content_event_are_the_spans(name: str, event: str, held: dict[str, Any]) -> None:
    found = one(name, {}, events=[{"name": event, "attributes": records.attributes(held)}])
    assert (found.prompt, found.turn) == (records.PROMPT, 1)


class Counting(dict[str, Any]):
    """Attributes that count how many others are copied with them."""

    copied = 0

    def __or__(self, other: Any) -> Any:
        Counting.copied += len(other)
        return super().__or__(other)


def test_the_attributes_of_many_events_are_put_together_without_copying_them_each_time() -> None:
    events = [(DETAILS, Counting({f"a{k}": k})) for k in range(100)]
    events += [(DETAILS, Counting({"gen_ai.input.messages": text})) for text in (MESSAGES, "[]")]
    signal = Signal(ABOUT, {}, {}, "chat", TRACE, 0, "ok", events)
    found: list[dict[str, Any]] = []
    read_signal(signal, cast("Plan", SimpleNamespace(read=found.append)))
    assert Counting.copied == 0
    assert found[0]["attributes"].items() >= {**ABOUT, "a0": 0, "a99": 99}.items()
    assert found[0]["attributes"]["gen_ai.input.messages"] == orjson.loads(MESSAGES)
    assert signal.attributes == ABOUT


@formats
@pytest.mark.parametrize(
    ("field", "newest", "older"),
    [
        ("input_tokens", {"gen_ai.usage.input_tokens": 7}, {"gen_ai.usage.prompt_tokens": 9}),
        ("input_tokens", {"gen_ai.usage.prompt_tokens": 7}, {"llm.token_count.prompt": 9}),
        ("output_tokens", {"gen_ai.usage.output_tokens": 7}, {"gen_ai.usage.completion_tokens": 9}),
        ("output_tokens", {"gen_ai.usage.completion_tokens": 7}, {"llm.token_count.completion": 9}),
        (
            "cached_tokens",
            {"gen_ai.usage.cache_read.input_tokens": 7},
            {"gen_ai.usage.cache_read_input_tokens": 9},
        ),
        ("model", {"gen_ai.request.model": "7"}, {"gen_ai.response.model": "9"}),
        ("max_tokens", {"gen_ai.request.max_tokens": 7}, {"llm.invocation_parameters": '{"max_tokens":9}'}),
        ("finish_reason", {"gen_ai.response.finish_reasons": ["7"]}, {"gen_ai.response.finish_reason": "9"}),
        ("conversation_id", {"gen_ai.conversation.id": "7"}, {"session.id": "9"}),
        ("status", {"http.response.status_code": 7}, {"http.status_code": 9}),
    ],
)
def test_the_newest_name_counts_and_an_older_one_stands_in(
    name: str, field: str, newest: dict[str, Any], older: dict[str, Any]
) -> None:
    assert str(getattr(one(name, older | newest), field)) == "7"
    (event,) = read(name, records.spans(records.span({"llm.model_name": "m", "tenant.id": "acme"} | older)))
    assert str(getattr(event, field)) == "9"


@formats
def test_sampling_parameters_may_stand_in_one_text(name: str) -> None:
    parameters = records.PARAMETERS | {"model": "gpt-4o", "api_key": records.SECRET}
    event = one(name, {"llm.invocation_parameters": orjson.dumps(parameters).decode()})
    assert (event.logprobs, event.top_logprobs, event.logit_bias_size, event.n) == (True, 5, 2, 2)
    assert (event.temperature, event.max_tokens) == (0.5, 256)


@formats
def test_the_id_is_that_of_the_response_or_else_of_the_span(name: str) -> None:
    assert one(name, {"gen_ai.response.id": "chatcmpl-1"}).id == "chatcmpl-1"
    assert one(name, {}).id == TRACE


@formats
@pytest.mark.parametrize(("code", "status"), [(0, 200), (1, 200), (2, 500)])
def test_the_status_of_a_span_stands_in_for_that_of_the_answer(name: str, code: int, status: int) -> None:
    assert one(name, {}, status={"code": code}).status == status
    assert one(name, {"http.response.status_code": 429}, status={"code": code}).status == 429


@formats
def test_the_tenant_may_be_an_attribute_of_the_resource(name: str) -> None:
    span = records.span({"gen_ai.request.model": "m", "user.id": "u7"})
    (event,) = read(name, records.spans(span, resource={"tenant.id": "acme"}))
    assert (event.tenant, event.principal) == ("acme", "u7")
    (event,) = read(name, records.spans(span))
    assert event.tenant == "u7"


@formats
def test_a_record_holds_as_many_requests_as_it_has_spans(name: str) -> None:
    given = [records.span(ABOUT | {"gen_ai.response.id": f"r{k}"}) for k in range(3)]
    record = records.spans(*given, records.span({"http.request.method": "GET"}))
    record["resourceSpans"] *= 2
    assert [event.id for event in read(name, record)] == ["r0", "r1", "r2"] * 2


@formats
def test_what_is_wrong_with_one_span_does_not_touch_the_others(name: str) -> None:
    lost = records.span({"gen_ai.request.model": "m"})
    record = records.spans(records.span(ABOUT), lost, records.span(ABOUT))
    value = protobuf(record) if name == "otlp_proto" else orjson.dumps(record)
    kinds = [type(found) for found in ADAPTERS[name].decode(value, OPTIONS)]
    assert kinds == [RequestEvent, DecodeError, RequestEvent]


@formats
@pytest.mark.parametrize(
    "held",
    [
        {"http.request.method": "GET"},
        {"db.system": "postgresql", "tenant.id": "acme"},
        {**records.newest(), "gen_ai.operation.name": "invoke_agent"},
        {**records.newest(), "gen_ai.operation.name": "execute_tool"},
        {**records.newest(), "openinference.span.kind": "CHAIN"},
        {**records.newest(), "traceloop.span.kind": "workflow"},
    ],
)
def test_a_span_that_is_no_request_to_a_model_gives_nothing(name: str, held: dict[str, Any]) -> None:
    assert read(name, records.spans(records.span(held))) == []


@formats
@pytest.mark.parametrize(
    "log",
    [
        records.log(records.newest(), eventName=DETAILS),
        records.log({**records.newest(), "event.name": DETAILS}),
        records.log(records.newest()),
        records.log({"gen_ai.request.model": "m"}, eventName=DETAILS, body=records.value(records.newest())),
    ],
)
def test_a_log_record_may_tell_of_a_request(name: str, log: dict[str, Any]) -> None:
    (event,) = read(name, records.logs(log))
    assert (event.id, event.time, event.tenant) == ("chatcmpl-1", records.TIME, "acme")
    assert (event.prompt, event.turn, event.output_tokens) == (records.PROMPT, 1, 9)


@formats
def test_a_log_record_that_failed_says_so(name: str) -> None:
    failed = records.log(
        records.newest() | {"error.type": "timeout"}, timeUnixNano="0", observedTimeUnixNano="5000000"
    )
    failed["observedTimeUnixNano"] = str(records.TIME * 1_000_000)
    (event,) = read(name, records.logs(failed))
    assert (event.status, event.time) == (500, records.TIME)


@formats
def test_other_log_records_and_metrics_give_nothing(name: str) -> None:
    message = records.log(
        {"gen_ai.system": "openai"}, eventName="gen_ai.user.message", body=records.value("Why?")
    )
    plain = records.log({}, body=records.value("started" * 30))
    assert read(name, records.logs(message, plain)) == []
    assert read(name, records.metrics()) == []
    assert read(name, records.spans()) == []


def test_without_the_definitions_of_otlp_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.trace.v1.trace_pb2", None)
    messages.cache_clear()
    try:
        with pytest.raises(SettingsError, match=r"pip install 'distillwatch\[otlp\]'"):
            check_options("otlp_proto", OPTIONS)
        check_options("otlp_json", OPTIONS)
    finally:
        messages.cache_clear()


def test_an_empty_record_of_protobuf_gives_nothing() -> None:
    assert ADAPTERS["otlp_proto"].decode(b"", OPTIONS) == []


@pytest.mark.parametrize("value", [b"\x0a\xff", b'{"resourceSpans":[]}', b"\xff" * 20])
def test_what_is_no_protobuf_is_refused(value: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        ADAPTERS["otlp_proto"].decode(value, OPTIONS)
    assert caught.value.reason == "not_otlp"


@pytest.mark.parametrize(
    "record",
    [
        {"resourceSpans": {}},
        {"resourceSpans": [5]},
        {"resourceSpans": [{"scopeSpans": [{"spans": "none"}]}]},
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [None]}]}]},
    ],
)
def test_json_that_is_not_of_the_shape_of_otlp_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(DecodeError) as caught:
        ADAPTERS["otlp_json"].decode(orjson.dumps(record), OPTIONS)
    assert caught.value.reason == "not_otlp"


def test_numbers_of_64_bits_may_be_texts_or_numbers() -> None:
    span = records.span(ABOUT)
    span["attributes"] += [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": 7}}]
    span["attributes"] += [{"key": "gen_ai.usage.output_tokens", "value": {"intValue": "9"}}]
    span["startTimeUnixNano"] = records.TIME * 1_000_000
    (event,) = read("otlp_json", records.spans(span))
    assert (event.input_tokens, event.output_tokens, event.time) == (7, 9, records.TIME)


def test_the_older_name_of_a_scope_is_read() -> None:
    record = records.spans(records.span(ABOUT))
    group = record["resourceSpans"][0]
    group["instrumentationLibrarySpans"] = group.pop("scopeSpans")
    assert len(read("otlp_json", record)) == 1


def test_a_value_that_nests_without_end_is_left_out() -> None:
    value: dict[str, Any] = {"stringValue": "deep"}
    for _ in range(70):
        value = {"arrayValue": {"values": [value]}}
    span = records.span(ABOUT)
    span["attributes"].append({"key": "gen_ai.input.messages", "value": value})
    (event,) = read("otlp_json", records.spans(span))
    assert event.prompt is None


@formats
def test_what_a_client_writes_as_parts_of_a_message_hides_nothing(name: str) -> None:
    parts = [{"type": "thinking", "text": "the question"}, {"type": "text", "text": "Go on."}]
    text = orjson.dumps(parts).decode()
    assert one(name, {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": text}).prompt == text


@formats
def test_numbered_messages_stand_in_the_order_of_their_numbers(name: str) -> None:
    held = {f"gen_ai.prompt.{k}.content": str(k) for k in (10, 2, 1)} | {"gen_ai.prompt.x.content": "no"}
    assert one(name, held).prompt == "1\n2\n10"
