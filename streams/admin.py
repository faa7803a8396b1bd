"""What a broker tells us and does for us, by the admin client of kafka-python."""

from __future__ import annotations

import contextlib
import socket
import ssl
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.errors import BrokerError, TopicError
from streams.connection import BrokerUnreachableError, bootstrap_servers, client_options, ssl_context
from streams.topic_plan import TopicFacts, TopicSpec, grant

with warnings.catch_warnings():
    # It reads its schemas with functions that Python 3.11 and 3.12 call deprecated and 3.13 does not.
    warnings.filterwarnings("ignore", "(read|open)_text is deprecated", DeprecationWarning)
    from kafka import KafkaAdminClient, TopicPartition, errors  # type: ignore[import-untyped]
    from kafka.admin import ConfigResource, OffsetSpec  # type: ignore[import-untyped]
    from kafka.net.compat import KafkaNetClient  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from streams.settings import KafkaSettings

LONGEST_PROBE_SECONDS = 5.0
NO_ERROR = 0
REFUSED = errors.TopicAuthorizationFailedError.errno
UNKNOWN_TOPIC = errors.UnknownTopicOrPartitionError.errno
EXISTS = errors.TopicAlreadyExistsError.errno
MAY_NOT_CREATE = {REFUSED, errors.ClusterAuthorizationFailedError.errno}


@dataclass(frozen=True, slots=True)
class GroupLag:
    """How far a consumer group is behind on one partition.

    Parameters
    ----------
    committed
        Next offset that the group will read, or None if it has committed none.
    first, end
        Oldest offset still stored, and the offset that the next record will get.
    """

    topic: str
    partition: int
    committed: int | None
    first: int
    end: int

    @property
    def lag(self) -> int:
        """Number of stored records that the group has not read."""
        return self.end - max(self.first, self.committed if self.committed is not None else self.first)


class Admin:
    """The few questions and orders that distillwatch has for a broker.

    Every method raises BrokerError when the broker does not answer or refuses.
    """

    def __init__(self, client: Any, kafka: KafkaSettings) -> None:
        self._client = client
        self._kafka = kafka

    def brokers(self) -> int:
        """Return the number of brokers in the cluster."""
        with translated("describe the cluster"):
            return len(self._client.describe_cluster()["brokers"])

    def topics(self, names: Sequence[str]) -> dict[str, TopicFacts]:
        """Return what exists under these names; topics that do not exist are absent."""
        with translated("describe topics"):
            described = self._client.describe_topics(list(names))
            found = {topic["name"]: topic for topic in described if topic["error_code"] != UNKNOWN_TOPIC}
            readable = [name for name, topic in found.items() if may_read_config(topic)]
            configs = self._configs(readable)
        return {name: topic_facts(topic, configs.get(name)) for name, topic in found.items()}

    def create(self, specs: Sequence[TopicSpec]) -> None:
        """Create topics and wait until they can be used.

        Raises
        ------
        TopicError
            A topic was refused; one line each with what to do.
        """
        wanted = {
            spec.name: {
                "num_partitions": spec.partitions,
                "replication_factor": spec.replication,
                "configs": dict(spec.creation_config()),
            }
            for spec in specs
        }
        with translated("create topics"):
            answer = self._client.create_topics(wanted, raise_errors=False)
            refusals = [topic for topic in answer["topics"] if topic["error_code"] not in {NO_ERROR, EXISTS}]
            if not refusals:
                self._client.wait_for_topics(list(wanted), timeout_ms=int(self._kafka.request_timeout * 1000))
        if refusals:
            raise TopicError("\n".join(self._explain(refusal) for refusal in refusals))

    def lag(self, group: str, topics: Iterable[TopicFacts]) -> list[GroupLag]:
        """Return how far a group is behind on every partition of these topics."""
        partitions = [
            TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)
        ]
        with translated(f"read the offsets of group {group!r}"):
            committed = self._committed(group)
            firsts = self._client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
            ends = self._client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
        return [
            GroupLag(
                place.topic, place.partition, committed.get(place), firsts[place].offset, ends[place].offset
            )
            for place in partitions
        ]

    def group_rights(self, group: str) -> frozenset[str]:
        """Return the operations that we may do on a consumer group, such as `READ`."""
        with translated(f"describe group {group!r}"):
            described = self._client.describe_groups([group])[group]
        return frozenset(described.get("authorized_operations") or ())

    def _committed(self, group: str) -> dict[Any, int]:
        offsets = self._client.list_group_offsets({group: None})[group]
        return {place: found.offset for place, found in offsets.items() if found.offset >= 0}

    def _configs(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        resources = [ConfigResource("TOPIC", name) for name in names]
        described = self._client.describe_configs(resources, config_filter="all")["topic"]
        return {name: {key: entry["value"] for key, entry in described[name].items()} for name in names}

    def _explain(self, refusal: dict[str, Any]) -> str:
        name, code = refusal["name"], refusal["error_code"]
        if code in MAY_NOT_CREATE:
            return f"may not create topic {name!r}: {grant(self._kafka, 'Create', topic=name)}"
        reason = refusal.get("error_message") or errors.for_code(code).__name__
        return (
            f"topic {name!r} cannot be created: {reason}; mend topics.partitions or "
            "topics.replication_factor, or ask who runs the broker"
        )


@contextmanager
def open_admin(kafka: KafkaSettings, *, timeout: float | None = None) -> Iterator[Admin]:
    """Connect to the broker and close the connection afterwards.

    Parameters
    ----------
    timeout
        Seconds to try; `kafka.request_timeout` unless given.

    Raises
    ------
    BrokerUnreachableError
        No broker answers.
    BrokerError
        A broker answers and refuses us.
    SettingsError
        A certificate or key file cannot be read.
    """
    seconds = kafka.request_timeout if timeout is None else timeout
    client = connect(kafka, seconds)
    try:
        yield Admin(client, kafka)
    finally:
        client.close()


def connect(kafka: KafkaSettings, seconds: float) -> Any:
    """Return a connected admin client of kafka-python; errors as of `open_admin`."""
    started: list[Any] = []

    def start(**config: Any) -> Any:
        started.append(KafkaNetClient(**config))
        return started[0]

    try:
        check_handshake(kafka, seconds)
        return KafkaAdminClient(
            **client_options(kafka), bootstrap_timeout_ms=int(seconds * 1000), kafka_client=start
        )
    except errors.KafkaError as error:
        for network in started:  # its own constructor leaves the thread running
            network.close()
            network._net.stop()  # noqa: SLF001
        raise explain_refusal(kafka, error) from error


def probe_broker(kafka: KafkaSettings) -> None:
    """Try once whether a broker answers and admits us; errors as of `open_admin`."""
    with open_admin(kafka, timeout=min(LONGEST_PROBE_SECONDS, kafka.request_timeout)) as admin:
        admin.brokers()


def check_handshake(kafka: KafkaSettings, seconds: float) -> None:
    """Open a connection to one bootstrap server, with TLS if it is configured, and close it.

    kafka-python retries whatever goes wrong here until its time is over and then no longer says what it was.

    Raises
    ------
    BrokerUnreachableError
        No server accepts a connection.
    BrokerError
        TLS fails: the certificate is not trusted, or the server does not speak TLS there.
    """
    context, reasons = ssl_context(kafka), []
    for server in bootstrap_servers(kafka):
        host, port = server.rsplit(":", 1)
        host = host.strip("[]")
        try:
            with socket.create_connection((host, int(port)), timeout=seconds) as plain:
                if context is not None:
                    context.wrap_socket(plain, server_hostname=host).close()
                return
        except ssl.SSLError as error:
            raise BrokerError(
                f"{server} refuses TLS: {error.reason or error}; is kafka.security_protocol right, and is "
                "its certificate for this name signed by kafka.ssl_cafile?"
            ) from error
        except OSError as error:
            reasons.append(f"{server}: {error.strerror or error}")
    raise BrokerUnreachableError(f"no broker answers ({'; '.join(reasons)})")


def explain_refusal(kafka: KafkaSettings, error: Exception) -> BrokerError:
    """Return the error to raise when a broker took the connection and would not go on."""
    servers = kafka.bootstrap_servers
    match error:
        case errors.SaslAuthenticationFailedError():
            return BrokerError(
                f"{servers} refuses user {kafka.sasl_username!r}: check kafka.sasl_username, "
                "kafka.sasl_password and kafka.sasl_mechanism"
            )
        case errors.UnsupportedSaslMechanismError():
            return BrokerError(
                f"{servers} does not offer {kafka.sasl_mechanism}: change kafka.sasl_mechanism"
            )
        case errors.AuthorizationError():
            return BrokerError(f"{servers} does not permit us to connect: {error}")
        case _:
            return BrokerUnreachableError(
                f"{servers} takes connections and does not answer as {kafka.security_protocol}: "
                "it is starting, or kafka.security_protocol is wrong"
            )


@contextlib.contextmanager
def translated(attempt: str) -> Iterator[None]:
    """Turn kafka-python's errors into BrokerError; `attempt` completes the sentence "cannot ..."."""
    try:
        yield
    except errors.KafkaError as error:
        raise BrokerError(f"cannot {attempt}: {error}") from error


def may_read_config(topic: dict[str, Any]) -> bool:
    """Tell whether a described topic lets us read its configuration."""
    return topic["error_code"] == NO_ERROR and "DESCRIBE_CONFIGS" in (topic["authorized_operations"] or ())


def topic_facts(topic: dict[str, Any], config: dict[str, str] | None) -> TopicFacts:
    """Return the facts of a topic as kafka-python describes it."""
    partitions = topic["partitions"]
    return TopicFacts(
        name=topic["name"],
        partitions=len(partitions),
        replication=min((len(partition["replica_nodes"]) for partition in partitions), default=0),
        config=config,
        rights=frozenset(topic["authorized_operations"] or ()),
        refused=topic["error_code"] == REFUSED,
    )
