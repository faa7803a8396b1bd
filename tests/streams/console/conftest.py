"""A console over a small fleet, without Kafka: what is written goes to a list."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from models.control.control import Control
from models.control.parsing import parse_change
from models.control.records import Change
from streams.console import changes
from streams.console.knowledge import Knowledge
from streams.console.site import make_site
from streams.settings import Settings
from tests.streams.console.world import Record, fill

if TYPE_CHECKING:
    from streams.settings_console import ConsoleSettings


@dataclass
class Site:
    """A console that answers on loopback."""

    address: str
    knowledge: Knowledge
    settings: ConsoleSettings
    written: list[Change] = field(default_factory=list)
    hindrance: str = ""


MakeSite = Callable[..., Site]


@pytest.fixture
def make_site_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeSite]:
    """Return a function that starts a console; keywords are settings of its section."""
    ends: list[Callable[[], None]] = []

    def make(*, scores: bool = True, world: Callable[[Knowledge], None] = fill, **options: Any) -> Site:
        sections = {"scores": {"enabled": scores}, "console": options}
        settings = Settings.model_validate(sections)
        knowledge = Knowledge(30, 100)
        world(knowledge)
        site = Site("", knowledge, settings.console)
        monkeypatch.setattr(changes, "Desk", _desk_of(site))
        port, end = _serve(make_site(settings, knowledge, lambda: site.hindrance))
        ends.append(end)
        site.address = f"http://127.0.0.1:{port}"
        return site

    yield make
    for end in ends:
        end()


def _desk_of(site: Site) -> type:
    """A stand-in for the control topic: what is added is known to the console at once."""

    class _Desk:
        def __init__(self, _settings: Settings) -> None:
            self._control: Control = site.knowledge.control

        def add(self, draft: bytes) -> Change:
            change = parse_change(draft)
            self._control.with_change(change)
            site.written.append(change)
            site.knowledge.take_change(Record(draft, change.id.encode()))  # type: ignore[arg-type]
            return change

    return _Desk


def _serve(app: web.Application) -> tuple[int, Callable[[], None]]:
    """Serve in a thread; return the port, and what ends it."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    started = threading.Event()
    ports: list[int] = []

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports.append(runner.addresses[0][1])
        started.set()

    def run() -> None:
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(30)

    def end() -> None:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)

    return ports[0], end
