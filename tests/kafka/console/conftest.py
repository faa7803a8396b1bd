"""`distillwatch console` in a process of its own over a real Kafka, and a browser that looks at it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from playwright.sync_api import Browser

from tests.chromium import chromium

if TYPE_CHECKING:
    from streams.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60.0
RUN = (
    "import sys; from streams.settings import Settings; from streams.console.process import run_console;"
    "sys.exit(run_console(Settings.model_validate_json(sys.argv[1])))"
)


@dataclass
class Served:
    """A console, and what it logged."""

    settings: Settings
    log: Path
    port: int
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start the process, and wait until it has read all that there is."""
        command = [sys.executable, "-c", RUN, self.settings.model_dump_json()]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, cwd=ROOT)
        self.wait_until(self._is_ready)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal the process and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def page(self, path: str) -> str:
        """What a page says."""
        return requests.get(f"{self.address}{path}", timeout=30).text

    def said(self) -> str:
        """What the process logged."""
        return self.log.read_text() if self.log.exists() else ""

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"the condition did not come true:\n{self.said()[-4000:]}"
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.address}/health/ready", timeout=30).ok
        except requests.ConnectionError:
            assert self.process.poll() is None, self.said()
            return False


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Return a function that serves a console for settings; keywords are settings of its section."""
    made: list[Served] = []

    def start(settings: Settings, **options: Any) -> Served:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        sections = json.loads(settings.model_dump_json())
        sections["console"] |= {"port": port, **options}
        made.append(Served(type(settings).model_validate(sections), tmp_path / "console.log", port))
        made[-1].start()
        return made[-1]

    yield start
    for served in made:
        if served.process.poll() is None:
            served.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium without a screen."""
    with chromium() as started:
        yield started
