"""The callback that publishes LiteLLM's calls, against a stand-in of LiteLLM's base class and a broker."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from models.formats.litellm import LITELLM
from streams.embedded import PARTITIONS, EmbeddedBroker
from tests.models.formats import records
from tests.models.formats.encoded import decode
from tests.producers.stand_in import call, install, load, publish


@pytest.fixture
def litellm_kafka(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The file as LiteLLM would import it."""
    install(monkeypatch)
    return load()


class FakeProducer:
    """Keeps what it is given, or refuses it."""

    def __init__(self, *refusals: Exception) -> None:
        self.refusals = list(refusals)
        self.sent: list[dict[str, Any]] = []

    def produce(self, topic: str, **record: Any) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.sent.append({"topic": topic, **record})

    def poll(self, seconds: float) -> int:
        assert seconds == 0
        return 0

    def flush(self, seconds: float) -> int:
        assert seconds > 0
        return 1


def test_what_is_published_is_understood_as_the_payload_itself(litellm_kafka: ModuleType) -> None:
    producer = FakeProducer()
    publish(litellm_kafka.KafkaLogger(producer, "calls"), call())
    (sent,) = producer.sent
    assert (sent["topic"], sent["key"]) == ("calls", "acme")
    assert decode("litellm", sent["value"]) == decode("litellm", records.litellm())


def test_everything_that_the_format_reads_is_published(litellm_kafka: ModuleType) -> None:
    paths = [path for each in (LITELLM.tenant, *LITELLM.fields.values()) for path in each]
    payload: dict[str, Any] = {}
    for path in paths:
        put(payload, path.split("[")[0].split("."))
    record = litellm_kafka.published(payload)
    assert [path for path in paths if not there(record, path.split("[")[0].split("."))] == []


def put(tree: dict[str, Any], keys: list[str]) -> None:
    """Make a place in a tree, without overwriting what is deeper."""
    for key in keys[:-1]:
        tree = (
            tree.setdefault(key, {})
            if isinstance(tree.get(key, {}), dict)
            else tree.update({key: {}}) or tree[key]
        )
    tree.setdefault(keys[-1], "said")


def there(tree: Any, keys: list[str]) -> bool:
    """Say whether a tree has something in a place."""
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree is not None


def test_no_secret_is_published(litellm_kafka: ModuleType) -> None:
    producer = FakeProducer()
    publish(litellm_kafka.KafkaLogger(producer, "calls"), call())
    assert records.SECRET.encode() not in producer.sent[0]["value"]


@pytest.mark.parametrize(
    "event", ["log_success_event", "log_failure_event", "async_log_success_event", "async_log_failure_event"]
)
def test_every_way_in_which_litellm_tells_of_a_call_is_heard(litellm_kafka: ModuleType, event: str) -> None:
    producer = FakeProducer()
    logger = litellm_kafka.KafkaLogger(producer, "calls")
    told = getattr(logger, event)(call(), None, None, None)
    if asyncio.iscoroutine(told):
        asyncio.run(told)
    assert len(producer.sent) == 1


def test_what_finds_the_buffer_full_is_dropped_and_counted(litellm_kafka: ModuleType) -> None:
    producer = FakeProducer(BufferError("Local: Queue full"))
    logger = litellm_kafka.KafkaLogger(producer, "calls")
    publish(logger, call())
    publish(logger, call())
    assert (logger.dropped, len(producer.sent)) == (1, 1)


def test_a_record_that_is_too_large_is_sent_without_its_texts(litellm_kafka: ModuleType) -> None:
    producer = FakeProducer(KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)))
    logger = litellm_kafka.KafkaLogger(producer, "calls")
    publish(logger, call())
    (event,) = decode("litellm", producer.sent[0]["value"])
    assert (event.prompt, event.output_tokens, logger.dropped) == (None, 9, 0)


def test_a_record_that_is_refused_is_dropped_and_counted(litellm_kafka: ModuleType) -> None:
    refusal = KafkaException(KafkaError(KafkaError._UNKNOWN_TOPIC))
    logger = litellm_kafka.KafkaLogger(FakeProducer(refusal), "calls")
    publish(logger, call())
    assert logger.dropped == 1


@pytest.mark.parametrize("payload", [None, "text", [], 5])
def test_a_call_without_a_payload_is_passed_over(litellm_kafka: ModuleType, payload: object) -> None:
    producer = FakeProducer()
    publish(litellm_kafka.KafkaLogger(producer, "calls"), {"standard_logging_object": payload})
    publish(litellm_kafka.KafkaLogger(producer, "calls"), {})
    assert producer.sent == []


def test_a_payload_of_an_odd_shape_fails_no_call(litellm_kafka: ModuleType) -> None:
    producer = FakeProducer()
    logger = litellm_kafka.KafkaLogger(producer, "calls")
    publish(logger, call(metadata=None, model_parameters=[], response={object(): 1}))
    publish(logger, call(metadata={}, response=datetime.now(UTC)))
    assert (logger.dropped, len(producer.sent)) == (1, 1)
    assert producer.sent[0]["key"] is None


@pytest.mark.parametrize(
    "more",
    [
        {"messages": [{"role": "user", "content": "who \ud800"}]},
        {"messages": [{"role": "user", "content": "who ?"}], "model_parameters": {"temperature": math.nan}},
        {"messages": [{"role": "user", "content": "who \ud800"}], "prompt_tokens": math.inf},
    ],
)
def test_what_a_customer_writes_keeps_no_call_from_being_understood(
    litellm_kafka: ModuleType, more: dict[str, Any]
) -> None:
    producer = FakeProducer()
    publish(litellm_kafka.KafkaLogger(producer, "calls"), call(**more))
    (event,) = decode("litellm", producer.sent[0]["value"])
    assert (event.prompt, event.response) == ("who ?", records.ANSWER)


def test_a_dropped_record_is_logged_once_in_a_while_and_without_its_text(
    litellm_kafka: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    logger = litellm_kafka.KafkaLogger(FakeProducer(*[BufferError("full")] * 1500), "calls")
    for _ in range(1500):
        publish(logger, call())
    assert [record.getMessage() for record in caplog.records] == [
        "1 records dropped so far; the buffer is full",
        "1001 records dropped so far; the buffer is full",
    ]
    assert records.PROMPT not in caplog.text


def test_what_is_left_in_the_buffer_at_the_end_is_said(
    litellm_kafka: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    litellm_kafka.KafkaLogger(FakeProducer(), "calls").close()
    assert "1 records were still in the buffer" in caplog.text


def test_without_the_name_of_a_broker_there_is_no_instance(litellm_kafka: ModuleType) -> None:
    assert litellm_kafka.proxy_handler_instance is None


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """A broker inside this process."""
    with EmbeddedBroker() as embedded:
        embedded.create("calls")
        yield embedded


@pytest.mark.usefixtures("litellm_kafka")
def test_calls_reach_a_broker_keyed_by_tenant(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITELLM_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap_servers)
    monkeypatch.setenv("LITELLM_KAFKA_TOPIC", "calls")
    monkeypatch.setenv("LITELLM_KAFKA_CONFIG", json.dumps({"client.id": "litellm", "log_level": 0}))
    logger = load().proxy_handler_instance
    tenants = ["acme", "globex", "acme", "initech", "acme"]
    for number, tenant in enumerate(tenants):
        metadata = records.litellm()["metadata"] | {"user_api_key_team_id": tenant}
        publish(logger, call(metadata=metadata, id=f"r{number}"))
    logger.close()
    assert (logger.delivered, logger.dropped) == (5, 0)

    consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": "test"})
    consumer.assign([TopicPartition("calls", number, 0) for number in range(PARTITIONS)])
    messages = [consumer.poll(10) for _ in tenants]
    consumer.close()
    events = {message.key(): message.partition() for message in messages if message}
    assert set(events) == {b"acme", b"globex", b"initech"}
    assert {event.id for message in messages for event in decode("litellm", message.value())} == {
        f"r{number}" for number in range(5)
    }
    assert len({message.partition() for message in messages if message.key() == b"acme"}) == 1
