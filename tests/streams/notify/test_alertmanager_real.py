"""A real Alertmanager takes what we send.

Without the program the tests are skipped and say so; with `DISTILLWATCH_REQUIRE_ALERTMANAGER=1` they fail.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.finding import Activity, Severity
from streams.notify.alertmanager import Alertmanager
from streams.notify.episodes import News
from streams.notify.message import message_on
from tests.streams.notify.findings import campaign_view, view

PROGRAMS = ("alertmanager", "prometheus-alertmanager")
CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
PATIENCE_SECONDS = 30.0

OPENED = message_on(view(tenant='Über "acme" <&>'), News.OPENED)
GRAVER = message_on(
    view(tenant='Über "acme" <&>', severity=Severity.CRITICAL, activity=Activity.UPDATE), News.CHANGED
)
CLOSED = message_on(view(tenant='Über "acme" <&>', activity=Activity.CLOSE), News.RESOLVED)
CAMPAIGN = message_on(campaign_view(), News.OPENED)


def found_program() -> str:
    """The path of Alertmanager; skips where there is none."""
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        reason = "Alertmanager is not installed: run `apt-get install prometheus-alertmanager`"
        assert not os.environ.get("DISTILLWATCH_REQUIRE_ALERTMANAGER"), reason
        pytest.skip(reason)
    return program


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an Alertmanager on loopback."""
    program, folder = found_program(), tmp_path_factory.mktemp("alertmanager")
    (folder / "alertmanager.yml").write_text(CONFIG)
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    command = [program, f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data"]
    command += [f"--web.listen-address={place}", "--cluster.listen-address="]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: is_ready(place), folder / "log")
        yield place
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def is_ready(place: str) -> bool:
    """Tell whether it answers."""
    try:
        with urllib.request.urlopen(f"http://{place}/-/ready", timeout=5):
            return True
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], log: Path | None = None) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, log.read_text() if log else "the condition did not come true"
        time.sleep(0.05)


def firing(place: str) -> list[Any]:
    """What Alertmanager says is firing."""
    with urllib.request.urlopen(f"http://{place}/api/v2/alerts?active=true", timeout=5) as answer:
        found: list[Any] = json.load(answer)
    return sorted(found, key=lambda alert: sorted(alert["labels"].items()))


def test_an_episode_fires_changes_its_severity_and_is_resolved(address: str) -> None:
    manager = Alertmanager(f"http://{address}", 5.0)
    manager.send(OPENED)
    manager.send(CAMPAIGN)
    wait_until(lambda: len(firing(address)) == 2)
    alone, together = sorted(firing(address), key=lambda alert: alert["labels"]["alertname"])
    assert alone["labels"] == {
        "alertname": "ModelExtraction",
        "tenant": 'Über "acme" (&)',
        "severity": "high",
        "detector": "distillwatch-extraction",
    }
    assert alone["startsAt"].startswith("2026-03-03T23:00:00.000")
    assert together["labels"]["campaign"] == CAMPAIGN.uid

    manager.send(GRAVER)
    wait_until(lambda: "critical" in [alert["labels"]["severity"] for alert in firing(address)])
    wait_until(lambda: len(firing(address)) == 2)
    manager.tick()
    assert len(firing(address)) == 2

    manager.send(CLOSED)
    wait_until(
        lambda: [alert["labels"]["alertname"] for alert in firing(address)] == ["ModelExtractionCampaign"]
    )
