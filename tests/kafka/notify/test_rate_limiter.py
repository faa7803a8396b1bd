"""The example of a rate limiter from end to end: a real Kafka behind it, a gateway's questions before it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from models.finding import Activity, Severity
from tests.consumers.paths import FOLDER
from tests.kafka.notify.conftest import Desk
from tests.streams.notify.findings import value

TIME = 1_772_582_400_000


@pytest.fixture
def port(desk: Desk) -> Iterator[int]:
    """The port of a rate limiter that reads the alert topic of the test."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    command = [sys.executable, str(FOLDER / "rate_limiter.py"), "--port", str(number), "--per-minute", "2"]
    command += ["--bootstrap-servers", desk.settings.kafka.bootstrap_servers]
    process = subprocess.Popen([*command, "--topic", desk.settings.topics.alerts])
    yield number
    process.terminate()
    process.wait(30)


def ask(port: int, path: str, tenant: str = "") -> tuple[int, Any]:
    """Status and answer."""
    headers = {"x-tenant": tenant} if tenant else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 -- loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    except OSError:
        return 0, None


def step(number: int, activity: Activity, severity: Severity, mark: str = "") -> bytes:
    """A finding of the one episode."""
    return value(mark, activity=activity, severity=severity, time=TIME + number)


def test_a_gateway_slows_a_tenant_down_from_the_alert_to_its_close(desk: Desk, port: int) -> None:
    desk.publish(value("replay", tenant="past"), b"nonsense", step(0, Activity.CREATE, Severity.HIGH))
    desk.wait_until(lambda: ask(port, "/decisions") == (200, {"acme": "throttle"}))
    assert [ask(port, "/check", "acme")[0] for _ in range(3)] == [200, 200, 429]
    assert ask(port, "/check", "somebody-else") == (200, {"level": "observe"})
    desk.publish(step(1, Activity.UPDATE, Severity.CRITICAL))
    desk.wait_until(lambda: ask(port, "/check", "acme") == (403, {"level": "suspend"}))
    desk.publish(step(2, Activity.CLOSE, Severity.CRITICAL))
    desk.wait_until(lambda: ask(port, "/check", "acme") == (200, {"level": "observe"}))
    assert ask(port, "/check")[0] == 404
