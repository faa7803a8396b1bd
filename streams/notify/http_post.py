"""JSON to a service over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
import requests

from streams.notify.sink import SinkError

LONGEST_WAIT = 60.0
_LATER = {408, 425, 429}
_SERVER_ERROR = 500


class HttpPost:
    """Posts to one address; redirects are not followed, certificates are verified, answers are not read.

    Parameters
    ----------
    headers
        Sent with each request, such as an `Authorization`.
    timeout
        Seconds to connect, and to answer.
    """

    def __init__(self, url: str, timeout: float, headers: Mapping[str, str] | None = None) -> None:
        self._url = url
        self._timeout = timeout
        self._session = requests.Session()
        self._session.auth = _as_it_is
        self._session.headers.update({"Content-Type": "application/json", **(headers or {})})

    def post(self, payload: object) -> None:
        """Send a payload.

        Raises
        ------
        SinkError
            It was not taken; whether to try again follows from the status.
        """
        try:
            response = self._session.post(
                self._url,
                data=orjson.dumps(payload),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            response.close()
        except requests.RequestException as error:
            raise SinkError(f"no answer ({type(error).__name__})") from None
        if not response.ok or response.is_redirect:
            status = response.status_code
            again = status in _LATER or status >= _SERVER_ERROR
            raise SinkError(f"HTTP {status}", again=again, after=_wait(response.headers.get("Retry-After")))


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authorize nothing further: without this, requests would put a name of `.netrc` in place of a token."""
    return request


def _wait(header: str | None) -> float:
    """Read `Retry-After` in seconds; a date is not waited for."""
    return min(float(header), LONGEST_WAIT) if header is not None and header.isdecimal() else 0.0
