"""Which topics distillwatch needs, and how what exists differs from it; nothing here talks to a broker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streams.topic_specs import TopicSpec, wanted_topics

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.settings_kafka import KafkaSettings

NO_LIMIT = -1


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """A topic as it exists.

    Parameters
    ----------
    replication
        Copies of the partition that has the fewest.
    config
        Its effective configuration, or None if we may not read it.
    rights
        Operations that we may do on it, such as `READ`.
    refused
        We may not even learn whether it exists; the rest is empty then.
    id
        What tells it from another that was created anew under its name.
    """

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str] | None
    rights: frozenset[str]
    refused: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """What `topics apply` would do, and what it must not do by itself.

    Parameters
    ----------
    create
        Topics to create.
    keep
        Topics that are as they have to be.
    problems
        What has to be mended by hand first, a line each.
    notes
        What is missing and not ours to create, a line each.
    """

    create: tuple[TopicSpec, ...] = ()
    keep: tuple[TopicSpec, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return the plan for people, a line each."""
        return [
            *(f"create {spec}" for spec in self.create),
            *(f"keep   {spec.role} {spec.name!r}" for spec in self.keep),
            *(f"mend   {problem}" for problem in self.problems),
            *(f"note   {note}" for note in self.notes),
        ]


def topic_names(settings: Settings) -> list[str]:
    """Return the names of the topics that these settings use, the sources first."""
    return [spec.name for spec in wanted_topics(settings, 1)]


def make_plan(
    settings: Settings,
    existing: Mapping[str, TopicFacts],
    *,
    with_source: bool = False,
    as_worker: bool = True,
) -> TopicPlan:
    """Compare what is needed with what exists.

    Parameters
    ----------
    existing
        Topics by name; those that do not exist are absent.
    with_source
        Whether missing source topics may be created, which are the platform's own otherwise.
    as_worker
        Whether we are the one who reads and writes the topics, and miss the rights to do so.
    """
    source, keyed = existing.get(settings.source.topic), settings.source.keyed_by_tenant
    missing = [] if with_source else _sources_missing(settings, existing)
    notes = tuple(
        f"{role} {name!r} does not exist: it belongs to the platform; mend {role}, or create it with "
        "`distillwatch topics apply --with-source`"
        for name, role in missing
    )
    if keyed and notes:  # the state needs as many partitions as the source has
        return TopicPlan(problems=notes)
    wanted = wanted_topics(settings, source.partitions if source else settings.topics.partitions)
    wanted = [_follow_sketches(settings, spec, existing) for spec in wanted]
    if not as_worker:
        wanted = [replace(spec, rights=frozenset()) for spec in wanted]
    if keyed and source and source.refused:
        return TopicPlan(problems=tuple(differences(settings, wanted[0], source)))
    wanted = [spec for spec in wanted if (spec.name, spec.role) not in missing]
    found = [(spec, existing[spec.name]) for spec in wanted if spec.name in existing]
    problems = {spec.name: list(differences(settings, spec, facts)) for spec, facts in found}
    return TopicPlan(
        create=tuple(spec for spec in wanted if spec.name not in existing),
        keep=tuple(spec for spec in wanted if problems.get(spec.name) == []),
        problems=tuple(line for lines in problems.values() for line in lines),
        notes=notes,
    )


def differences(settings: Settings, spec: TopicSpec, facts: TopicFacts) -> Iterator[str]:
    """Yield a line for everything that keeps an existing topic from being used; says how to mend it."""
    called = f"{spec.role} {spec.name!r}"
    if facts.refused:
        yield f"may not see {called}: {grant(settings.kafka, 'Describe', topic=spec.name)}"
        return
    for right in sorted(spec.rights - facts.rights):
        yield f"may not {right} {called}: {grant(settings.kafka, right.title(), topic=spec.name)}"
    if spec.fixed_partitions and facts.partitions != spec.partitions:
        yield _wrong_partitions(settings, spec, facts)
    if facts.replication < spec.replication and not spec.theirs:
        yield (
            f"{called} has {facts.replication} copies and topics.replication_factor is {spec.replication}: "
            "reassign its partitions to more brokers, or lower the setting"
        )
    if facts.config is None:
        yield f"may not read the configuration of {called}: " + grant(
            settings.kafka, "DescribeConfigs", topic=spec.name
        )
    else:
        yield from _config_differences(spec, facts.config)


def grant(kafka: KafkaSettings, operation: str, *, topic: str = "", group: str = "") -> str:
    """Return the advice, with its command, that gives us a right on a topic or a group."""
    resource = f"--topic {topic}" if topic else f"--group {group}"
    return (
        f"grant it with `kafka-acls.sh --bootstrap-server {kafka.bootstrap_servers} --add "
        f"--allow-principal 'User:{_user(kafka)}' --operation {operation} {resource}`"
    )


def _user(kafka: KafkaSettings) -> str:
    if kafka.security_protocol == "SSL" and kafka.ssl_certfile is not None:
        return "<subject of kafka.ssl_certfile>"
    if kafka.security_protocol in {"PLAINTEXT", "SSL"}:
        return "ANONYMOUS"
    return "<subject of the token>" if kafka.sasl_mechanism == "OAUTHBEARER" else str(kafka.sasl_username)


def _follow_sketches(settings: Settings, spec: TopicSpec, existing: Mapping[str, TopicFacts]) -> TopicSpec:
    sketches = existing.get(settings.topics.sketches)
    if (
        spec.role not in {"topics.state", "topics.population", "topics.fingerprints"}
        or settings.source.keyed_by_tenant
        or not (sketches and sketches.partitions)
    ):
        return spec
    return replace(spec, partitions=sketches.partitions)


def _sources_missing(settings: Settings, existing: Mapping[str, TopicFacts]) -> list[tuple[str, str]]:
    """Return name and role of every source topic that does not exist."""
    sources = settings.all_sources.items()
    return [(source.topic, f"{name}.topic") for name, source in sources if source.topic not in existing]


def _wrong_partitions(settings: Settings, spec: TopicSpec, facts: TopicFacts) -> str:
    found = f"{spec.role} {spec.name!r} has {facts.partitions} partitions and needs {spec.partitions}"
    if spec.role == "topics.sketches":
        return (
            f"{found} (topics.partitions): set topics.partitions = {facts.partitions}, or stop the workers, "
            "delete the sketch and state topics and run `distillwatch topics apply`"
        )
    like = settings.source.topic if settings.source.keyed_by_tenant else settings.topics.sketches
    if spec.role == "topics.population":
        return (
            f"{found}, as many as {like!r}, so that one worker has the first partition of both: stop the "
            "workers, delete the population topic and run `distillwatch topics apply`"
        )
    if spec.role == "topics.fingerprints":
        return (
            f"{found}, as many as {like!r}, so that templates are kept where the tenants are: stop the "
            "workers, delete the fingerprint topic and run `distillwatch topics apply`"
        )
    if spec.role == "topics.control":
        return (
            f"{found}, so that all see the changes in one order: stop the workers, delete the control topic "
            "(with it all changes) and run `distillwatch topics apply`"
        )
    return (
        f"{found}, as many as {like!r}, since a tenant's state lies in the partition of its events: stop the "
        "workers, delete the state topic (every tenant starts anew) and run `distillwatch topics apply`"
    )


def _config_differences(spec: TopicSpec, config: Mapping[str, str]) -> Iterator[str]:
    for key, value in spec.exact.items():
        if config.get(key) != value:
            yield _alter(spec, key, config.get(key), value)
    for key, least in spec.least.items():
        found = int(config.get(key, least))
        if NO_LIMIT != found < least:
            yield _alter(spec, key, str(found), str(least))


def _alter(spec: TopicSpec, key: str, found: str | None, needed: str) -> str:
    return (
        f"{spec.role} {spec.name!r} has {key}={found} and needs {needed}: run `kafka-configs.sh --alter "
        f"--entity-type topics --entity-name {spec.name} --add-config {key}={needed}`"
    )
