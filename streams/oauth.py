"""Tokens for OAUTHBEARER: asked for or read from a file, and kept until shortly before they expire."""

from __future__ import annotations

import base64
import functools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import DistillwatchError, RefusedError

if TYPE_CHECKING:
    from streams.settings_kafka import KafkaSettings

USED_SHARE = 0.8
"""Part of a token's life after which the next one is fetched."""
UNKNOWN_LIFE_SECONDS = 60.0
RETRY_SECONDS = 1.0
"""Between two attempts that fail, however often the clients ask."""
LARGEST_TOKEN = 65_536


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is sent to the broker, and when it expires, in Unix seconds."""

    value: str = field(repr=False)
    expires_at: float


class TokenCache:
    """Gives a valid token to any thread, and fetches the next one shortly before it expires.

    Parameters
    ----------
    fetch
        Gets a new token; may take seconds, and raises BrokerError.
    clock
        Unix seconds.
    """

    def __init__(self, fetch: Callable[[], Token], clock: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token = Token("", 0.0)
        self._renew_at = 0.0
        self._failure: DistillwatchError | None = None

    def current(self) -> Token:
        """Return a token that has not expired.

        Raises
        ------
        RefusedError
            We get none, and will not get one later.
        BrokerUnreachableError
            We get none now.
        """
        with self._lock:
            now = self._clock()
            if now >= self._renew_at:
                self._renew(now)
            if self._failure is not None and now >= self._token.expires_at:
                raise type(self._failure)(str(self._failure))
            return self._token

    def _renew(self, now: float) -> None:
        try:
            self._token, self._failure = self._fetch(), None
            self._renew_at = now + USED_SHARE * (self._token.expires_at - now)
        except DistillwatchError as error:
            self._failure = error
            self._renew_at = now + RETRY_SECONDS


@functools.lru_cache(maxsize=8)
def tokens_of(kafka: KafkaSettings) -> TokenCache:
    """Return the tokens of these settings, the same object for all clients of this process."""
    if kafka.oauth_token_file is not None:
        return TokenCache(functools.partial(read_token, kafka.oauth_token_file))
    from streams.token_request import request_token  # noqa: PLC0415 -- loads oauthlib

    return TokenCache(functools.partial(request_token, kafka))


def read_token(path: Path, clock: Callable[[], float] = time.time) -> Token:
    """Return the token that a file holds now.

    It is read again after a minute, or sooner if it says itself, as a JWT, that it expires sooner.

    Raises
    ------
    RefusedError
        The file cannot be read, or holds nothing that could be a token.
    """
    try:
        with path.open(encoding="ascii") as file:
            value = file.read(LARGEST_TOKEN).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not ASCII"
        raise RefusedError(f"kafka.oauth_token_file: cannot read a token from {path}: {reason}") from None
    require_sendable(value, f"kafka.oauth_token_file: {path}")
    return Token(value, min(clock() + UNKNOWN_LIFE_SECONDS, jwt_expiry(value) or float("inf")))


def require_sendable(value: str, place: str) -> None:
    """Raise RefusedError unless a value may stand in an OAUTHBEARER message (RFC 6750)."""
    if not value or not all("!" <= letter <= "~" for letter in value):
        raise RefusedError(f"{place} holds no token: it must be one word of printable characters")


def jwt_expiry(value: str) -> float | None:
    """Return when a token says that it expires, in Unix seconds; None if it is not such a token."""
    try:
        body = value.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return float(claims["exp"])
    except (LookupError, TypeError, ValueError, RecursionError):
        return None
