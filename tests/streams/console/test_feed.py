"""The thread that reads a topic for the console."""

from __future__ import annotations

import pytest
from confluent_kafka import Message

from models.errors import DistillwatchError
from streams.console import feed
from streams.settings_kafka import KafkaSettings


def test_what_nobody_foresaw_ends_the_console_and_not_the_reading_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    def take(_: Message) -> None:
        """Take nothing in."""

    monkeypatch.setattr(feed, "TopicReader", broken)
    told: list[DistillwatchError] = []
    reading = feed.Feed(KafkaSettings(), "alerts", back=None, begin=lambda: take, fail=told.append)
    reading.start()
    reading._thread.join()
    assert [str(error) for error in told] == ["reading alerts failed; the log above says why"]
    assert "RuntimeError" in capsys.readouterr().out
