"""What stands on the topics that consumers read, from their beginnings to their ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import orjson

from streams.settings import Settings
from streams.topic_reader import TopicReader


def json_values(settings: Settings, topic: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects among the values of a topic; whatever else stands there is left out.

    Raises
    ------
    BrokerError
        No broker answers.
    TopicError
        The topic does not exist, or we may not read it.
    """
    with closing(TopicReader(settings.kafka, topic, from_beginning=True)) as reader:
        for record in reader.present():
            value = _decoded(record.value())
            if isinstance(value, dict):
                yield value


def _decoded(value: bytes | str | None) -> object:
    try:
        return orjson.loads(value or b"null")
    except orjson.JSONDecodeError:
        return None
