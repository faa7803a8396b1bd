"""The settings of `distillwatch console`."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from models.event import MAX_NAME_BYTES
from streams.settings_section import Section

_ORIGIN = re.compile(r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?$|^https?://\[[0-9A-Fa-f:.]+\](:\d{1,5})?$")
_HEADER = re.compile(r"^[A-Za-z0-9-]{1,64}$")


class ConsoleSettings(Section):
    """The web page on alerts, tenants and campaigns."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """Address to listen on; anything but a loopback address needs `console.token`."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 9466
    """Port to listen on."""
    token: Annotated[SecretStr, Field(min_length=16)] | None = None
    """Token of at least 16 characters to log in with; never shown."""
    public_url: str | None = None
    """Where people reach it through a proxy, such as `https://console.example`; its only name then."""
    write: bool = False
    """Whether verdicts and suppressions can be given in it; needs `console.author` or `author_header`."""
    author: str | None = None
    """In whose name changes are made where no proxy tells."""
    author_header: str | None = None
    """Header in which a trusted proxy names the user; nobody else may reach the port then."""
    days: Annotated[float, Field(gt=0, le=365, allow_inf_nan=False)] = 30.0
    """Days for which alerts are read back at the start, and closed ones are kept."""
    score_hours: Annotated[float, Field(gt=0, le=168, allow_inf_nan=False)] = 24.0
    """Hours for which scores are read back at the start."""
    max_tenants: Annotated[int, Field(ge=1, le=20_000)] = 1_000
    """Tenants of which scores are kept, 500 each, suspects first; at most about 0.2 MB a tenant."""

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str | None) -> str | None:
        if value is not None and not _ORIGIN.match(value):
            raise ValueError("must be http:// or https:// with a host, and a port perhaps, and nothing more")
        return value

    @field_validator("author")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        if value is not None and not (value.isprintable() and 0 < len(value.encode()) <= MAX_NAME_BYTES):
            raise ValueError(f"must have 1 to {MAX_NAME_BYTES} bytes, all of them printable")
        return value

    @field_validator("author_header")
    @classmethod
    def _is_a_header(cls, value: str | None) -> str | None:
        if value is not None and not _HEADER.match(value):
            raise ValueError("must be the name of a header, such as X-Forwarded-User")
        return value

    @model_validator(mode="after")
    def _is_guarded(self) -> Self:
        if self.token is None and not self.on_loopback:
            raise ValueError(
                "console.token must be set, with at least 16 characters: console.host is open to the network"
            )
        if self.write and self.author is None and self.author_header is None:
            raise ValueError("console.author must be set, or console.author_header: console.write is true")
        return self

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def public_host(self) -> str | None:
        """What the Host header must be where people come through a proxy, in small letters."""
        return urlsplit(self.public_url).netloc.lower() if self.public_url else None
