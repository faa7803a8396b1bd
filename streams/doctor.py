"""What is wrong between us and the broker, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.errors import BrokerError, DistillwatchError
from streams.admin import Admin, GroupLag
from streams.broker import open_admin
from streams.connection import BrokerUnreachableError, uses_oauth
from streams.topic_plan import TopicFacts, make_plan, topic_names
from streams.topics import group_problems, problems_of

if TYPE_CHECKING:
    from streams.settings import Settings

CLOCK_TOLERANCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of one check.

    Parameters
    ----------
    name
        What was checked: `broker`, `log-in`, `topics`, `group`, `lag`, `clock` or `registry`.
    detail
        What was found.
    remedy
        What to do; empty when all is well.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def diagnose(settings: Settings, *, clock: Callable[[], float] = time.time) -> list[Diagnosis]:
    """Check everything between us and the broker, changing nothing there.

    Parameters
    ----------
    clock
        Our wall clock in Unix seconds.

    Raises
    ------
    SettingsError
        A certificate or key file cannot be read.
    """
    servers = settings.kafka.bootstrap_servers
    try:
        with open_admin(settings.kafka) as admin:
            count = admin.brokers()
            found = [
                Diagnosis("broker", ok=True, detail=f"{servers} answers; brokers in the cluster: {count}"),
                Diagnosis("log-in", ok=True, detail=_identity(settings)),
            ]
            return found + _examine(admin, settings, clock) + _registry(settings)
    except BrokerUnreachableError as error:
        return [
            Diagnosis(
                "broker",
                ok=False,
                detail=str(error),
                remedy="start the broker or mend kafka.bootstrap_servers",
            )
        ]
    except BrokerError as error:
        return [
            Diagnosis("broker", ok=True, detail=f"{servers} takes connections"),
            _failed("log-in", error),
        ]


def _examine(admin: Admin, settings: Settings, clock: Callable[[], float]) -> list[Diagnosis]:
    existing = admin.topics(topic_names(settings))
    checks: Sequence[tuple[str, Callable[[], list[Diagnosis]]]] = (
        ("topics", lambda: list(_topics(settings, existing))),
        ("group", lambda: [_group(admin, settings)]),
        ("lag", lambda: list(_lag(admin, settings, existing))),
        ("clock", lambda: [_clock(admin, clock)]),
    )
    return [diagnosis for name, check in checks for diagnosis in _guarded(name, check)]


def _guarded(name: str, check: Callable[[], list[Diagnosis]]) -> list[Diagnosis]:
    try:
        return check()
    except BrokerError as error:
        return [_failed(name, error)]


def _identity(settings: Settings) -> str:
    kafka = settings.kafka
    who = kafka.oauth_client_id or kafka.oauth_token_file if uses_oauth(kafka) else kafka.sasl_username
    return f"{kafka.security_protocol} as {who or kafka.ssl_certfile or 'nobody in particular'}"


def _topics(settings: Settings, existing: dict[str, TopicFacts]) -> Iterator[Diagnosis]:
    problems = problems_of(make_plan(settings, existing))
    for problem in problems:
        yield _failed("topics", problem)
    if not problems:
        yield Diagnosis("topics", ok=True, detail=f"all {len(existing)} are there, as they have to be")


def _group(admin: Admin, settings: Settings) -> Diagnosis:
    name = settings.kafka.group
    facts = admin.group(name)
    for problem in group_problems(settings, facts):
        return _failed("group", problem)
    if facts.members == 0:
        return Diagnosis("group", ok=True, detail=f"no worker of group {name!r} is running")
    return Diagnosis("group", ok=True, detail=f"{name!r} is {facts.state}; workers in it: {facts.members}")


def _lag(admin: Admin, settings: Settings, existing: dict[str, TopicFacts]) -> Iterator[Diagnosis]:
    read = {source.topic for source in settings.all_sources.values()}
    if not settings.source.keyed_by_tenant:
        read.add(settings.topics.sketches)
    topics = [facts for name, facts in existing.items() if name in read and facts.partitions]
    lags = admin.lag(settings.kafka.group, topics)
    for topic in topics:
        yield judge_lag(topic.name, [lag for lag in lags if lag.topic == topic.name])


def judge_lag(topic: str, lags: Sequence[GroupLag]) -> Diagnosis:
    """Return what the offsets of one topic's partitions say.

    Parameters
    ----------
    lags
        One of every partition.
    """
    lost = sum(
        lag.first - lag.committed for lag in lags if lag.committed is not None and lag.committed < lag.first
    )
    if any(lag.committed is not None and lag.committed > lag.end for lag in lags):
        return Diagnosis(
            "lag",
            ok=False,
            detail=f"the group has committed offsets beyond the end of {topic!r}, which was made anew since",
            remedy="stop the workers and run `kafka-consumer-groups.sh --delete-offsets` for group and topic",
        )
    if lost:
        return Diagnosis(
            "lag",
            ok=False,
            detail=f"{lost} records of {topic!r} expired before they were read",
            remedy="run more workers, or lengthen the topic's retention.ms",
        )
    behind = sum(lag.lag for lag in lags)
    started = any(lag.committed is not None for lag in lags)
    untouched = "" if started else "; the group has not committed anything there yet"
    return Diagnosis("lag", ok=True, detail=f"{topic!r}: {behind} records to read{untouched}")


def _registry(settings: Settings) -> list[Diagnosis]:
    if settings.schema_registry.url is None:
        return []
    from streams.registry_request import ask_types  # noqa: PLC0415 -- few need it

    try:
        detail = (
            f"{settings.schema_registry.url} answers; types of schemas: {ask_types(settings.schema_registry)}"
        )
    except DistillwatchError as error:
        return [_failed("registry", str(error))]
    return [Diagnosis("registry", ok=True, detail=detail)]


def _clock(admin: Admin, clock: Callable[[], float]) -> Diagnosis:
    before = clock()
    theirs = admin.clock_ms()
    if theirs is None:
        return Diagnosis("clock", ok=True, detail="the broker does not tell its clock to this user")
    ahead = (before + clock()) / 2 - theirs / 1000
    if abs(ahead) <= CLOCK_TOLERANCE_SECONDS:
        return Diagnosis("clock", ok=True, detail=f"within {CLOCK_TOLERANCE_SECONDS:g} s of the broker's")
    direction = "ahead of" if ahead > 0 else "behind"
    return Diagnosis(
        "clock",
        ok=False,
        detail=f"this machine is {abs(ahead):.0f} s {direction} the broker",
        remedy="synchronise both by NTP: retention and certificates go by these clocks",
    )


def _failed(name: str, problem: BrokerError | str) -> Diagnosis:
    detail, _, remedy = str(problem).partition(": ")
    return Diagnosis(name, ok=False, detail=detail, remedy=remedy)
