from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from pydantic import SecretStr

from models.errors import SettingsError
from streams.liveness import Liveness
from streams.metrics import Metrics
from streams.settings import Settings
from streams.status import Status
from streams.web import WebServer

TOKEN = "a token of more than 16"  # noqa: S105 -- of a server that lives as long as the test


class StubApp:
    """What a page asks of the application."""

    def __init__(self, hindrance: str) -> None:
        self.said = hindrance

    def hindrance(self) -> str:
        return self.said


class Site:
    """A server, its clock and what it is asked."""

    def __init__(self, port: int, token: str | None = None, host: str = "127.0.0.1") -> None:
        self.now = 0.0
        liveness = Liveness(10.0, lambda: self.now)
        metrics = Metrics(liveness=liveness)
        self.port = port
        self.status = Status(Settings(), metrics.registry)
        parts: dict[str, Any] = {"registry": metrics.registry, "liveness": liveness, "status": self.status}
        self.server = WebServer(host, port, token=SecretStr(token) if token else None, **parts)

    def app(self, app: StubApp) -> None:
        """Give the worker an application."""
        self.status.app = app  # type: ignore[assignment]

    def get(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Ask, and return status and text."""
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, headers=headers or {})
        with connection.getresponse() as answer:
            text = answer.read().decode()
        connection.close()
        return answer.status, text


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def site(port: int) -> Iterator[Callable[..., Site]]:
    """Return a function that opens a site; it is closed after the test."""
    opened: list[Site] = []

    def start(**options: Any) -> Site:
        opened.append(Site(port, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.server.close()


@pytest.mark.parametrize("path", ["/health", "/health/live"])
def test_live_follows_the_liveness(site: Callable[..., Site], path: str) -> None:
    here = site()
    assert here.get(path) == (200, "ok\n")
    here.now = 12.0
    assert here.get(path) == (503, "no progress for 12 s with records waiting\n")


def test_ready_says_what_keeps_the_worker_from_reading(site: Callable[..., Site]) -> None:
    here = site()
    assert here.get("/health/ready") == (503, "starting\n")
    app = StubApp("restoring state")
    here.app(app)
    assert here.get("/health/ready") == (503, "restoring state\n")
    app.said = ""
    assert here.get("/health/ready") == (200, "ok\n")
    here.now = 12.0
    assert here.get("/health/ready") == (503, "no progress for 12 s with records waiting\n")


def test_metrics_are_there_and_what_is_not_there_is_said_so(site: Callable[..., Site]) -> None:
    here = site()
    status, metrics = here.get("/metrics")
    assert status == 200
    assert "distillwatch_live_tenants 0.0" in metrics
    assert here.get("/") == (404, "try /metrics, /health/live, /health/ready or /status\n")


def test_only_get_and_head_are_answered(site: Callable[..., Site]) -> None:
    here = site()
    for path in ("/metrics", "/health/live", "/status"):
        assert here.get(path, "HEAD") == (200, "")
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            assert here.get(path, method) == (405, "only GET and HEAD\n")


def test_the_status_on_loopback_needs_no_token(site: Callable[..., Site]) -> None:
    status, text = site().get("/status")
    assert status == 200
    report = json.loads(text)
    assert (report["ready"], report["hindrance"]) == (False, "starting")
    assert (report["partitions"], report["live_tenants"], report["last_checkpoint_seconds"]) == ([], 0, None)
    assert len(report["config_sha256"]) == 64


def test_the_status_under_a_foreign_name_is_refused(site: Callable[..., Site]) -> None:
    here = site()
    for name in ("localhost", "LOCALHOST:9464", "127.0.0.1", "127.9.9.9:1", "[::1]:9464"):
        assert here.get("/status", headers={"Host": name})[0] == 200
    refused = (403, "ask by localhost or a loopback address\n")
    for name in ("evil.example", "evil.example:9464", "127.0.0.1.evil.example", "10.0.0.1", "[::2]", ""):
        assert here.get("/status", headers={"Host": name}) == refused
    assert here.get("/health/live", headers={"Host": "worker-1"})[0] == 200


def test_metrics_on_loopback_name_tenants_to_no_foreign_host(site: Callable[..., Site]) -> None:
    here = site()
    for name in ("localhost:9464", "127.0.0.1", "[::1]:9464"):
        assert here.get("/metrics", headers={"Host": name})[0] == 200
    refused = (403, "ask by localhost or a loopback address\n")
    assert here.get("/metrics", headers={"Host": "evil.example:9464"}) == refused


@pytest.mark.parametrize("options", [{"host": "0.0.0.0"}, {"token": TOKEN}])  # noqa: S104 -- about that
def test_metrics_that_are_open_or_guarded_answer_to_any_name(
    options: dict[str, str], site: Callable[..., Site]
) -> None:
    assert site(**options).get("/metrics", headers={"Host": "worker-1:9464"})[0] == 200


def test_the_status_shows_nothing_without_the_token_once_one_is_set(site: Callable[..., Site]) -> None:
    here = site(token=TOKEN)
    refused = (401, "send metrics.token as `Authorization: Bearer ...`\n")
    assert here.get("/status") == refused
    for wrong in (f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer ", "Bearer é"):
        assert (
            here.get("/status", headers={"Authorization": wrong.encode("utf-8").decode("latin-1")}) == refused
        )
    assert here.get("/status", headers={"Authorization": f"Bearer {TOKEN}", "Host": "worker-1"})[0] == 200


@pytest.mark.parametrize("page", ["/health", "/health/live", "/metrics"])
def test_health_and_metrics_need_no_token_anywhere(site: Callable[..., Site], page: str) -> None:
    assert site(host="0.0.0.0", token=TOKEN).get(page)[0] == 200  # noqa: S104 -- the test is about that


def test_a_port_that_is_open_to_the_network_guards_the_status(site: Callable[..., Site]) -> None:
    here = site(host="0.0.0.0")  # noqa: S104 -- the test is about that
    assert here.get("/status") == (403, "set metrics.token: this port is open to the network\n")


def test_a_page_that_fails_says_so_and_names_the_log(
    site: Callable[..., Site], capsys: pytest.CaptureFixture[str]
) -> None:
    here = site()
    here.app(None)  # type: ignore[arg-type]
    del here.status._registry
    assert here.get("/status") == (500, "see the worker's log\n")
    assert "a page failed" in capsys.readouterr().out


def test_a_busy_port_is_named(port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port}"):
            Site(port)
