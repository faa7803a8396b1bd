"""Brings a message to every service, again and again where it must."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

import structlog

from models.errors import DistillwatchError
from streams.notify.message import Message
from streams.notify.metrics import NotifyMetrics
from streams.notify.sink import Sink, SinkError

log = structlog.get_logger(__name__)


class StoppedError(DistillwatchError):
    """We were told to stop while a message was under way: it is not committed, and sent at the next start."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A service that did not take a message in the end, and why."""

    kind: str
    detail: str


class Courier:
    """Delivers one message at a time.

    Parameters
    ----------
    delays
        Seconds before each retry, at most: each is drawn between half of it and all of it.
    pause
        Lets seconds pass; returns whether we were told to stop meanwhile.
    random
        Draws the delays, so that many of us do not come back at once.
    """

    def __init__(
        self,
        delays: Sequence[float],
        pause: Callable[[float], bool],
        metrics: NotifyMetrics,
        random: Random | None = None,
    ) -> None:
        self._delays = delays
        self._pause = pause
        self._metrics = metrics
        self._random = random or Random()
        self._away: set[int] = set()

    def deliver(self, message: Message, sinks: Iterable[Sink]) -> list[Failure]:
        """Deliver to all of these and return those that did not take it after the last retry.

        A service that did not take the message before is tried once only, so that one that is away for
        hours does not keep the others waiting each time.

        Raises
        ------
        StoppedError
            We were told to stop before it was delivered or given up.
        """
        waiting, failures = list(sinks), list[Failure]()
        for turn in range(len(self._delays) + 1):
            missed = [(sink, error) for sink in waiting if (error := self._try(sink, message)) is not None]
            last = turn == len(self._delays)
            final = [miss for miss in missed if last or not miss[1].again or id(miss[0]) in self._away]
            failures += [self._give_up(sink, error) for sink, error in final]
            waiting = [sink for sink, error in missed if (sink, error) not in final]
            if not waiting:
                break
            self._wait(turn, [error for sink, error in missed if sink in waiting])
        return failures

    def _try(self, sink: Sink, message: Message) -> SinkError | None:
        try:
            sink.send(message)
        except SinkError as error:
            self._metrics.missed(sink.kind)
            log.warning("a message was not taken", sink=sink.kind, episode=message.uid, error=str(error))
            return error
        self._away.discard(id(sink))
        self._metrics.sent(sink.kind)
        log.info("told", sink=sink.kind, news=message.news.value, episode=message.uid)
        return None

    def _wait(self, turn: int, errors: Sequence[SinkError]) -> None:
        asked = max(error.after for error in errors)
        if self._pause(max(asked, self._delays[turn] * self._random.uniform(0.5, 1.0))):
            raise StoppedError("stopped while a message was under way")

    def _give_up(self, sink: Sink, error: SinkError) -> Failure:
        if error.again:
            self._away.add(id(sink))
        self._metrics.failed(sink.kind)
        return Failure(sink.kind, str(error))
