"""Who may ask the worker's port for more than health and metrics."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: status, a line that says what to do, and headers if there are any."""

    status: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()


FOREIGN_HOST = Refusal("403 Forbidden", "ask by localhost or a loopback address\n")
NO_TOKEN_SET = Refusal("403 Forbidden", "set metrics.token: this port is open to the network\n")
WRONG_TOKEN = Refusal(
    "401 Unauthorized",
    "send metrics.token as `Authorization: Bearer ...`\n",
    (("WWW-Authenticate", "Bearer"),),
)


class Guard:
    """Lets in who shows the token; on loopback everybody, as long as no token is set.

    A page in a browser on this machine can reach loopback by a name of its own that resolves there. Such a
    request names that host, and is refused.

    Parameters
    ----------
    address
        Where the server listens.
    token
        What must be shown.
    """

    def __init__(self, address: str, token: SecretStr | None) -> None:
        self._open = ip_address(address).is_loopback
        self._token = token.get_secret_value().encode() if token else None

    def refusal(self, environ: Mapping[str, Any]) -> Refusal | None:
        """Return why this request, in the form of WSGI, must be refused; nothing if it may be answered."""
        if self._token is not None:
            scheme, _, shown = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
            same = hmac.compare_digest(shown.encode("latin-1", "replace"), self._token)
            return None if same and scheme.lower() == "bearer" else WRONG_TOKEN
        return self.foreign(environ) if self._open else NO_TOKEN_SET

    def foreign(self, environ: Mapping[str, Any]) -> Refusal | None:
        """Return why a request by a foreign name must be refused, where the name is all that guards."""
        guarded = self._open and self._token is None
        return FOREIGN_HOST if guarded and not names_loopback(str(environ.get("HTTP_HOST", ""))) else None


def names_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine by itself: `localhost` or a loopback address."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name.lower() == "localhost"
