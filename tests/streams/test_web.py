from __future__ import annotations

import socket
import urllib.error
import urllib.request

import pytest

from models.errors import SettingsError
from streams.liveness import Liveness
from streams.metrics import Metrics
from streams.web import WebServer


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_health_follows_the_liveness_and_metrics_name_no_tenant(port: int) -> None:
    now = [0.0]
    liveness = Liveness(10.0, lambda: now[0])
    server = WebServer("127.0.0.1", port, Metrics(liveness=liveness).registry, liveness)
    assert get(port, "/health") == (200, "ok\n")
    now[0] = 12.0
    assert get(port, "/health") == (503, "no progress for 12 s with records waiting\n")
    status, metrics = get(port, "/metrics")
    assert status == 200
    assert "distillwatch_live_tenants 0.0" in metrics
    assert get(port, "/")[0] == 404
    server.close()


def test_a_busy_port_is_named(port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port}"):
            WebServer("127.0.0.1", port, Metrics().registry, Liveness(1.0))
