"""What our few requests over HTTP share: verified TLS, no redirects, and a bound on size and time."""

from __future__ import annotations

import http.client
import ssl
import time
from pathlib import Path
from typing import Any
from urllib.request import (
    HTTPErrorProcessor,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    build_opener,
)

from streams.connection import verifying_context


class _EveryAnswer(HTTPErrorProcessor):
    """Hands over every answer: refusals say why, and a redirect is none, for our secret has one address."""

    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002 -- called by its name
        """Return the answer."""
        return response

    https_response = http_response


def opener(url: str, cafile: Path | None, setting: str) -> OpenerDirector:
    """Return what opens an address.

    Parameters
    ----------
    cafile
        Certificates that may sign the other side's; the system's where there is none.
    setting
        Name of the setting that `cafile` comes from.
    """
    context = verifying_context(cafile, setting)
    # What is not encrypted stays off any proxy.
    direct = [] if url.startswith("https:") else [ProxyHandler({})]
    return build_opener(HTTPSHandler(context=context), _EveryAnswer(), *direct)


def read_answer(answer: http.client.HTTPResponse, most: int, deadline: float) -> bytes:
    """Read fewer bytes than `most`, and not for ever: a slow sender resets the socket's own time-out.

    Parameters
    ----------
    deadline
        On the monotonic clock, in seconds.

    Raises
    ------
    TimeoutError
        There are more bytes, or they take longer.
    """
    content = b""
    while len(content) < most and time.monotonic() < deadline:
        piece = answer.read1(most - len(content))
        if not piece:
            return content
        content += piece
    raise TimeoutError("the answer is too long or too slow")


def untrusted(error: Exception) -> str:
    """Return why the other side's certificate was not believed; empty where something else went wrong."""
    reason = getattr(error, "reason", error)  # urllib wraps what went wrong
    if not isinstance(reason, ssl.SSLError):
        return ""
    return getattr(reason, "verify_message", "") or reason.reason or "it speaks no TLS"
