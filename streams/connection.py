"""How every client reaches the broker, and how a start waits for it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import structlog
from pydantic import SecretStr

from models.errors import BrokerError, SettingsError

if TYPE_CHECKING:
    from faust.types.auth import CredentialsT

    from streams.settings_kafka import KafkaSettings

log = structlog.get_logger(__name__)

CLIENT_ID = "distillwatch"
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 10.0


class ClientOptions(TypedDict, total=False):
    """Keyword arguments that kafka-python's and aiokafka's clients share."""

    bootstrap_servers: list[str]
    client_id: str
    request_timeout_ms: int
    security_protocol: str
    ssl_context: ssl.SSLContext | None
    sasl_mechanism: str | None
    sasl_plain_username: str | None
    sasl_plain_password: str | None


class BrokerUnreachableError(BrokerError):
    """No broker answers now; a later attempt may succeed."""


def bootstrap_servers(kafka: KafkaSettings) -> list[str]:
    """Return the addresses to begin with, `host:port` each."""
    return [server.strip() for server in kafka.bootstrap_servers.split(",")]


def client_options(kafka: KafkaSettings) -> ClientOptions:
    """Return the keyword arguments of any kafka-python or aiokafka client, but for the tokens of OAUTHBEARER.

    Raises
    ------
    SettingsError
        A certificate or key file cannot be read.
    """
    options = ClientOptions(
        bootstrap_servers=bootstrap_servers(kafka),
        client_id=CLIENT_ID,
        request_timeout_ms=int(kafka.request_timeout * 1000),
        security_protocol=kafka.security_protocol,
        ssl_context=ssl_context(kafka),
    )
    if uses_sasl(kafka):
        options["sasl_mechanism"] = kafka.sasl_mechanism
    if uses_sasl(kafka) and not uses_oauth(kafka):
        options["sasl_plain_username"] = kafka.sasl_username
        options["sasl_plain_password"] = _secret(kafka.sasl_password)
    return options


def ssl_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """Return the TLS context of these settings, or None where connections are not encrypted.

    Brokers must present a certificate that `kafka.ssl_cafile`, or the system, trusts for their name.

    Raises
    ------
    SettingsError
        A certificate or key file cannot be read; names the setting.
    """
    if not uses_tls(kafka):
        return None
    context = verifying_context(kafka.ssl_cafile, "kafka.ssl_cafile")
    if kafka.ssl_certfile is not None:
        try:
            # Without a password OpenSSL would ask the terminal for one.
            context.load_cert_chain(
                kafka.ssl_certfile, kafka.ssl_keyfile, lambda: _secret(kafka.ssl_keyfile_password) or ""
            )
        except OSError as error:
            raise SettingsError(
                f"kafka.ssl_certfile, kafka.ssl_keyfile: cannot read {kafka.ssl_certfile} with its key "
                f"{kafka.ssl_keyfile}: {error.strerror or error}; does kafka.ssl_keyfile_password open it?"
            ) from error
    return context


def verifying_context(cafile: Path | None, setting: str) -> ssl.SSLContext:
    """Return a TLS context that verifies certificate and name, from TLS 1.2 on; no setting turns that off.

    Parameters
    ----------
    cafile
        Certificates (PEM) that may sign; the system's store if None.
    setting
        The setting that names them, for errors.

    Raises
    ------
    SettingsError
        The file cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=cafile)
    except OSError as error:
        raise SettingsError(f"{setting}: cannot read certificates from {cafile}: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def faust_credentials(kafka: KafkaSettings) -> CredentialsT | None:
    """Return Faust's `broker_credentials`, or None for a plaintext broker without log-in.

    Raises
    ------
    SettingsError
        A certificate or key file cannot be read.
    """
    from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials  # noqa: PLC0415 -- loads Faust

    context = ssl_context(kafka)
    if uses_oauth(kafka):
        from streams.token_providers import AsyncTokens  # noqa: PLC0415 -- loads what only OAUTHBEARER needs

        return OAuthCredentials(oauth_cb=AsyncTokens(kafka), ssl_context=context)
    if uses_sasl(kafka):
        return SASLCredentials(
            username=kafka.sasl_username,
            password=_secret(kafka.sasl_password),
            mechanism=kafka.sasl_mechanism,
            ssl_context=context,
        )
    return SSLCredentials(context) if context is not None else None


def uses_tls(kafka: KafkaSettings) -> bool:
    """Tell whether connections are encrypted."""
    return kafka.security_protocol in {"SSL", "SASL_SSL"}


def uses_sasl(kafka: KafkaSettings) -> bool:
    """Tell whether we log in."""
    return kafka.security_protocol in {"SASL_PLAINTEXT", "SASL_SSL"}


def uses_oauth(kafka: KafkaSettings) -> bool:
    """Tell whether we log in with a token, and not with a name and a password."""
    return uses_sasl(kafka) and kafka.sasl_mechanism == "OAUTHBEARER"


def wait_for_broker(
    kafka: KafkaSettings,
    *,
    report: Callable[[str], object] | None = None,
    probe: Callable[[KafkaSettings], object] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Return as soon as a broker answers and admits us.

    Parameters
    ----------
    report
        Receives a line of text before every wait; a warning is logged unless given.
    probe
        Tries once and raises BrokerUnreachableError when it is worth to try again;
        `streams.broker.probe_broker` unless given.
    clock, sleep
        Seconds, and how to let them pass.

    Raises
    ------
    BrokerError
        None answered within `kafka.startup_timeout`, or one refused us, which waiting cannot mend.
    SettingsError
        A certificate or key file cannot be read.
    """
    attempt, tell = probe or _default_probe(), report or log.warning
    deadline = clock() + kafka.startup_timeout
    delay = FIRST_DELAY_SECONDS
    while True:
        try:
            attempt(kafka)
        except BrokerUnreachableError as error:
            left = deadline - clock()
            if left <= 0:
                raise BrokerError(
                    f"{error}; gave up after {kafka.startup_timeout:g} s (kafka.startup_timeout): "
                    "start the broker or mend kafka.bootstrap_servers"
                ) from error
            pause = min(delay, left)
            tell(f"{error}; trying again in {pause:.1f} s, giving up in {left:.0f} s")
            sleep(pause)
            delay = min(delay * 2, LONGEST_DELAY_SECONDS)
        else:
            return


def _default_probe() -> Callable[[KafkaSettings], object]:
    from streams.broker import probe_broker  # noqa: PLC0415 -- it imports this module

    return probe_broker


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None
