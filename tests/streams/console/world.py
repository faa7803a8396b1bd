"""A small fleet as its topics tell of it: alerts of every kind, scores, changes; for tests and pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, sin
from typing import Any

import orjson

from models.campaign.finding import Member
from models.control.annotation import Annotation
from models.control.encoding import encode_change
from models.control.records import Change, Suppress
from models.episode import State
from models.finding import Activity, RequestRef, Severity, SignalReading
from models.score import Score
from streams.console.knowledge import Knowledge
from streams.ocsf import to_ocsf
from streams.score_record import score_record
from tests.streams.test_ocsf import FINDING
from tests.streams.test_ocsf_campaign import CAMPAIGN

NOW = 1_772_582_400_000
MINUTE, HOUR = 60_000, 3_600_000
HOSTILE = '<img src=x onerror="document.title=1">"\'&/../\u202egnp.exe\x07{{7*7}}'
READINGS = (
    SignalReading("novelty", 9.5, 3.25, "nats of surprise among the tenant's earlier requests", 0.9),
    SignalReading("request shape", 14.1, 5.2, "bits of surprise in parameters and lengths", 0.4),
    SignalReading("topic entropy", 31.0, 12.4, "topics in equal use (exp of the entropy)", 0.2),
    SignalReading("habits", 0.7, 0.2, "deviation of the traits of late from the usual ones", 0.08),
    SignalReading("rate", 120.0, 15.0, "requests an hour", 0.03),
)


@dataclass
class Record:
    """A record of a topic, as far as the console looks at one."""

    content: bytes | None
    name: bytes | None = None
    place: int = 0

    def value(self) -> bytes | None:
        """The value."""
        return self.content

    def key(self) -> bytes | None:
        """The key."""
        return self.name

    def offset(self) -> int:
        """The offset."""
        return self.place

    def partition(self) -> int:
        """The partition."""
        return 0

    def topic(self) -> str:
        """The topic."""
        return "topic"


def finding(uid: str, tenant: str, annotation: Annotation | None = None, **fields: Any) -> bytes:
    """A finding on a tenant."""
    requests = tuple(
        RequestRef(f"req-{n}", "llm-requests", n % 4, 141 + n, "00ff00ff00ff00ff") for n in range(4)
    )
    chosen = {"time": NOW, "start_time": NOW - 2 * HOUR, "signals": READINGS, "requests": requests, **fields}
    made = replace(FINDING, uid=uid, tenant=tenant, **chosen)
    return orjson.dumps(to_ocsf(made, annotation or Annotation()))


def campaign(uid: str, members: int, **fields: Any) -> bytes:
    """A finding on a campaign with so many accounts."""
    named = tuple(
        Member(
            f"acct-{n:03}", 99 - n % 30, NOW - 9 * HOUR, NOW - 5 * HOUR + n * MINUTE, 20 + n % 17 * 9, 0.97
        )
        for n in range(members)
    )
    signals = (
        SignalReading("pace", 9.1, 0.4, "accounts an hour", 3.0),
        SignalReading("new accounts", 0.92, 0.11, "share", 1.2),
        SignalReading("shared network", 0.4, 0.1, "share", 0.2),
    )
    chosen = {"time": NOW, "start_time": NOW - 9 * HOUR, "members": named, "accounts": members, **fields}
    return orjson.dumps(to_ocsf(replace(CAMPAIGN, uid=uid, signals=signals, **chosen)))


def score(tenant: str, number: int, *, episode: str = "") -> bytes:
    """The score of an interval of five minutes; the evidence grows to the end, if there is an episode."""
    grown = exp(min(0.0, (number - 250) / 14)) * 900 if episode else 0.0
    share = 0.002 * (1 + sin(number / 9)) + grown
    state = State.NORMAL if share < 0.1 else State.SUSPICIOUS if share < 1 else State.ALERTING
    shift = min(1.0, share)
    readings = tuple(
        replace(
            reading,
            observed=reading.expected * (1 + 0.1 * sin(number / 5 + place))
            + shift * (reading.observed - reading.expected),
            evidence=share * reading.evidence,
        )
        for place, reading in enumerate(READINGS)
    )
    end = NOW - (288 - number) * 5 * MINUTE
    uid = episode if state is State.ALERTING else ""
    standing = (state, share * 1250, 1250.0, uid, readings)
    return score_record(
        Score(tenant, end, end - 1, 12 * number, *standing, content_seen=True, config_digest="0123456789ab")
    )[1]


def fill(knowledge: Knowledge) -> None:
    """Tell of tenants, a campaign, a newcomer, and of what is suppressed, experimental or closed."""
    opened = NOW - 3 * HOUR
    mild = {"severity": Severity.MEDIUM, "risk_score": 55, "evidence": 1_900.0}
    rule = Annotation(suppressed_by=("c-eval",))
    shadow = Annotation(shadow_by="c-shadow")
    values = [
        finding("11111111-aaaa", "acme", time=opened, **mild),
        finding(
            "11111111-aaaa", "acme", activity=Activity.UPDATE, severity=Severity.CRITICAL, evidence=1.1e6
        ),
        finding("22222222-bbbb", "globex-batch", **mild),
        campaign("33333333-cccc", 60, severity=Severity.HIGH),
        finding("44444444-dddd", "fresh-start", population="2026-03-05T07:40Z-1684ea4e", evidence=4e3),
        finding("55555555-eeee", "eval-nightly", rule, **mild),
        finding("66666666-ffff", "tried-signal", shadow, **mild),
        finding("77777777-0000", "initech", time=NOW - 30 * HOUR, start_time=NOW - 31 * HOUR, **mild),
        finding(
            "77777777-0000",
            "initech",
            activity=Activity.CLOSE,
            time=NOW - 6 * HOUR,
            start_time=NOW - 31 * HOUR,
            **mild,
        ),
        finding("88888888-1111", HOSTILE, **mild),
    ]
    for value in values:
        knowledge.take_alert(Record(value))  # type: ignore[arg-type]
    for number in range(288):
        knowledge.take_score(Record(score("acme", number, episode="11111111-aaaa")))  # type: ignore[arg-type]
        knowledge.take_score(Record(score("globex-batch", number)))  # type: ignore[arg-type]
    what = Suppress("acm*", "rate", Severity.MEDIUM, True, False, True, NOW - 9 * HOUR, NOW + 99 * HOUR)  # noqa: FBT003
    key, value = encode_change(Change("c-rate", NOW - 9 * HOUR, "ann", "a migration, tried out", what))
    knowledge.take_change(Record(value, key))  # type: ignore[arg-type]
