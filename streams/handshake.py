"""Connect once, as the worker's clients do, and say in plain words why a broker does not admit us."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

from aiokafka import errors  # type: ignore[import-untyped]
from aiokafka.conn import AIOKafkaConnection, OAuthAuthenticator  # type: ignore[import-untyped]

from models.errors import WRONG_SETUP, BrokerError, DistillwatchError, RefusedError
from streams.connection import BrokerUnreachableError, bootstrap_servers, client_options, uses_oauth

if TYPE_CHECKING:
    from streams.settings_kafka import KafkaSettings

WRONG_NAME = {62, 64}
"""OpenSSL's codes for a certificate of another host name or address."""
EXPIRED = 10


async def shake_hands(kafka: KafkaSettings, seconds: float) -> None:
    """Connect to one bootstrap server, with TLS and log-in where they are configured, and disconnect.

    The other clients repeat whatever goes wrong here until their time is over, and then no longer say what
    it was; aiokafka, by which the worker reads and writes, says it at once.

    Raises
    ------
    BrokerUnreachableError
        No server accepts a connection.
    RefusedError
        A server refuses TLS or our log-in, or we get no token for it.
    SettingsError
        A certificate or key file cannot be read.
    """
    options: dict[str, Any] = {**client_options(kafka), "request_timeout_ms": int(seconds * 1000)}
    del options["bootstrap_servers"]
    if uses_oauth(kafka):
        from streams.token_providers import AsyncTokens  # noqa: PLC0415 -- loads what only OAUTHBEARER needs

        options["sasl_oauth_token_provider"] = AsyncTokens(kafka)
    reasons = []
    for server in bootstrap_servers(kafka):
        host, port = server.rsplit(":", 1)
        connection = _Connection(host.strip("[]"), int(port), **options)
        try:
            await connection.connect()
        except (OSError, TimeoutError, errors.KafkaError) as error:
            refusal = explain_refusal(kafka, server, error)
            if refusal is not None:
                raise refusal from None
            reasons.append(f"{server}: {_reason(kafka, error)}")
        else:
            return
        finally:
            await connection.leave()
    raise BrokerUnreachableError(f"no broker answers as {kafka.security_protocol} ({'; '.join(reasons)})")


def explain_refusal(kafka: KafkaSettings, server: str, error: BaseException) -> DistillwatchError | None:
    """Return the error to raise for a server that another attempt cannot mend, or None."""
    cause = error.__cause__ if isinstance(error, errors.KafkaConnectionError) else error
    if isinstance(cause, WRONG_SETUP):
        return cause
    said = _explain_tls(kafka, cause) if isinstance(cause, ssl.SSLError) else _explain_log_in(kafka, cause)
    return RefusedError(f"{server} {said}") if said else None


def _explain_log_in(kafka: KafkaSettings, error: BaseException | None) -> str | None:
    match error:
        case errors.SaslAuthenticationFailed() if uses_oauth(kafka):
            return (
                "refuses our token: check kafka.oauth_client_id and kafka.oauth_scope, or what stands in "
                "kafka.oauth_token_file, and the clocks"
            )
        case errors.SaslAuthenticationFailed():
            return (
                f"refuses user {kafka.sasl_username!r}: check kafka.sasl_username, kafka.sasl_password and "
                "kafka.sasl_mechanism"
            )
        case errors.UnsupportedSaslMechanismError():
            return f"does not offer {kafka.sasl_mechanism}: change kafka.sasl_mechanism"
        case errors.IllegalSaslStateError():
            return "wants no log-in: change kafka.security_protocol"
        case _:
            return None


def _explain_tls(kafka: KafkaSettings, error: ssl.SSLError) -> str:
    reason = error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in WRONG_NAME:
            return (
                "has a certificate for another name: write a name that stands in it into "
                "kafka.bootstrap_servers"
            )
        if error.verify_code == EXPIRED:
            return "has a certificate that has expired: renew it on the broker, or mend this machine's clock"
        signers = kafka.ssl_cafile or "this system's certificates"
        return f"has a certificate that {signers} did not sign: set kafka.ssl_cafile to those who did"
    if "CERTIFICATE_REQUIRED" in reason or ("ALERT" in reason and kafka.ssl_certfile is None):
        return "demands a client certificate: set kafka.ssl_certfile and kafka.ssl_keyfile"
    if "ALERT" in reason:
        return (
            f"refuses our client certificate ({reason}): is kafka.ssl_certfile signed by somebody whom the "
            "broker trusts, and still valid?"
        )
    return f"refuses TLS ({reason or error}): is kafka.security_protocol = {kafka.security_protocol} right?"


def _reason(kafka: KafkaSettings, error: Exception) -> str:
    if isinstance(error.__cause__, BrokerError):
        return str(error.__cause__)
    if isinstance(error, ConnectionResetError | errors.KafkaConnectionError):
        return f"the connection was closed; is kafka.security_protocol = {kafka.security_protocol} right?"
    return str(error) or type(error).__name__


class _Connection(AIOKafkaConnection):  # type: ignore[misc]
    _open: asyncio.Transport | None = None

    async def leave(self) -> None:
        """Close at once: a farewell by TLS may take half a minute, and our event loop ends now."""
        closed = self.close()
        if self._open is not None and closed is not None:
            self._open.abort()
            await closed

    def close(self, reason: object = None, exc: BaseException | None = None) -> asyncio.Future[None] | None:
        self._open = self._writer.transport if self._writer is not None else self._open
        closed: asyncio.Future[None] | None = super().close(reason, exc)
        return closed

    def authenticator_oauth(self) -> OAuthAuthenticator:
        return _CheckedAuthenticator(sasl_oauth_token_provider=self._sasl_oauth_token_provider)


class _CheckedAuthenticator(OAuthAuthenticator):  # type: ignore[misc]
    """Notices that a token is refused: the broker answers with a reason, and aiokafka takes it for a yes."""

    async def step(self, payload: bytes | None) -> tuple[bytes, bool] | None:
        if payload:
            raise errors.SaslAuthenticationFailed("the token was refused")
        answer: tuple[bytes, bool] | None = await super().step(payload)
        return answer
