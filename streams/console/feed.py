"""A thread that reads one topic: all that is kept of it, and then what comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing

import structlog
from confluent_kafka import Message

from models.errors import WRONG_SETUP, BrokerError, DistillwatchError
from streams.settings_kafka import KafkaSettings
from streams.topic_reader import TopicReader

log = structlog.get_logger(__name__)

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 1.0, 30.0
LEAVE_SECONDS = 2.0


class Feed:
    """Goes on for ever: a broker that is away is waited for, and the topic is read anew.

    Parameters
    ----------
    back
        How long ago what is read first may have been written, in seconds; all that is kept without it.
    begin
        Called before each reading; returns what takes in a record.
    fail
        Called where waiting mends nothing, such as a right that was taken away.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        topic: str,
        *,
        back: float | None,
        begin: Callable[[], Callable[[Message], None]],
        fail: Callable[[DistillwatchError], None],
    ) -> None:
        self.topic = topic
        self._kafka = kafka
        self._back = back
        self._begin = begin
        self._fail = fail
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"feed {topic}", daemon=True)
        self.read = False
        """Whether all that there was at the start was taken in, once at least."""
        self.trouble = ""
        """Why nothing comes at present; empty where all is well."""

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(LEAVE_SECONDS)

    def _run(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while not self._stop.is_set():
            try:
                self._follow()
            except BrokerError as error:
                if isinstance(error, WRONG_SETUP):
                    self._fail(error)
                    return
                self._away(error, delay)
                self._stop.wait(delay)
                delay = min(LONGEST_DELAY_SECONDS, 2 * delay) if not self.read else FIRST_DELAY_SECONDS
            except DistillwatchError as error:
                self._fail(error)
                return
            except Exception:
                log.exception("reading a topic failed", topic=self.topic)
                self._fail(DistillwatchError(f"reading {self.topic} failed; the log above says why"))
                return

    def _follow(self) -> None:
        since = None if self._back is None else max(0, int((time.time() - self._back) * 1000))
        with closing(TopicReader(self._kafka, self.topic, from_beginning=True, since=since)) as reader:
            take = self._begin()
            self.trouble = ""
            for message in reader.present():
                take(message)
                if self._stop.is_set():
                    return
            if not self.read:
                log.info("topic read", topic=self.topic)
            self.read = True
            while not self._stop.is_set():
                fresh = reader.poll()
                if fresh is not None:
                    take(fresh)

    def _away(self, error: BrokerError, delay: float) -> None:
        if not self.trouble:
            log.warning("a topic cannot be read for now", topic=self.topic, reason=str(error), again=delay)
        self.trouble = str(error)
