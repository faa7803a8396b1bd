"""Synthetic traffic of a small platform, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import takewhile
from random import Random

from streams import simulation_words as words
from streams.simulation import ATTACK, HOUR_MS, SOURCES, START_MS, Source, simulate
from streams.simulation_profiles import Record, Session

CAMPAIGN_ACCOUNTS = 12
LEAST_HOURS, ATTACK_HOURS = 36, 8


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests in the order of time, in the native format.

    Parameters
    ----------
    events
        What would stand on the source topic, not yet encoded.
    attackers
        Who attacks, with the event time of the first hostile request in Unix milliseconds.
    hostile
        Ids of the requests that belong to an attack.
    """

    events: list[Record]
    attackers: dict[str, int]
    hostile: frozenset[str]

    @property
    def tenants(self) -> set[str]:
        """Everybody who asks."""
        return {str(event["tenant"]) for event in self.events}


def synthetic_traffic(
    hours: int = 42, *, seed: int = 1, takeover: bool = True, campaign: bool = False
) -> Traffic:
    """Return the requests of ten tenants at work, and of whoever attacks.

    Parameters
    ----------
    hours
        Length in hours of event time, from 36 on; the attacks fill its last eight hours.
    seed
        The same seed gives the same requests.
    takeover
        Whether a tenant with a past of its own turns to extraction.
    campaign
        Whether a dozen new accounts harvest together, each about three requests an hour. Twenty smaller
        tenants are at work then as well, since what most tenants share is no campaign.

    Raises
    ------
    ValueError
        `hours` is too small: before it attacks a tenant must have a past.
    """
    if hours < LEAST_HOURS:
        raise ValueError(f"hours is {hours} and must be at least {LEAST_HOURS}")
    end, begin = START_MS + hours * HOUR_MS, START_MS + (hours - ATTACK_HOURS) * HOUR_MS
    sources = [*SOURCES]
    if takeover:
        sources.append(replace(ATTACK, begin_ms=begin))
    if campaign:
        sources += [*_branches(), *(_account(number, begin) for number in range(CAMPAIGN_ACCOUNTS))]
    requests = list(takewhile(lambda request: request.time < end, simulate(seed, tuple(sources))))
    attackers: dict[str, int] = {}
    for request in requests:
        if request.hostile:
            attackers.setdefault(request.tenant, request.time)
    hostile = frozenset(str(request.record["id"]) for request in requests if request.hostile)
    return Traffic([request.record for request in requests], attackers, hostile)


def _branches() -> list[Source]:
    return [
        replace(source, tenant=f"{source.tenant}-{number}", sessions_per_hour=source.sessions_per_hour / 6)
        for source in SOURCES
        for number in (2, 3)
    ]


def _account(number: int, begin: int) -> Source:
    return Source(
        f"account-{number:02}",
        _harvest,
        sessions_per_hour=3,
        swing=0.0,
        begin_ms=begin + number * HOUR_MS // 12,
        hostile=True,
    )


def _harvest(random: Random, serial: int) -> Session:
    """One lesson of a course that nobody else of the campaign asks for."""
    del serial
    subject = f"{random.choice(words.STUDY_THINGS)} number {random.randrange(10**9)}"
    prompt = (
        "You are a patient teacher of many years. Write a full lesson with examples and exercises on the "
        f"subject of {subject}"
    )
    answer = random.randint(900, 1_300)
    return [
        (0, {"operation": "chat", "prompt": prompt, "turn": 0, "input_tokens": 36, "output_tokens": answer})
    ]
