"""One request to a schema registry."""

from __future__ import annotations

import base64
import http.client
import time
from typing import NamedTuple
from urllib.request import Request

from models.errors import BrokerError, RefusedError
from streams.connection import BrokerUnreachableError
from streams.fetching import opener, read_answer, untrusted
from streams.settings_registry import SchemaRegistrySettings

LARGEST_ANSWER = 1_048_576
REQUEST_SECONDS = 5.0
OK, NOT_FOUND = 200, 404
_REFUSED = (401, 403)


class Answer(NamedTuple):
    """Status and body of an answer."""

    status: int
    body: bytes


def get(settings: SchemaRegistrySettings, path: str) -> Answer:
    """Ask for a path once; blocks for twice `REQUEST_SECONDS` at most.

    Raises
    ------
    RefusedError
        The registry does not admit us, or cannot be trusted.
    BrokerUnreachableError
        It does not answer.
    """
    url = str(settings.url).rstrip("/")
    request = Request(url + path, headers=_headers(settings))  # noqa: S310 -- the settings allow HTTP(S) only
    deadline = time.monotonic() + REQUEST_SECONDS
    opened = opener(url, settings.cafile, "schema_registry.cafile")
    try:
        with opened.open(request, timeout=REQUEST_SECONDS) as answer:
            found = Answer(answer.status, read_answer(answer, LARGEST_ANSWER, deadline))
    except (OSError, http.client.HTTPException) as error:
        raise _explained(error) from None
    _refuse(found.status)
    return found


def ask_types(settings: SchemaRegistrySettings) -> str:
    """Return the types of schemas that a registry says it holds, as a list for people.

    Raises
    ------
    BrokerError
        The registry does not answer, or refuses us.
    """
    answer = get(settings, "/schemas/types")
    if answer.status != OK:
        raise BrokerUnreachableError(
            f"the schema registry answers with HTTP {answer.status}: check schema_registry.url"
        )
    return answer.body[:100].decode(errors="replace")


def _refuse(status: int) -> None:
    if status in _REFUSED:
        raise RefusedError(
            f"the schema registry does not admit us (HTTP {status}): check schema_registry.username, "
            "schema_registry.password and the rights of that user"
        )


def _headers(settings: SchemaRegistrySettings) -> dict[str, str]:
    headers = {"Accept": "application/vnd.schemaregistry.v1+json, application/json"}
    if settings.username is not None and settings.password is not None:
        login = f"{settings.username}:{settings.password.get_secret_value()}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
    return headers


def _explained(error: Exception) -> BrokerError:
    if detail := untrusted(error):
        return RefusedError(
            f"the schema registry cannot be trusted ({detail}): is its certificate for the name in "
            "schema_registry.url signed by schema_registry.cafile?"
        )
    reason = getattr(error, "reason", error)
    return BrokerUnreachableError(
        f"the schema registry does not answer ({reason}): check schema_registry.url; nothing was lost, start "
        "the worker again when it does"
    )
