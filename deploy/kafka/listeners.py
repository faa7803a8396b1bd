"""The listeners of a local Kafka: plaintext always, and what is asked for of TLS and log-ins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROTOCOLS = {
    "CONTROLLER": "PLAINTEXT",
    "PLAINTEXT": "PLAINTEXT",
    "SASL_PLAINTEXT": "SASL_PLAINTEXT",
    "SSL": "SSL",
    "MTLS": "SSL",
    "SASL_SSL": "SASL_SSL",
}
MECHANISMS = {
    "SASL_PLAINTEXT": ("PLAIN",),
    "SASL_SSL": ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"),
}
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")
PACKAGE = "org.apache.kafka.common.security"


@dataclass(frozen=True, slots=True)
class ServerTls:
    """Certificates of a broker.

    Parameters
    ----------
    keystore
        Its key, its certificate and those in between (PEM).
    truststore
        Certificates (PEM) that may sign those of clients.
    """

    keystore: Path
    truststore: Path


@dataclass(frozen=True, slots=True)
class Security:
    """What a local Kafka offers beside its plaintext listener.

    Parameters
    ----------
    users
        Names and passwords. If there are any, listeners with log-in admit them and access control lists are
        in force; who comes by the listeners `PLAINTEXT` or `SSL` is nobody in particular, and allowed
        everything.
    tls
        If given, there are listeners `SSL`, `MTLS` (which demands a client certificate; its common name is
        the user) and, with users, `SASL_SSL`.
    """

    users: Mapping[str, str] = field(default_factory=dict)
    tls: ServerTls | None = None

    def names(self) -> list[str]:
        """Return the names of the listeners."""
        login = ["SASL_PLAINTEXT"] if self.users else []
        login_by_tls = ["SASL_SSL"] if self.users and self.tls else []
        return ["PLAINTEXT", *login, *(["SSL", "MTLS"] if self.tls else []), *login_by_tls]

    def properties(self) -> dict[str, str]:
        """Return the server properties that these listeners need."""
        names = self.names()
        mapped = [f"{name}:{PROTOCOLS[name]}" for name in ("CONTROLLER", *names)]
        properties = {"listener.security.protocol.map": ",".join(mapped)}
        if self.users or self.tls:
            properties |= access_control()
        if self.tls:
            properties |= encryption(self.tls)
        for name in names:
            if name.startswith("SASL"):
                properties |= log_in(name, self.users)
        return properties

    def scram_credentials(self) -> list[str]:
        """Return the options of `kafka-storage format` that make the users known to SCRAM."""
        return [
            option
            for mechanism in SCRAM
            for name, password in self.users.items()
            for option in ("--add-scram", f"{mechanism}=[name={name},password={password}]")
        ]


def access_control() -> dict[str, str]:
    """Return the server properties that enforce access control lists."""
    return {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "ssl.principal.mapping.rules": r"RULE:^.*CN=([^,]+).*$/$1/,DEFAULT",
    }


def encryption(tls: ServerTls) -> dict[str, str]:
    """Return the server properties with these certificates."""
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(tls.keystore),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(tls.truststore),
        "listener.name.mtls.ssl.client.auth": "required",
    }


def log_in(listener: str, users: Mapping[str, str]) -> dict[str, str]:
    """Return the server properties that admit users by the mechanisms of this listener.

    OAUTHBEARER takes Kafka's own unsecured tokens, which anybody can write: it is for tests alone.
    """
    accounts = " ".join(f'user_{name}="{password}"' for name, password in users.items())
    modules = {
        "PLAIN": f"plain.PlainLoginModule required {accounts}",
        "OAUTHBEARER": "oauthbearer.OAuthBearerLoginModule required",
        **dict.fromkeys(SCRAM, "scram.ScramLoginModule required"),
    }
    prefix = f"listener.name.{listener.lower()}"
    jaas = {
        f"{prefix}.{name.lower()}.sasl.jaas.config": f"{PACKAGE}.{modules[name]};"
        for name in MECHANISMS[listener]
    }
    return {f"{prefix}.sasl.enabled.mechanisms": ",".join(MECHANISMS[listener]), **jaas}
