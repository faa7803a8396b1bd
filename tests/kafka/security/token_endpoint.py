"""Who gives tokens to the tests, by the client credentials grant over TLS."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class TokenEndpoint:
    """Who gives tokens; a test may change what it says."""

    url: str
    user: str
    secret: str = "let-me-in"  # noqa: S105 -- for this endpoint alone
    life: int = 300
    ready: bool = True
    asked: int = 0
    given: list[str] = field(default_factory=list)

    def answer(self, authorization: str) -> tuple[int, dict[str, object]]:
        """Return the status and the body for a request."""
        expected = base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()
        self.asked += 1
        if not self.ready:
            return 503, {}
        if authorization != f"Basic {expected}":
            return 401, {"error": "invalid_client"}
        return 200, {
            "access_token": self.new_token(),
            "token_type": "Bearer",
            "expires_in": abs(self.life),
        }

    def new_token(self) -> str:
        """Return another token."""
        expiry = time.time() + self.life
        self.given.append(unsecured_jwt(sub=self.user, iat=expiry - abs(self.life), exp=expiry))
        return self.given[-1]


def unsecured_jwt(**claims: object) -> str:
    """Write a token without signature, such as the broker of these tests accepts."""
    parts = ({"alg": "none"}, claims)
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join([*encoded, ""])


@contextmanager
def serve_tokens(certificate: Path, user: str) -> Iterator[TokenEndpoint]:
    """Give tokens for one user on a loopback port."""
    made: list[TokenEndpoint] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = made[0].answer(self.headers["Authorization"])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_args: Any) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign] -- who does not trust us hangs up
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        made.append(TokenEndpoint(f"https://127.0.0.1:{server.server_port}/token", user))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield made[0]
        server.shutdown()
        thread.join()
