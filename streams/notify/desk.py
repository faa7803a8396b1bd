"""Takes in findings, decides what is told to whom, and sees it delivered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog
from confluent_kafka import Message as Record

from models.errors import DecodeError
from models.finding import Severity
from streams.finding_view import FindingView, read_finding
from streams.notify.courier import Courier, Failure
from streams.notify.episodes import Episodes, News
from streams.notify.flood import Flood
from streams.notify.letters import NOT_DELIVERED
from streams.notify.message import Message, message_on, summary_of
from streams.notify.metrics import NotifyMetrics
from streams.notify.sink import Sink, System
from streams.settings_notify import NotifySettings

log = structlog.get_logger(__name__)


class Held(NamedTuple):
    """A message that waits for the next summary, and the record that it comes from."""

    message: Message
    record: Record


class Desk:
    """Goes through the findings in their order.

    Parameters
    ----------
    set_aside
        Writes a record to the dead-letter topic, with reason and detail.
    """

    def __init__(
        self,
        settings: NotifySettings,
        sinks: Sequence[Sink],
        courier: Courier,
        set_aside: Callable[[Record, str, str], None],
        metrics: NotifyMetrics,
    ) -> None:
        self._settings = settings
        self._people = [sink for sink in sinks if not isinstance(sink, System)]
        self._systems = [sink for sink in sinks if isinstance(sink, System)]
        self._courier = courier
        self._set_aside = set_aside
        self._metrics = metrics
        self._flood: Flood[Held] = Flood(settings.most_per_minute, settings.summary_seconds)
        self._episodes: dict[int, Episodes] = {}

    def take(self, record: Record, *, told: bool) -> bool:
        """Take in a record and deliver what it makes; return whether anything was sent.

        Parameters
        ----------
        told
            Whether it was dealt with before: it is remembered then, and nothing is sent.

        Raises
        ------
        StoppedError
            We were told to stop meanwhile; the record is to be taken again.
        """
        try:
            finding = read_finding(record.value())
        except DecodeError as error:
            if not told:
                self._refuse(record, error)
            return False
        news = self._episodes_of(record.partition() or 0).take(finding)
        if told:
            self._remember(finding, news)
            return False
        self._metrics.read(news.value if news else "none")
        return news is not None and self._tell(record, message_on(finding, news, self._settings.docs_url))

    def settle(self) -> bool:
        """Send the summary of what is held if it is time; return whether anything was sent.

        Raises
        ------
        StoppedError
            We were told to stop meanwhile.
        """
        if not self._flood.is_due:
            return False
        held = self._flood.held
        messages = [one.message for one in held]
        failures = self._courier.deliver(
            summary_of(messages) if len(messages) > 1 else messages[0], self._people
        )
        for one in held:
            self._give_up(one.record, failures)
        self._flood.clear()
        return True

    def own(self, partitions: Sequence[int]) -> None:
        """Begin anew with these partitions: what was known is read again."""
        for episodes in self._episodes.values():
            for sink in self._systems:
                sink.forget(episodes.open_uids())
        self._episodes = {number: self._new() for number in partitions}
        self._flood.clear()

    def repeat(self) -> None:
        """Let those services that ask for it hear again of what is open."""
        for sink in self._systems:
            sink.tick()

    @property
    def held(self) -> dict[int, int]:
        """The offset of the oldest record that waits for a summary, by partition."""
        oldest: dict[int, int] = {}
        for one in self._flood.held:
            oldest.setdefault(one.record.partition() or 0, one.record.offset() or 0)
        return oldest

    @property
    def holds(self) -> int:
        """How many messages wait for a summary."""
        return len(self._flood.held)

    @property
    def open_alerts(self) -> int:
        """How many alerts were told and have not closed."""
        return sum(len(episodes.open_uids()) for episodes in self._episodes.values())

    def _tell(self, record: Record, message: Message) -> bool:
        sinks: list[Sink] = [*self._systems]
        if self._people and self._concerns_people(message.news):
            if self._flood.passes():
                sinks += self._people
            else:
                self._flood.hold(Held(message, record))
        self._give_up(record, self._courier.deliver(message, sinks))
        return bool(sinks)

    def _concerns_people(self, news: News) -> bool:
        return news is News.OPENED or (news is News.RESOLVED and self._settings.resolved)

    def _remember(self, finding: FindingView, news: News | None) -> None:
        if news is not None:
            for sink in self._systems:
                sink.restore(message_on(finding, news, self._settings.docs_url))

    def _give_up(self, record: Record, failures: Sequence[Failure]) -> None:
        for failure in failures:
            log.error("an alert was not told: see the dead letters", sink=failure.kind, error=failure.detail)
            self._set_aside(record, NOT_DELIVERED, f"{failure.kind}: {failure.detail}")

    def _refuse(self, record: Record, error: DecodeError) -> None:
        log.warning("a record is no finding", partition=record.partition(), offset=record.offset())
        self._metrics.refused()
        self._set_aside(record, error.reason, error.detail)

    def _episodes_of(self, partition: int) -> Episodes:
        return self._episodes.setdefault(partition, self._new())

    def _new(self) -> Episodes:
        return Episodes(Severity[self._settings.least_severity.upper()])
