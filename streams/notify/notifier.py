"""`distillwatch notify` as a process: it reads, tells, commits, and ends with a code that says why."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import structlog

from models.errors import WRONG_SETUP, DistillwatchError
from streams.connection import wait_for_broker
from streams.librdkafka import partitions_of
from streams.liveness import Liveness
from streams.logs import configure_logging
from streams.notify.courier import Courier, StoppedError
from streams.notify.desk import Desk
from streams.notify.inbox import Inbox
from streams.notify.letters import DeadLetters
from streams.notify.metrics import NotifyMetrics
from streams.notify.rights import group_of, require_rights
from streams.notify.sinks import services
from streams.release import release
from streams.settings import Settings
from streams.watchdog import Watchdog
from streams.web import WebServer

log = structlog.get_logger(__name__)

OK, FAILED, MISCONFIGURED = 0, 1, 2
COMMIT_SECONDS = 1.0
LOOK_SECONDS = 1.0


def run_notifier(settings: Settings) -> int:
    """Tell of alerts until told to stop, and log as the settings say.

    Returns
    -------
    The exit code: 0 after SIGTERM or SIGINT; 2 when the settings, the topics or the rights are wrong; 1 when
    the broker could not be reached or anything else failed.
    """
    configure_logging(settings.log)
    try:
        notifier = Notifier(settings)
        with notifier.stopped_by_signals():
            notifier.run()
    except DistillwatchError as error:
        log.error(str(error))  # noqa: TRY400 - it says what to do; its stack would say nothing more
        return MISCONFIGURED if isinstance(error, WRONG_SETUP) else FAILED
    return OK


class Notifier:
    """Tells of alerts; may run in any thread, and then only `stop` ends it.

    Raises
    ------
    SettingsError
        Nobody is to be told, or a service is not understood.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._metrics = NotifyMetrics()
        self._liveness = Liveness(settings.worker.liveness_seconds)
        self._sinks = services(settings.notify)
        self._inbox: Inbox | None = None
        self._committed = time.monotonic()

    def stop(self) -> None:
        """Ask for an orderly end, from any thread."""
        self._stop.set()

    def run(self) -> None:
        """Read and tell until told to stop.

        Raises
        ------
        DistillwatchError
            Settings, topics, rights or the broker keep us from it.
        """
        with ExitStack() as stack:
            self._serve_web(stack)
            try:
                self._preflight()
                self._serve(stack)
            except StoppedError as stopped:
                log.info(str(stopped))
            log.info("notify stopped")

    @contextmanager
    def stopped_by_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT stop us meanwhile."""
        before = {
            number: signal.signal(number, lambda *_: self.stop())
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def hindrance(self) -> str:
        """Say what keeps us from telling; nothing where all is well."""
        if self._stop.is_set():
            return "stopping"
        if self._inbox is None:
            return "starting"
        if not self._inbox.joined:
            return "waiting for partitions"
        return "" if self._inbox.has_caught_up else "reading what was told before"

    def report(self) -> dict[str, Any]:
        """Return what can be said of us, ready for JSON."""
        places = dict(self._inbox.places) if self._inbox else {}
        return {
            "release": release(),
            "ready": not self.hindrance(),
            "hindrance": self.hindrance() or None,
            "sinks": [sink.kind for sink in self._sinks],
            "partitions": [
                {"partition": number, "position": place.position, "committed": place.committed}
                for number, place in sorted(places.items())
            ],
        }

    def _serve(self, stack: ExitStack) -> None:
        desk = self._desk()
        inbox = self._inbox = stack.enter_context(closing(self._open(desk)))
        watchdog = Watchdog(self._liveness, lambda: os._exit(FAILED))
        stack.callback(watchdog.close)
        log.info("notify starts", sinks=[sink.kind for sink in self._sinks])
        self._go_on(inbox, desk)
        inbox.commit(desk.held)

    def _go_on(self, inbox: Inbox, desk: Desk) -> None:
        looked = 0.0
        while not self._stop.is_set():
            record = inbox.poll()
            self._liveness.progress()
            told = record is not None and desk.take(record, told=inbox.was_told(record))
            told = desk.settle() or told
            if inbox.has_caught_up:
                desk.repeat()
            now = time.monotonic()
            if told or now - self._committed >= COMMIT_SECONDS:
                inbox.commit(desk.held)
                self._committed = now
            if now - looked >= LOOK_SECONDS:
                looked = now
                self._metrics.stands(open_alerts=desk.open_alerts, held=desk.holds, lag=inbox.lag())

    def _pause(self, seconds: float) -> bool:
        """Let time pass, and live on meanwhile; tell whether we were told to stop."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self._stop.wait(min(left, LOOK_SECONDS)):
            self._liveness.progress()
        self._liveness.progress()
        return self._stop.is_set()

    def _wait(self, seconds: float) -> None:
        if self._pause(seconds):
            raise StoppedError("stopped while no broker answered")

    def _desk(self) -> Desk:
        courier = Courier(self._settings.notify.delays, self._pause, self._metrics)
        return Desk(
            self._settings.notify, self._sinks, courier, DeadLetters(self._settings).write, self._metrics
        )

    def _open(self, desk: Desk) -> Inbox:
        notify = self._settings.notify
        attempts = len(self._sinks) * 2 * notify.timeout_seconds * (notify.retries + 1)
        return Inbox(
            self._settings.kafka,
            self._settings.topics.alerts,
            group_of(self._settings),
            start=notify.start,
            patience=sum(notify.delays) + attempts,
            on_change=desk.own,
        )

    def _preflight(self) -> None:
        wait_for_broker(self._settings.kafka, report=log.warning, sleep=self._wait)
        if self._settings.topics.check_at_start:
            require_rights(self._settings)
        partitions_of(self._settings.kafka, self._settings.topics.alerts)

    def _serve_web(self, stack: ExitStack) -> None:
        web = self._settings.metrics
        if self._settings.notify.port:
            server = WebServer(
                web.host,
                self._settings.notify.port,
                registry=self._metrics.registry,
                liveness=self._liveness,
                status=self,
                token=web.token,
            )
            stack.callback(server.close)
