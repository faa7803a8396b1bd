"""A small HTTP server that no client can hold up: few connections, short requests, little time for each."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import StringIO
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any, BinaryIO
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from models.errors import SettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MOST_CONNECTIONS = 32
MOST_REQUEST_BYTES = 16_384
REQUEST_SECONDS = 10.0
LOOK_SECONDS = 0.1

Application = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]


class HttpServer:
    """Listens once made, and answers once started.

    Raises
    ------
    SettingsError
        The address cannot be listened on.
    """

    def __init__(self, host: str, port: int, application: Application) -> None:
        try:
            self._server = _Server(host, port)
        except OSError as error:
            raise SettingsError(
                f"metrics.host and metrics.port: cannot listen on {host}:{port} ({error.strerror}); "
                "choose a free port, or 0 for none"
            ) from None
        self._server.set_app(application)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOK_SECONDS,), name="web", daemon=True
        )

    def _serve(self) -> None:
        self._server.serve_forever(LOOK_SECONDS)

    @property
    def address(self) -> str:
        """The address that the server listens on."""
        return str(self._server.socket.getsockname()[0])

    def start(self) -> None:
        """Answer, in threads of our own."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Head:
    """The head of a request, up to a number of bytes; it is all that we read."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file = file
        self._left = most

    def readline(self, limit: int = -1) -> bytes:
        line = self._file.readline(self._left + 1 if limit < 0 else min(limit, self._left + 1))
        self._left -= len(line)
        if self._left < 0:
            raise ConnectionAbortedError
        return line

    def close(self) -> None:
        self._file.close()


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_SECONDS

    def setup(self) -> None:
        super().setup()
        self.rfile: Any = _Head(self.rfile, MOST_REQUEST_BYTES)

    def get_stderr(self) -> StringIO:
        """Drop what the base has to say of clients that went away."""
        return StringIO()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature is the base's
        """Say nothing: scrapes are not news."""


class _Server(ThreadingMixIn, WSGIServer):
    """Cuts the oldest connection when there are too many, and every one that takes too long.

    An honest request takes milliseconds, so that the oldest connection belongs to whoever is slow.
    """

    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._since: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind, without the look into the name service by which the base learns a name for itself."""
        TCPServer.server_bind(self)
        host, self.server_port = self.server_address[:2]
        self.server_name = str(host)
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            if len(self._since) >= MOST_CONNECTIONS:
                self._cut(next(iter(self._since)))
            self._since[request] = time.monotonic()
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Cut what takes too long; called at every look."""
        with self._lock:
            for request, since in list(self._since.items()):
                if time.monotonic() - since > REQUEST_SECONDS:
                    self._cut(request)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._since.pop(request, None)
        super().shutdown_request(request)

    def _cut(self, request: socket.socket) -> None:
        """Make the thread that serves a connection end; it closes the connection."""
        self._since.pop(request, None)
        with suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away or was cut is not news."""
