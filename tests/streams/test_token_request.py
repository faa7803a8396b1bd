"""The client credentials grant against a server that does as it is told."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from models.errors import RefusedError, SettingsError
from streams import token_request
from streams.connection import BrokerUnreachableError
from streams.settings import load_settings
from streams.settings_kafka import KafkaSettings
from streams.token_request import LARGEST_ANSWER, request_token

SECRET = "hunter2 & more"  # noqa: S105 -- to look for
GIVEN = {"access_token": "abc.def", "token_type": "Bearer", "expires_in": 300}


@dataclass
class Endpoint:
    """What the server answers, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = field(default_factory=lambda: json.dumps(GIVEN).encode())
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, list[str]]]] = field(default_factory=list)

    def settings(self, **keys: object) -> KafkaSettings:
        chosen: dict[str, object] = {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "OAUTHBEARER",
            "oauth_token_url": self.url,
            "oauth_client_id": "watch",
            "oauth_client_secret": SECRET,
        }
        return KafkaSettings.model_validate(chosen | keys)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    script = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            script.asked.append((self.path, self.headers["Authorization"], parse_qs(body)))
            self.send_response(script.status)
            for name, value in script.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # whoever asked may have heard enough
                self.wfile.write(script.body)

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.url = f"http://127.0.0.1:{server.server_port}/token"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield script
        server.shutdown()
        thread.join()


def test_a_token_is_fetched_by_the_clients_name_and_secret(endpoint: Endpoint) -> None:
    token = request_token(endpoint.settings(oauth_scope="kafka read"), lambda: 1_000.0)
    assert (token.value, token.expires_at) == ("abc.def", 1_300)
    [(path, authorization, form)] = endpoint.asked
    assert path == "/token"
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"watch:hunter2+%26+more"
    assert form == {"grant_type": ["client_credentials"], "scope": ["kafka read"]}


def test_a_life_that_is_not_told_is_short(endpoint: Endpoint) -> None:
    endpoint.body = json.dumps({**GIVEN, "expires_in": None}).encode()
    assert request_token(endpoint.settings(), lambda: 1_000.0).expires_at == 1_060


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            401,
            b'{"error": "invalid_client"}',
            r"gives no token to client 'watch' \(invalid_client\): check kafka",
        ),
        (400, b'{"error": "you sent hunter2"}', r"\(an unknown error\)"),
        (200, b'{"error": "server_error"}', r"\(server_error\)"),
        (404, b"<html>", r"\(missing_token\)"),
        (200, b"[]", r"which is no token"),
        (200, b"[" * 100_000, r"which is no token"),
        (200, b'"access_token"', r"which is no token"),
        (200, b'{"access_token": "a b", "token_type": "Bearer"}', r"holds no token"),
        (200, b'{"access_token": "a\\u0001b", "token_type": "Bearer"}', r"holds no token"),
        (200, b'{"access_token": "a", "expires_in": "x"}', r"which is no token"),
        (200, b"\xff\xfe", r"which is no token"),
        (403, json.dumps(GIVEN).encode(), r"\(HTTP 403\)"),
    ],
)
def test_an_answer_without_a_token_is_a_refusal(
    endpoint: Endpoint, status: int, body: bytes, said: str
) -> None:
    endpoint.status, endpoint.body = status, body
    with pytest.raises(RefusedError, match=said) as refusal:
        request_token(endpoint.settings())
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_cannot_answer_now_may_be_asked_again(endpoint: Endpoint, status: int) -> None:
    endpoint.status = status
    with pytest.raises(BrokerUnreachableError, match=f"gives no token now .HTTP {status}."):
        request_token(endpoint.settings())


def test_nobody_at_the_address_may_be_there_later(endpoint: Endpoint) -> None:
    nobody = {"oauth_token_url": "http://127.0.0.1:1/token?code=hunter2"}
    with pytest.raises(BrokerUnreachableError, match=r"check kafka\.oauth_token_url") as failure:
        request_token(endpoint.settings(**nobody))
    assert "hunter2" not in str(failure.value)


def test_our_secret_follows_no_redirect(endpoint: Endpoint) -> None:
    endpoint.status, endpoint.body = 302, b""
    endpoint.headers = {"Location": endpoint.url.replace("/token", "/elsewhere")}
    with pytest.raises(RefusedError):
        request_token(endpoint.settings())
    assert [path for path, _, _ in endpoint.asked] == ["/token"]


def test_our_secret_passes_no_proxy_unencrypted(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert request_token(endpoint.settings()).value == "abc.def"


def test_a_token_is_renewed_once_a_day_at_least(endpoint: Endpoint) -> None:
    endpoint.body = json.dumps({**GIVEN, "expires_in": 10**12}).encode()
    assert request_token(endpoint.settings(), lambda: 1_000.0).expires_at == 87_400


def test_certificates_that_cannot_be_read_name_their_setting(endpoint: Endpoint) -> None:
    with pytest.raises(SettingsError, match=r"kafka\.oauth_cafile: cannot read certificates from /nowhere"):
        request_token(endpoint.settings(oauth_cafile="/nowhere"))


def test_an_endless_answer_is_cut_off(endpoint: Endpoint) -> None:
    endpoint.body = b" " * (LARGEST_ANSWER * 2)
    with pytest.raises(BrokerUnreachableError, match="too long or too slow"):
        request_token(endpoint.settings())


def test_an_answer_that_never_ends_is_given_up(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_request, "LONGEST_SECONDS", 0.0001)
    with pytest.raises(BrokerUnreachableError):
        request_token(endpoint.settings())


def test_a_certificate_that_cannot_be_verified_names_the_setting(endpoint: Endpoint) -> None:
    settings = endpoint.settings(oauth_token_url=endpoint.url.replace("http:", "https:"))
    with pytest.raises(RefusedError, match=r"cannot be trusted .* signed by kafka\.oauth_cafile"):
        request_token(settings)


@pytest.mark.parametrize(
    "url",
    ["http://idp.example/token", "ftp://idp.example", "https://user:pw@idp.example/", "http://localhost@x/"],
)
def test_an_address_that_would_give_the_secret_away_is_refused(url: str) -> None:
    with pytest.raises(
        SettingsError, match=r"kafka\.oauth_token_url = .* must be an address with https://"
    ) as error:
        load_settings(None, {"kafka.oauth_token_url": url})
    assert ":pw@" not in str(error.value)
