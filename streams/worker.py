"""A worker as a process: it checks, starts, watches itself, and ends with a code that says why."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog
import uvloop

from models.errors import WRONG_SETUP, BrokerError, DistillwatchError
from models.warming import warm_up
from streams.app import NO_HOOKS, Hooks, create_app
from streams.collector import settle
from streams.connection import wait_for_broker
from streams.faust_app import DistillwatchApp
from streams.handshake import shake_hands
from streams.liveness import Liveness
from streams.logs import configure_logging
from streams.metrics import Metrics
from streams.release import release
from streams.rights import explain_lost_right
from streams.settings import Settings
from streams.status import Status
from streams.topics import require_topics
from streams.watchdog import Watchdog
from streams.web import WebServer

log = structlog.get_logger(__name__)

OK = 0
FAILED = 1
MISCONFIGURED = 2
STOP_SECONDS = 25.0


def run_worker(settings: Settings, hooks: Hooks = NO_HOOKS) -> int:
    """Run one worker until it is told to stop, and log as the settings say.

    Returns
    -------
    The exit code: 0 after SIGTERM or SIGINT and a checkpoint; 2 when the settings, the topics or the rights
    are wrong; 1 when the broker could not be reached or anything else failed.
    """
    configure_logging(settings.log)
    with _ended_at_once():
        return Worker(settings, hooks).run()


@contextmanager
def _ended_at_once() -> Iterator[None]:
    """Let SIGTERM end us while there is nothing to checkpoint: process 1 of a container is deaf to it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: object) -> None:
        raise SystemExit(OK)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Worker:
    """One worker; may run in any thread, and then only `stop` ends it.

    Parameters
    ----------
    hooks
        What somebody in the same process wants to see.
    on_dead
        Called, in a thread of its own, when there was no progress for `worker.liveness_seconds` although
        there was something to read, and when a stop takes too long. Ends the process unless told otherwise:
        a worker that hangs cannot be asked to stop.
    """

    def __init__(
        self, settings: Settings, hooks: Hooks = NO_HOOKS, on_dead: Callable[[], None] | None = None
    ) -> None:
        self._settings = settings
        self._hooks = hooks
        self._on_dead = on_dead or _end_process
        self._stop = threading.Event()
        self._wake: Callable[[], object] = lambda: None

    def run(self) -> int:
        """Run until stopped and return the exit code."""
        try:
            with self._observed() as (metrics, status):
                self._preflight()
                warm_up()  # here, where no watchdog waits: a slow machine compiles for minutes, once
                metrics.liveness.progress()
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                    return runner.run(self._run(metrics, status))
        except DistillwatchError as error:
            return _report(error)

    def stop(self) -> None:
        """Ask for an orderly end, from any thread."""
        self._stop.set()
        self._wake()

    def _preflight(self) -> None:
        kafka, seconds = self._settings.kafka, self._settings.kafka.request_timeout
        if not self._settings.topics.check_at_start:
            wait_for_broker(
                kafka, report=log.warning, probe=lambda _: asyncio.run(shake_hands(kafka, seconds))
            )
            return
        wait_for_broker(kafka, report=log.warning)
        require_topics(self._settings)

    @contextmanager
    def _observed(self) -> Iterator[tuple[Metrics, Status]]:
        """Answer on our port, from before the broker is there until nothing is left to ask for."""
        metrics = Metrics(liveness=Liveness(self._settings.worker.liveness_seconds))
        metrics.build(version=release(), embedding=self._settings.embedding.kind)
        status = Status(self._settings, metrics.registry)
        metrics.config(
            sha256=status.config, group=self._settings.kafka.group, source=self._settings.source.topic
        )
        metrics.ready(lambda: not status.hindrance())
        server = self._web_server(metrics, status)
        try:
            yield metrics, status
        finally:
            if server:
                server.close()

    async def _run(self, metrics: Metrics, status: Status) -> int:
        watchdog = Watchdog(metrics.liveness, self._on_dead)
        try:
            status.app = create_app(self._settings, metrics, self._hooks)
            settle()
            return await self._serve(status.app)
        finally:
            watchdog.close()

    def _web_server(self, metrics: Metrics, status: Status) -> WebServer | None:
        web = self._settings.metrics
        if not web.port:
            return None
        return WebServer(
            web.host,
            web.port,
            registry=metrics.registry,
            liveness=metrics.liveness,
            status=status,
            token=web.token,
        )

    async def _serve(self, app: DistillwatchApp) -> int:
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._wake = lambda: loop.call_soon_threadsafe(told.set)
        _on_signals(loop, told)
        if self._stop.is_set():
            return OK
        sources = [source.topic for source in self._settings.all_sources.values()]
        log.info("worker starts", group=self._settings.kafka.group, sources=sources)
        running = asyncio.create_task(_start(app))
        asked = asyncio.create_task(told.wait())
        await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
        log.info("worker stops")
        failure = await _end(app, running)
        if isinstance(failure, _StuckError):
            log.error(str(failure))
            self._on_dead()
            return FAILED
        asked.cancel()
        if failure is None:
            log.info("worker stopped")
            return OK
        lost_right = await asyncio.to_thread(explain_lost_right, self._settings, failure)
        return _report(lost_right or failure)


class _StuckError(DistillwatchError):
    """The application did not stop in time."""


async def _start(app: DistillwatchApp) -> None:
    await app.start()
    await app.wait_until_stopped()


async def _end(app: DistillwatchApp, running: asyncio.Task[None]) -> BaseException | None:
    """Stop the application and return what made it fail, if anything did."""
    failure = running.exception() if running.done() and not running.cancelled() else None
    # Not `wait_for`: a stop that hangs may hang when it is cancelled, too.
    stopping = asyncio.create_task(app.stop())
    await asyncio.wait({stopping}, timeout=STOP_SECONDS)
    if not stopping.done():
        return _StuckError(f"not ended in {STOP_SECONDS:g} s: what was not checkpointed will be read again")
    failure = failure or stopping.exception()
    running.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await running
    return app.crash_reason or failure


def _on_signals(loop: asyncio.AbstractEventLoop, told: asyncio.Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)


def _report(error: BaseException) -> int:
    """Log one line and return the exit code."""
    if isinstance(error, WRONG_SETUP):
        log.error(str(error))
        return MISCONFIGURED
    if isinstance(error, BrokerError):
        log.error(str(error))
        return FAILED
    log.error("worker failed", error=type(error).__name__, exc_info=error)
    return FAILED


def _end_process() -> None:
    os._exit(FAILED)
