"""One request for a token: the client credentials grant, RFC 6749 section 4.4."""

from __future__ import annotations

import base64
import http.client
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote_plus
from urllib.request import Request

from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error  # type: ignore[import-untyped]

from models.errors import RefusedError
from streams.connection import BrokerUnreachableError
from streams.fetching import opener, read_answer, untrusted
from streams.oauth import LARGEST_TOKEN, UNKNOWN_LIFE_SECONDS, Token, jwt_expiry, require_sendable

if TYPE_CHECKING:
    from streams.settings_kafka import KafkaSettings

LARGEST_ANSWER = 2 * LARGEST_TOKEN
REFUSED_FROM, FAILED_FROM, TOO_MANY = 400, 500, 429
LONGEST_SECONDS = 10.0
LONGEST_LIFE_SECONDS = 86_400.0
_PUBLIC_CODE = re.compile(r"[a-z_]{1,40}")


def request_token(kafka: KafkaSettings, clock: Callable[[], float] = time.time) -> Token:
    """Fetch a token from `kafka.oauth_token_url`; blocks for 10 s at most.

    What the other side says is repeated only as far as it is one of the short error codes of the standard;
    our secret and the token never are.

    Raises
    ------
    RefusedError
        We are not given a token, or our request does not even get there by verified TLS.
    BrokerUnreachableError
        Nobody answers, or not now.
    """
    client = BackendApplicationClient(kafka.oauth_client_id)
    body = client.prepare_request_body(scope=kafka.oauth_scope)
    code, answer = _post(kafka, body.encode())
    if code >= FAILED_FROM or code == TOO_MANY:
        raise BrokerUnreachableError(f"{_place(kafka)} gives no token now (HTTP {code})")
    try:
        parsed = client.parse_request_body_response(answer.decode())
        value, life = str(parsed["access_token"]), parsed.get("expires_in")
        seconds = float(life) if life is not None else None
    except OAuth2Error as error:
        raise _refusal(kafka, str(error.error)) from None
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise _refusal(kafka, f"HTTP {code}, which is no token") from None
    if code >= REFUSED_FROM:
        raise _refusal(kafka, f"HTTP {code}")
    require_sendable(value, f"the answer of {_place(kafka)}")
    now = clock()
    expiry = now + seconds if seconds is not None else jwt_expiry(value)
    return Token(value, min(expiry or now + UNKNOWN_LIFE_SECONDS, now + LONGEST_LIFE_SECONDS))


def _post(kafka: KafkaSettings, body: bytes) -> tuple[int, bytes]:
    """Return the status and the beginning of the answer."""
    headers = {
        "Authorization": f"Basic {_credentials(kafka)}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    request = Request(str(kafka.oauth_token_url), body, headers)  # noqa: S310 -- the settings allow HTTP(S) only
    deadline = time.monotonic() + LONGEST_SECONDS
    try:
        opened = opener(str(kafka.oauth_token_url), kafka.oauth_cafile, "kafka.oauth_cafile")
        with opened.open(request, timeout=LONGEST_SECONDS / 2) as answer:
            return answer.status, read_answer(answer, LARGEST_ANSWER, deadline)
    except (OSError, http.client.HTTPException) as error:
        raise _explain(kafka, error) from None


def _credentials(kafka: KafkaSettings) -> str:
    """Return what HTTP Basic sends: both parts are form-encoded first (RFC 6749 section 2.3.1)."""
    secret = kafka.oauth_client_secret.get_secret_value() if kafka.oauth_client_secret else ""
    return base64.b64encode(
        f"{quote_plus(kafka.oauth_client_id or '')}:{quote_plus(secret)}".encode()
    ).decode()


def _explain(kafka: KafkaSettings, error: Exception) -> RefusedError | BrokerUnreachableError:
    if detail := untrusted(error):
        return RefusedError(
            f"{_place(kafka)} cannot be trusted ({detail}): is its certificate for this name signed by "
            "kafka.oauth_cafile?"
        )
    reason = getattr(error, "reason", error)
    return BrokerUnreachableError(f"{_place(kafka)} does not answer ({reason}): check kafka.oauth_token_url")


def _refusal(kafka: KafkaSettings, reason: str) -> RefusedError:
    known = reason if _PUBLIC_CODE.fullmatch(reason) or reason.startswith("HTTP ") else "an unknown error"
    return RefusedError(
        f"{_place(kafka)} gives no token to client {kafka.oauth_client_id!r} ({known}): check "
        "kafka.oauth_client_id, kafka.oauth_client_secret and kafka.oauth_scope"
    )


def _place(kafka: KafkaSettings) -> str:
    return str(kafka.oauth_token_url).partition("?")[0]
