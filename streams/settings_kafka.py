"""The settings of the connection to the brokers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from streams.settings_section import Seconds, Section

_TOKEN_URL = re.compile(r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$))[^\s@#]+$")
_LOGIN = dict.fromkeys(("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"), ("sasl_username", "sasl_password"))
_SERVER = re.compile(r"^(\[[0-9a-fA-F:]+\]|[^\s:,]+):\d{1,5}$")


class KafkaSettings(Section):
    """The broker; this one section feeds the worker, the admin client and the tools."""

    bootstrap_servers: str = "127.0.0.1:9092"
    """Comma-separated `host:port` of some brokers of the cluster."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How connections are secured."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = None
    """How we log in; required by the SASL protocols."""
    sasl_username: str | None = None
    """User to log in as; required by PLAIN and SCRAM."""
    sasl_password: SecretStr | None = None
    """Password to log in with; required by PLAIN and SCRAM, never shown."""
    oauth_token_url: str | None = None
    """Where OAUTHBEARER fetches tokens, by the client credentials grant (RFC 6749); `https://` only."""
    oauth_client_id: str | None = None
    """Client that the tokens are for; required with `oauth_token_url`."""
    oauth_client_secret: SecretStr | None = None
    """Secret of that client; required with `oauth_token_url`, never shown."""
    oauth_scope: str | None = None
    """Scopes to ask for, separated by blanks; those of the client when absent."""
    oauth_cafile: Path | None = None
    """Certificates (PEM) that may sign that of `oauth_token_url`; the system's store when absent."""
    oauth_token_file: Path | None = None
    """File with a token that somebody keeps fresh, such as Kubernetes, in place of `oauth_token_url`."""
    ssl_cafile: Path | None = None
    """Certificates (PEM) that may sign the brokers' own; the system's store when absent."""
    ssl_certfile: Path | None = None
    """Our client certificate (PEM), when the brokers ask for one."""
    ssl_keyfile: Path | None = None
    """Key (PEM) of the client certificate."""
    ssl_keyfile_password: SecretStr | None = None
    """Password of that key, where it has one; never shown."""
    group: Annotated[str, Field(min_length=1, max_length=255)] = "distillwatch"
    """Consumer group; workers of one group share the partitions."""
    startup_timeout: Seconds = 60.0
    """Seconds to wait for the broker at the start before giving up."""
    request_timeout: Seconds = 30.0
    """Seconds until a single request to the broker has failed."""

    @field_validator("bootstrap_servers")
    @classmethod
    def _servers_have_ports(cls, value: str) -> str:
        for server in value.split(","):
            if not _SERVER.match(server.strip()):
                raise ValueError("must be host:port, several separated by commas")
        return value

    @field_validator("oauth_token_url")
    @classmethod
    def _secret_travels_encrypted(cls, value: str | None) -> str | None:
        if value is not None and not _TOKEN_URL.match(value):
            raise ValueError("must be an address with https:// (http:// for this machine only)")
        return value

    @model_validator(mode="after")
    def _credentials_are_complete(self) -> Self:
        if self.security_protocol.startswith("SASL"):
            for name in ("sasl_mechanism", *_LOGIN.get(self.sasl_mechanism or "", ())):
                if getattr(self, name) is None:
                    raise ValueError(f"{name} is required when security_protocol is {self.security_protocol}")
            if self.sasl_mechanism == "OAUTHBEARER":
                self._require_token_source()
        if (self.ssl_certfile is None) != (self.ssl_keyfile is None):
            raise ValueError("ssl_certfile and ssl_keyfile are required together")
        return self

    def _require_token_source(self) -> None:
        if (self.oauth_token_url is None) == (self.oauth_token_file is None):
            raise ValueError("OAUTHBEARER needs either oauth_token_url or oauth_token_file")
        for name in ("oauth_client_id", "oauth_client_secret"):
            if self.oauth_token_url is not None and getattr(self, name) is None:
                raise ValueError(f"{name} is required with oauth_token_url")
