"""`distillwatch console` as a process: it reads, answers, and ends with a code that says why."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import ExitStack

import structlog
from aiohttp import web

from models.errors import WRONG_SETUP, DistillwatchError, SettingsError
from streams.connection import wait_for_broker
from streams.console.episodes import DAY_MS
from streams.console.feed import Feed
from streams.console.knowledge import Knowledge
from streams.console.rights import require_rights
from streams.console.site import make_site
from streams.logs import configure_logging
from streams.settings import Settings

log = structlog.get_logger(__name__)

OK, FAILED, MISCONFIGURED = 0, 1, 2
HOUR_SECONDS, DAY_SECONDS = 3_600.0, DAY_MS / 1000
LEAVE_SECONDS = 3.0


def run_console(settings: Settings) -> int:
    """Serve the console until told to stop, and log as the settings say.

    Returns
    -------
    The exit code: 0 after SIGTERM or SIGINT; 2 when the settings, the topics or the rights are wrong; 1 when
    the broker could not be reached or anything else failed.
    """
    configure_logging(settings.log)
    try:
        Console(settings).run()
    except DistillwatchError as error:
        log.error(str(error))  # noqa: TRY400 - it says what to do; its stack would say nothing more
        return MISCONFIGURED if isinstance(error, WRONG_SETUP) else FAILED
    return OK


class Console:
    """Reads the topics in threads, and answers in this one.

    Raises
    ------
    SettingsError
        Changes are to be written, and no worker would follow them.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.console.write and not settings.control.enabled:
            raise SettingsError("console.write needs control.enabled: no worker would follow a change")
        self._settings = settings
        self._knowledge = Knowledge(settings.console.days, settings.console.max_tenants)
        self._failure: DistillwatchError | None = None
        self._end: Callable[[], object] = lambda: None
        self._feeds = self._made_feeds()

    def run(self) -> None:
        """Serve until told to stop.

        Raises
        ------
        DistillwatchError
            Settings, topics, rights or the broker keep us from it.
        """
        wait_for_broker(self._settings.kafka, report=log.warning)
        if self._settings.topics.check_at_start:
            require_rights(self._settings)
        with ExitStack() as stack:
            for feed in self._feeds:
                stack.callback(feed.stop)
            asyncio.run(self._serve())
        if self._failure is not None:
            raise self._failure
        log.info("console stopped")

    def hindrance(self) -> str:
        """Say what keeps us from knowing all; empty where nothing does."""
        for feed in self._feeds:
            if feed.trouble:
                return f"{feed.topic} cannot be read at present, so this may be out of date: {feed.trouble}"
        unread = [feed.topic for feed in self._feeds if not feed.read]
        return f"still reading {', '.join(unread)}: not all is shown yet" if unread else ""

    async def _serve(self) -> None:
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, told.set)
        self._end = lambda: loop.call_soon_threadsafe(told.set)
        site = make_site(self._settings, self._knowledge, self.hindrance)
        runner = web.AppRunner(site, access_log=None, keepalive_timeout=30, shutdown_timeout=LEAVE_SECONDS)
        await runner.setup()
        try:
            await self._listen(runner)
            for feed in self._feeds:
                feed.start()
            await told.wait()
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        chosen = self._settings.console
        try:
            await web.TCPSite(runner, chosen.host, chosen.port).start()
        except OSError as error:
            raise SettingsError(
                f"console.host and console.port: cannot listen on {chosen.host}:{chosen.port} "
                f"({error.strerror}); choose a free port"
            ) from None
        log.info("console listens", address=f"http://{chosen.host}:{chosen.port}/", write=chosen.write)

    def _made_feeds(self) -> list[Feed]:
        settings, knowledge = self._settings, self._knowledge
        console, topics, kafka = settings.console, settings.topics, settings.kafka
        made = [(topics.alerts, console.days * DAY_SECONDS, knowledge.alerts)]
        if settings.scores.enabled:
            made.append((topics.scores, console.score_hours * HOUR_SECONDS, knowledge.scores))
        feeds = [Feed(kafka, topic, back=back, begin=begin, fail=self._fail) for topic, back, begin in made]
        if settings.control.enabled:
            begin = knowledge.changes
            feeds.append(Feed(kafka, topics.control, back=None, begin=begin, fail=self._fail))
        return feeds

    def _fail(self, error: DistillwatchError) -> None:
        self._failure = error
        self._end()
