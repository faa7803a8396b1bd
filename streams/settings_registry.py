"""The settings of the registry that knows the schemas of records."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from pydantic import SecretStr, field_validator, model_validator

from streams.settings_section import ENCRYPTED, Section

_URL = re.compile(r"^https?://[^\s@?#/]+(/[^\s@?#]*)?$")


class SchemaRegistrySettings(Section):
    """A registry with Confluent's interface, for sources whose records are written in Avro."""

    url: str | None = None
    """Address of the registry, such as `https://registry.example:8081`; without one Avro is not read."""
    username: str | None = None
    """User to log in as by HTTP Basic."""
    password: SecretStr | None = None
    """Password of that user; needs `https://`, never shown."""
    cafile: Path | None = None
    """Certificates (PEM) that may sign the registry's own; the system's store when absent."""

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not _URL.match(value):
            raise ValueError("must be an address with http:// or https://, and without a user in it")
        return value

    @model_validator(mode="after")
    def _credentials_are_complete_and_safe(self) -> Self:
        if self.url is None:
            return self
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password are required together")
        if self.password is not None and not ENCRYPTED.match(self.url):
            raise ValueError("a password needs a url with https:// (http:// for this machine only)")
        return self
