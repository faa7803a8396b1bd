"""Publishes every call of a LiteLLM proxy to Kafka, in the format `litellm` of distillwatch.

LiteLLM has no Kafka sink of its own. Put this file beside the configuration of the proxy, install
`confluent-kafka`, name it there

    litellm_settings:
      callbacks: litellm_kafka.proxy_handler_instance

and set `LITELLM_KAFKA_BOOTSTRAP_SERVERS`, and if you like `LITELLM_KAFKA_TOPIC` (`llm-requests`) and
`LITELLM_KAFKA_CONFIG`, further settings of librdkafka as JSON, such as
`{"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", ...}`.

A call never waits for Kafka: records wait in a bounded buffer, and what finds it full is dropped and counted.
Records are keyed by tenant (the team, the organisation or the hash of the key), so that
`source.keyed_by_tenant` may be set. Of the payload only what distillwatch reads is published: no headers, no
e-mail addresses, no names of keys, no tracebacks.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
from collections.abc import Mapping
from typing import Any, Protocol

from confluent_kafka import KafkaException, Producer
from litellm.integrations.custom_logger import CustomLogger

FIELDS = ("id", "call_id", "call_type", "status", "startTime", "model", "model_group", "prompt_tokens")
FIELDS += ("completion_tokens", "end_user", "requester_ip_address", "user_agent", "messages", "response")
METADATA = ("user_api_key_team_id", "user_api_key_org_id", "user_api_key_hash")
METADATA += ("user_api_key_end_user_id", "requester_ip_address", "user_agent")
PARAMETERS = ("max_completion_tokens", "max_output_tokens", "max_tokens", "temperature", "n", "logprobs")
PARAMETERS += ("top_logprobs", "logit_bias", "previous_response_id")
TENANT = METADATA[:3]
TEXTS = {"messages": None, "response": None}
NESTED = {
    "requester_metadata": ("conversation_id", "session_id"),
    "spend_logs_metadata": ("session_id",),
    "usage_object": ("prompt_tokens_details", "cache_read_input_tokens"),
}

LOG_EVERY = 1000
FLUSH_SECONDS = 10.0
BUFFER = {
    "queue.buffering.max.messages": 50_000,
    "queue.buffering.max.kbytes": 65_536,
    "linger.ms": 50,
    "compression.type": "zstd",
    "enable.idempotence": True,
    "partitioner": "murmur2_random",
}

log = logging.getLogger("litellm_kafka")


class Sends(Protocol):
    """What is used of a producer."""

    def produce(self, topic: str, **record: Any) -> None:
        """Put a record into the buffer, or raise `BufferError` if it is full."""

    def poll(self, seconds: float) -> int:
        """Tell of records that were delivered or lost meanwhile."""

    def flush(self, seconds: float) -> int:
        """Wait for what is in the buffer."""


class KafkaLogger(CustomLogger):
    """A LiteLLM callback that publishes what was called.

    Parameters
    ----------
    producer
        Its buffer must be bounded.
    topic
        Where to publish.

    Attributes
    ----------
    delivered, dropped
        Records so far.
    """

    def __init__(self, producer: Sends, topic: str) -> None:
        super().__init__()
        self._producer = producer
        self._topic = topic
        self.delivered = 0
        self.dropped = 0

    def log_success_event(self, kwargs: dict[str, Any], *_about: object) -> None:
        """Publish a call that LiteLLM made without asyncio."""
        self._publish(kwargs)

    def log_failure_event(self, kwargs: dict[str, Any], *_about: object) -> None:
        """Publish a call that failed."""
        self._publish(kwargs)

    async def async_log_success_event(self, kwargs: dict[str, Any], *_about: object) -> None:
        """Publish a call; nothing here waits."""
        self._publish(kwargs)

    async def async_log_failure_event(self, kwargs: dict[str, Any], *_about: object) -> None:
        """Publish a call that failed."""
        self._publish(kwargs)

    def close(self) -> None:
        """Give what is in the buffer some seconds to be delivered."""
        left = self._producer.flush(FLUSH_SECONDS)
        if left:
            log.warning("%d records were still in the buffer at the end", left)

    def _publish(self, kwargs: Mapping[str, Any]) -> None:
        payload = kwargs.get("standard_logging_object")
        if not isinstance(payload, Mapping):
            return
        try:
            record = published(payload)
            if not self._send(record):
                self._send(record | TEXTS)  # too large with its texts
        except Exception as error:  # noqa: BLE001 - a callback must not fail the call that it tells of
            self._drop("a payload could not be published: %s", type(error).__name__)

    def _send(self, record: dict[str, Any]) -> bool:
        """Put a record into the buffer; return whether it has a size that can be sent."""
        value = written(record)
        key = next((str(tenant) for name in TENANT if (tenant := record["metadata"].get(name))), None)
        try:
            self._producer.produce(self._topic, key=key, value=value, on_delivery=self._told)
        except BufferError:
            self._drop("the buffer is full")
        except KafkaException as error:
            if error.args[0].name() == "MSG_SIZE_TOO_LARGE" and record["messages"] is not None:
                return False
            self._drop("the record was refused: %s", error.args[0].name())
        self._producer.poll(0)
        return True

    def _told(self, error: object, _message: object) -> None:
        if error is None:
            self.delivered += 1
        else:
            self._drop("a record was not delivered: %s", error)

    def _drop(self, why: str, *about: object) -> None:
        self.dropped += 1
        if self.dropped % LOG_EVERY == 1:
            log.warning("%d records dropped so far; " + why, self.dropped, *about)  # noqa: G003


def published(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is published of a `StandardLoggingPayload`."""
    metadata, error = _object(payload, "metadata"), _object(payload, "error_information")
    nested = {name: _only(_object(metadata, name), names) for name, names in NESTED.items()}
    return {
        **dict.fromkeys(FIELDS),
        **_only(payload, FIELDS),
        "metadata": _only(metadata, METADATA) | nested,
        "model_parameters": _only(_object(payload, "model_parameters"), PARAMETERS),
        "error_information": _only(error, ("error_code",)),
    }


def written(record: Mapping[str, Any]) -> bytes:
    """Return a record as JSON that every reader takes, whatever a customer wrote into it.

    Half a pair of surrogates becomes a question mark, and what is no number becomes nothing.
    """
    try:
        text = json.dumps(record, default=str, ensure_ascii=False, allow_nan=False)
    except ValueError:
        cleaned = json.loads(json.dumps(record, default=str), parse_constant=lambda _: None)
        text = json.dumps(cleaned, ensure_ascii=False)
    return text.encode(errors="replace")


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    held = holder.get(name)
    return held if isinstance(held, Mapping) else {}


def _only(holder: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: holder[name] for name in names if holder.get(name) is not None}


def from_environment(environment: Mapping[str, str] = os.environ) -> KafkaLogger:
    """Return a callback for the broker that the environment names."""
    servers = {"bootstrap.servers": environment["LITELLM_KAFKA_BOOTSTRAP_SERVERS"]}
    more = json.loads(environment.get("LITELLM_KAFKA_CONFIG", "{}"))
    logger = KafkaLogger(
        Producer(BUFFER | servers | more), environment.get("LITELLM_KAFKA_TOPIC", "llm-requests")
    )
    atexit.register(logger.close)
    return logger


proxy_handler_instance = from_environment() if "LITELLM_KAFKA_BOOTSTRAP_SERVERS" in os.environ else None
