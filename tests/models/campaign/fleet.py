"""Fingerprints of a made-up fleet: templates that customers share, courses, and accounts that harvest."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from models.campaign.campaigns import Campaigns
from models.campaign.config import CampaignConfig
from models.campaign.finding import CampaignFinding
from models.campaign.fingerprint import SLOTS, Fingerprint
from models.finding import Activity, Finding, RequestRef, Severity, SignalReading, episode_uid

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
START_MS = 1_772_582_400_000  # Wednesday, 4 March 2026, 00:00 UTC

CONFIG = CampaignConfig()
HARVEST = 0xFEED
LATER = START_MS + 2 * DAY_MS
"""When campaigns begin here: the fleet is known by then."""

END = LATER + 6 * DAY_MS
COUNTS = (1, 2, 4, 8)

Said = CampaignFinding | Finding


def hashed(*parts: object, size: int = 4) -> int:
    """Return a hash of a few bytes."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=size).digest(), "little")


def use(tenant: str, template: int, time: int, count: int = 1, **fields: Any) -> Fingerprint:
    """Return what is told of a tenant that joined with its first request and asks nothing twice."""
    own = sorted(hashed(tenant, template, number) for number in range(count))
    usual: dict[str, Any] = {
        "started": time,
        "since": time,
        "joined": time,
        "requests": count,
        "slots": tuple(own[:SLOTS]),
        "simhash": hashed(template, "meaning", size=8),
        "network": 0,
        "weak": 0.0,
        "request": RequestRef(f"{tenant}-{template}-{count}", "llm-requests", 0, 1, f"{template:016x}"),
    }
    return Fingerprint(tenant=tenant, template=template, time=time, count=count, **usual | fields)


def uses(tenant: str, template: int, joined: int, **fields: Any) -> list[Fingerprint]:
    """Return all that is told of a tenant that asks every half an hour."""
    started = fields.pop("started", joined)
    return [
        use(
            tenant,
            template,
            joined + (count - 1) * HOUR_MS // 2,
            count,
            **{"joined": joined, "since": joined, "started": started} | fields,
        )
        for count in COUNTS
    ]


def background(days: float = 6.0, templates: int = 40, seed: int = 1) -> list[Fingerprint]:
    """Return templates that some have used from the start and that others join now and then."""
    chance = random.Random(seed)
    found = []
    for template in range(1, templates + 1):
        for number in range(3 + template % 5):
            found += uses(
                f"old-{template}-{number}", template, START_MS + 1000 * chance.randrange(DAY_MS // 2000)
            )
        for number in range(int(days / 2)):
            joined = START_MS + DAY_MS + 1000 * chance.randrange(int((days - 1) * DAY_MS / 1000))
            found += uses(f"more-{template}-{number}", template, joined, started=START_MS + 1000)
    return found


def joining(
    names: Iterable[str], template: int = HARVEST, first: int = LATER, *, a_day: float = 26.0, **fields: Any
) -> list[Fingerprint]:
    """Return accounts that take a template up one after the other, so many a day."""
    chance = random.Random(template)
    gap = DAY_MS / a_day
    return [
        one
        for number, name in enumerate(names)
        for one in uses(
            name, template, int(first + (number + chance.random()) * gap) // 1000 * 1000, **fields
        )
    ]


def accounts(count: int, kind: str = "thief") -> list[str]:
    """Return names of tenants."""
    return [f"{kind}-{number}" for number in range(count)]


def told(campaigns: Campaigns, prints: Iterable[Fingerprint], until: int = END) -> list[Said]:
    """Add fingerprints and close the batches."""
    for one in prints:
        campaigns.add(one)
    return campaigns.close(until)


def found(prints: Iterable[Fingerprint], until: int = END, config: CampaignConfig = CONFIG) -> list[Said]:
    """Return what is said of these beside the background."""
    return told(Campaigns(config), [*background(), *prints], until)


def stated(said: Sequence[Said]) -> list[CampaignFinding]:
    """Return what is said of campaigns."""
    return [one for one in said if isinstance(one, CampaignFinding)]


def again(said: Sequence[Said]) -> list[Finding]:
    """Return what is said again of single tenants."""
    return [one for one in said if isinstance(one, Finding)]


def opened(said: Sequence[Said]) -> list[CampaignFinding]:
    """Return the first statement of each campaign."""
    return [one for one in stated(said) if one.activity is Activity.CREATE]


def named(said: Sequence[Said], uid: str = "") -> list[str]:
    """Return the members that were named, of one campaign or of all."""
    return [member.tenant for one in stated(said) if uid in ("", one.uid) for member in one.members]


def episode(tenant: str, time: int, activity: Activity = Activity.CREATE, **fields: Any) -> Finding:
    """Return what is said of a tenant alone."""
    usual: dict[str, Any] = {
        "uid": episode_uid(tenant, "r1"),
        "start_time": time,
        "severity": Severity.MEDIUM,
        "risk_score": 50,
        "confidence_score": 90,
        "evidence": 2000.0,
        "threshold": 1000.0,
        "budget_days": 90.0,
        "count": 10,
        "signals": (SignalReading("novelty", 2.0, 1.0, "nats", 1.0),),
        "requests": (),
        "content_seen": True,
        "config_digest": "0123456789ab",
    }
    return Finding(tenant=tenant, time=time, activity=activity, **usual | fields)
