"""The worker's own port: `/metrics` for Prometheus and `/health` for whoever restarts it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from models.errors import SettingsError
from streams.liveness import Liveness

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature is the base's
        """Say nothing: scrapes are not news."""


class WebServer:
    """Answers in a thread of its own, so that a worker that hangs is seen to hang.

    Raises
    ------
    SettingsError
        The address cannot be listened on.
    """

    def __init__(self, host: str, port: int, registry: CollectorRegistry, liveness: Liveness) -> None:
        try:
            self._server = make_server(
                host, port, _application(registry, liveness), server_class=_Server, handler_class=_Quiet
            )
        except OSError as error:
            raise SettingsError(
                f"metrics.host and metrics.port: cannot listen on {host}:{port} ({error.strerror}); "
                "choose a free port, or 0 for none"
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _application(
    registry: CollectorRegistry, liveness: Liveness
) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    metrics = make_wsgi_app(registry)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            return cast("Iterable[bytes]", metrics(environ, start_response))
        status, text = "404 Not Found", "try /metrics or /health\n"
        if path == "/health":
            alive = liveness.alive()
            status = "200 OK" if alive else "503 Service Unavailable"
            text = "ok\n" if alive else f"no progress for {liveness.silence():.0f} s with records waiting\n"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [text.encode()]

    return answer
