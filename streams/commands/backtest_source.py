"""Where a backtest reads: files, or a part of the source topic."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from models.errors import SettingsError
from streams.commands.progress import track, track_records
from streams.event_files import STDIN, Line

if TYPE_CHECKING:
    from streams.backtest_work import Work
    from streams.settings import Settings

Opened = tuple[object, AbstractContextManager[Iterator[Line]]]
"""What describes the input, and the lines while they are tracked."""


@dataclass(frozen=True, slots=True)
class Source:
    """What was given on the command line."""

    files: list[str]
    from_topic: bool
    since: str | None
    until: str | None
    resume: bool

    def check(self) -> None:
        """Refuse options that do not go together."""
        if self.from_topic == bool(self.files):
            raise typer.BadParameter("give files, or --from-topic with --since")
        if self.from_topic and self.since is None and not self.resume:
            raise typer.BadParameter("--from-topic needs --since")
        if not self.from_topic and (self.since is not None or self.until is not None):
            raise typer.BadParameter("--since and --until need --from-topic")
        if self.resume and STDIN in self.files:
            raise typer.BadParameter("--resume cannot read stdin again: give a file")

    def open(self, settings: Settings, work: Work | None) -> Opened:
        """Return what is read; the offsets of a topic are those of the run that goes on.

        Raises
        ------
        DistillwatchError
            A file does not exist, a time is none, or the topic cannot be read.
        """
        if self.from_topic:
            return self._topic(settings, work)
        from streams.backtest_work import same_files  # noqa: PLC0415 - loads the settings

        known = [name for name in self.files if name != STDIN and Path(name).exists()]
        return same_files(known), track(self.files, settings.source)

    def _topic(self, settings: Settings, work: Work | None) -> Opened:
        from streams.topic_range import Part, TopicRange, find_parts  # noqa: PLC0415 - loads librdkafka

        topic = settings.source.topic
        if work is not None and work.plan:
            parts = [Part(**part) for part in work.plan["input"]["parts"]]
        else:
            parts = find_parts(settings.kafka, topic, *self._times())
        found = TopicRange(settings.kafka, topic, parts, settings.source.max_record_bytes)
        total = sum(max(0, part.end - part.begin) for part in parts)
        described = {"topic": topic, "parts": [asdict(part) for part in parts]}
        return described, track_records(found.lines(), total)

    def _times(self) -> tuple[int, int]:
        from streams.topic_range import parse_time  # noqa: PLC0415 - loads librdkafka

        now = int(time.time() * 1000)
        begin = parse_time(self.since or "", now)
        end = now if self.until is None else parse_time(self.until, now)
        if begin >= end:
            raise SettingsError(f"--since {self.since} is not before --until {self.until or 'now'}")
        return begin, end
