"""What clients that are slow, greedy or gone can do to the worker's port."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from streams import web_server
from streams.web_server import HttpServer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def application(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"here"]


@pytest.fixture
def server() -> Iterator[HttpServer]:
    one = HttpServer("127.0.0.1", 0, application)
    one.start()
    yield one
    one.close()


def connect(server: HttpServer) -> socket.socket:
    return socket.create_connection(place(server), timeout=30)


def place(server: HttpServer) -> tuple[str, int]:
    host, port, *_ = server._server.socket.getsockname()
    return host, port


def answers(server: HttpServer) -> bool:
    connection = HTTPConnection(*place(server), timeout=30)
    connection.request("GET", "/")
    with connection.getresponse() as answer:
        text = answer.read()
    connection.close()
    return text == b"here"


def test_a_request_without_an_end_is_cut(server: HttpServer) -> None:
    with connect(server) as greedy:
        greedy.sendall(b"GET / HTTP/1.1\r\n" + b"X: " + b"x" * web_server.MOST_REQUEST_BYTES)
        assert ended(greedy)
    assert answers(server)


def test_many_headers_are_too_many(server: HttpServer) -> None:
    with connect(server) as greedy:
        greedy.sendall(b"GET / HTTP/1.1\r\n" + b"X: yyyyyyyyyyyyyyyy\r\n" * 1000)
        assert greedy.recv(100).startswith(b"HTTP/1.0 431 ")


def test_a_slow_client_is_cut_when_its_time_is_over(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(server) as slow:
        slow.sendall(b"GET / HT")
        monkeypatch.setattr(web_server, "REQUEST_SECONDS", 0.0)
        assert ended(slow)
        monkeypatch.undo()
    assert answers(server)


def test_a_hundred_clients_that_say_nothing_keep_nobody_out(server: HttpServer) -> None:
    with ExitStack() as silent:
        for _ in range(100):
            silent.enter_context(connect(server))
        assert answers(server)
        assert len(server._server._since) <= web_server.MOST_CONNECTIONS


def test_a_client_that_goes_away_is_no_news(server: HttpServer, capfd: pytest.CaptureFixture[str]) -> None:
    connect(server).close()
    assert answers(server)
    assert capfd.readouterr() == ("", "")


def test_an_address_may_be_of_either_version() -> None:
    one = HttpServer("::1", 0, application)
    one.start()
    assert one.address == "::1"
    assert answers(one)
    one.close()


def ended(client: socket.socket) -> bool:
    """Wait until the server has closed the connection."""
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True
