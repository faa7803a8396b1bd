"""What a broker tells us and does for us, by the admin client of kafka-python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.errors import BrokerError, TopicError
from streams.kafka_python import ConfigResource, OffsetSpec, TopicPartition, errors
from streams.topic_plan import TopicFacts, grant
from streams.topic_specs import TopicSpec

if TYPE_CHECKING:
    from streams.settings_kafka import KafkaSettings

NO_ERROR = 0
NOT_TOLD = -1
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
        return self.end - max(self.first, self.committed or 0)

    @property
    def expired(self) -> int:
        """Number of records that were deleted before the group had read them."""
        return 0 if self.committed is None else max(0, self.first - self.committed)

    @property
    def beyond_end(self) -> bool:
        """Whether the group has read records that the topic never had: it was deleted and made anew."""
        return self.committed is not None and self.committed > self.end


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A consumer group as it exists.

    Parameters
    ----------
    state
        Kafka's word for it: `Stable`, `Empty`, `PreparingRebalance`, ..., or `Dead` where there is none.
    members
        Consumers in it.
    rights
        Operations that we may do on it, or None where the broker does not tell.
    """

    state: str
    members: int
    rights: frozenset[str] | None


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

    def group(self, name: str) -> GroupFacts:
        """Return the facts of a consumer group."""
        with translated(f"describe group {name!r}"):
            try:
                described = self._client.describe_groups([name])[name]
            except errors.GroupAuthorizationFailedError:
                return GroupFacts(state="unknown", members=0, rights=frozenset())
            except errors.CoordinatorNotAvailableError:  # no group has ever met on this broker
                return GroupFacts(state="Dead", members=0, rights=None)
        rights = described["authorized_operations"]
        return GroupFacts(
            state=described["group_state"],
            members=len(described["members"]),
            rights=None if rights is None else frozenset(rights),
        )

    def clock_ms(self) -> int | None:
        """Return the wall clock of the controller in Unix ms, or None where it is not told."""
        try:
            quorum = self._client.describe_metadata_quorum()["topics"][0]["partitions"][0]
        except (errors.KafkaError, LookupError):
            return None
        leader = [voter for voter in quorum["current_voters"] if voter["replica_id"] == quorum["leader_id"]]
        told = leader[0]["last_caught_up_timestamp"] if leader else NOT_TOLD
        return None if told == NOT_TOLD else int(told)

    def _committed(self, group: str) -> dict[Any, int]:
        try:
            offsets = self._client.list_group_offsets({group: None})[group]
        except errors.CoordinatorNotAvailableError:  # no group has ever met on this broker
            return {}
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
        id=str(topic["topic_id"]),
    )
