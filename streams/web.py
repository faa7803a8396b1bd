"""The worker's own port: metrics for Prometheus, health for whoever restarts it, status for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, cast

import orjson
import structlog
from prometheus_client import CollectorRegistry, make_wsgi_app
from pydantic import SecretStr

from streams.guard import Guard, Refusal
from streams.liveness import Liveness
from streams.web_server import HttpServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = structlog.get_logger(__name__)

TEXT = "text/plain; charset=utf-8"
NOT_FOUND = Refusal("404 Not Found", "try /metrics, /health/live, /health/ready or /status\n")
FAILED = Refusal("500 Internal Server Error", "see the worker's log\n")
NOT_ALLOWED = Refusal("405 Method Not Allowed", "only GET and HEAD\n", (("Allow", "GET, HEAD"),))


class Status(Protocol):
    """What a process says of itself."""

    def hindrance(self) -> str:
        """Say what keeps it from its work; nothing when it is at it, or has nothing to do."""

    def report(self) -> dict[str, Any]:
        """Return what can be said, ready for JSON."""


class WebServer(HttpServer):
    """Answers in threads of its own, so that a worker that hangs is seen to hang.

    Parameters
    ----------
    token
        What guards `/status`, and whether `/metrics` answers to any name; see `streams.guard`.

    Raises
    ------
    SettingsError
        The address cannot be listened on.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        registry: CollectorRegistry,
        liveness: Liveness,
        status: Status,
        token: SecretStr | None = None,
    ) -> None:
        super().__init__(host, port, self._answer)
        self._metrics = make_wsgi_app(registry)
        self._liveness = liveness
        self._status = status
        self._guard = Guard(self.address, token)
        self._pages: dict[str, Callable[[], tuple[str, str]]] = {
            "/health": self._live,
            "/health/live": self._live,
            "/health/ready": self._ready,
        }
        self.start()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return _refuse(NOT_ALLOWED, start_response)
        try:
            body = self._page(environ, start_response)
        except Exception:
            log.exception("a page failed", path=environ["PATH_INFO"])
            body = _refuse(FAILED, start_response)
        return body if environ["REQUEST_METHOD"] == "GET" else ()

    def _page(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            if refusal := self._guard.foreign(environ):
                return _refuse(refusal, start_response)
            return cast(
                "Iterable[bytes]", self._metrics({**environ, "REQUEST_METHOD": "GET"}, start_response)
            )
        if path in self._pages:
            status, text = self._pages[path]()
            return _respond(status, text.encode(), TEXT, start_response)
        if path != "/status":
            return _refuse(NOT_FOUND, start_response)
        if refusal := self._guard.refusal(environ):
            return _refuse(refusal, start_response)
        return _respond("200 OK", orjson.dumps(self._status.report()), "application/json", start_response)

    def _live(self) -> tuple[str, str]:
        if self._liveness.alive():
            return "200 OK", "ok\n"
        silence = self._liveness.silence()
        return "503 Service Unavailable", f"no progress for {silence:.0f} s with records waiting\n"

    def _ready(self) -> tuple[str, str]:
        hindrance = self._status.hindrance()
        return ("503 Service Unavailable", f"{hindrance}\n") if hindrance else self._live()


def _respond(
    status: str, body: bytes, kind: str, start_response: StartResponse, *more: tuple[str, str]
) -> Iterable[bytes]:
    length = ("Content-Length", str(len(body)))
    start_response(status, [("Content-Type", kind), length, ("Cache-Control", "no-store"), *more])
    return [body]


def _refuse(refusal: Refusal, start_response: StartResponse) -> Iterable[bytes]:
    return _respond(refusal.status, refusal.text.encode(), TEXT, start_response, *refusal.headers)
