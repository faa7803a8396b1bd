"""All that the console knows, read by threads and shown by another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog
from confluent_kafka import Message

from models.control.control import Control
from models.errors import DecodeError
from streams.console.episode import Episode
from streams.console.episodes import Episodes
from streams.console.score_point import Point, read_score
from streams.console.scores import Scores
from streams.console.statement import read_statement
from streams.control_reading import ControlReading, Refusal

log = structlog.get_logger(__name__)


class Knowledge:
    """Takes in records of the three topics; one that is none of ours is counted and changes nothing.

    Parameters
    ----------
    days
        See `Episodes`.
    max_tenants
        See `Scores`.
    """

    def __init__(self, days: float, max_tenants: int) -> None:
        self._lock = threading.Lock()
        self._episodes = Episodes(days)
        self._scores = Scores(max_tenants)
        self._reading = ControlReading(_ignore)
        self._control: Control | None = Control()
        self._changed = 0
        self._refused = 0

    def alerts(self) -> Callable[[Message], None]:
        """Return what takes in the alert topic; it may be read again from its beginning."""
        return self.take_alert

    def scores(self) -> Callable[[Message], None]:
        """Return what takes in the scores topic; it may be read again from its beginning."""
        return self.take_score

    def changes(self) -> Callable[[Message], None]:
        """Return what takes in the control topic from its beginning."""
        with self._lock:
            self._reading, self._control = ControlReading(_ignore), None
        return self.take_change

    def take_change(self, message: Message) -> None:
        """Take in a record of the control topic; the worker says why it refuses one."""
        with self._lock:
            self._reading.take(message.offset() or 0, message.key(), message.value())
            self._control = None
            self._changed += 1

    def take_alert(self, message: Message) -> None:
        """Take in a record of the alert topic."""
        try:
            statement = read_statement(message.value())
        except DecodeError:
            self._refuse(message)
            return
        with self._lock:
            self._episodes.take(statement)
            self._changed += 1

    def take_score(self, message: Message) -> None:
        """Take in a record of the scores topic."""
        try:
            tenant, point = read_score(message.value())
        except DecodeError:
            self._refuse(message)
            return
        with self._lock:
            self._scores.take(tenant, point, watched=self._episodes.is_watched(tenant))

    @property
    def version(self) -> int:
        """Another number whenever a finding or a change came."""
        return self._changed

    @property
    def refused(self) -> int:
        """How many records were none of ours."""
        return self._refused

    @property
    def control(self) -> Control:
        """What all changes add up to."""
        with self._lock:
            if self._control is None:
                self._control = self._reading.finish()
            return self._control

    @property
    def has_scores(self) -> bool:
        """Whether any score was read."""
        return self._scores.any

    def open(self) -> list[Episode]:
        """Return the open episodes, the gravest first."""
        with self._lock:
            return self._episodes.open()

    def closed(self) -> list[Episode]:
        """Return the closed ones, the one that closed last first."""
        with self._lock:
            return self._episodes.closed()

    def concerning(self, tenant: str) -> list[Episode]:
        """Return the episodes about a tenant or with it as a member, the newest first."""
        with self._lock:
            return self._episodes.concerning(tenant)

    def find(self, uid: str) -> Episode | None:
        """Return the episode or campaign with this uid."""
        with self._lock:
            return self._episodes.find(uid)

    def is_watched(self, tenant: str) -> bool:
        """Tell whether a tenant has an open episode of its own."""
        with self._lock:
            return self._episodes.is_watched(tenant)

    def points(self, tenant: str) -> Sequence[Point]:
        """Return how a tenant stood of late, the oldest first."""
        with self._lock:
            return self._scores.of(tenant)

    def _refuse(self, message: Message) -> None:
        with self._lock:
            self._refused += 1
        log.warning(
            "a record is none of ours",
            topic=message.topic(),
            partition=message.partition(),
            offset=message.offset(),
        )


def _ignore(_refusal: Refusal) -> None:
    """Leave it to the workers to log and count what they refuse."""
