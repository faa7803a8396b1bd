"""Simulated traffic: a handful of tenants at work, one of which turns to extraction.

Seeded and endless; the same seed gives the same events. It knows nothing of the detector.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush, merge
from itertools import count
from math import cos, pi
from operator import itemgetter
from random import Random

import orjson

from streams import simulation_profiles as profiles
from streams import simulation_words as words
from streams.simulation_profiles import Profile, Record

HOUR_MS = 3_600_000
START_MS = 1_772_668_800_000  # Thursday, 5 March 2026, 00:00 UTC
ATTACK_MS = START_MS + 33 * HOUR_MS  # Friday, 09:00 UTC
ATTACKER = "ridgeline-outdoor"


@dataclass(frozen=True, slots=True)
class SimulatedRequest:
    """One request in the native input format, with the truth about it.

    Parameters
    ----------
    time
        Unix milliseconds; never falls from one request to the next.
    record
        What goes onto the source topic.
    hostile
        Whether it belongs to the extraction.
    """

    time: int
    tenant: str
    record: Record
    hostile: bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where requests of a tenant come from.

    Parameters
    ----------
    sessions_per_hour
        Mean over a day.
    swing
        0 for the same rate at all hours, up to 1 for nothing at all at 12 hours from the peak.
    peak_hour
        Hour of the day (UTC) with the highest rate.
    begin_ms
        When it starts, Unix milliseconds.
    """

    tenant: str
    profile: Profile
    sessions_per_hour: float
    swing: float = 0.8
    peak_hour: float = 13.0
    begin_ms: int = START_MS
    hostile: bool = False


SOURCES = (
    Source(
        ATTACKER,
        profiles.SupportBot(words.SHOP_QUESTIONS, words.SHOP_PARTS, "You help customers of an outdoor shop."),
        sessions_per_hour=15,
    ),
    Source(
        "alder-bank",
        profiles.SupportBot(
            words.BANK_QUESTIONS, words.BANK_PARTS, "You are the assistant of Alder Bank. Be brief."
        ),
        sessions_per_hour=14,
    ),
    Source("fjord-hr", profiles.handbook_search, sessions_per_hour=20, swing=0.9, peak_hour=11),
    Source("mosaic-hr", profiles.handbook_search, sessions_per_hour=18, peak_hour=14),
    Source("pinecode", profiles.coding_agent, sessions_per_hour=2.6, peak_hour=15),
    Source("hexwright", profiles.coding_agent, sessions_per_hour=2.2, peak_hour=20),
    Source("shelfwise", profiles.review_batch, sessions_per_hour=0.6, swing=1.0, peak_hour=2),
    Source("pocketpal", profiles.consumer_chat, sessions_per_hour=9, swing=0.6, peak_hour=19),
    Source("kitchen-talk", profiles.consumer_chat, sessions_per_hour=8, swing=0.6, peak_hour=18),
    Source("quillnote", profiles.meeting_notes, sessions_per_hour=20, swing=0.9, peak_hour=12),
)
ATTACK = Source(
    ATTACKER, profiles.extraction, sessions_per_hour=180, swing=0.0, begin_ms=ATTACK_MS, hostile=True
)


def simulate(seed: int = 1, sources: tuple[Source, ...] = (*SOURCES, ATTACK)) -> Iterator[SimulatedRequest]:
    """Yield the requests of all sources for ever, ordered by time."""
    streams = [_requests(source, Random(f"{seed}/{index}")) for index, source in enumerate(sources)]
    for number, (time, _, source, fields) in enumerate(merge(*streams, key=itemgetter(0))):
        record = {"id": f"req-{number:08}", "time": time, "tenant": source.tenant} | fields
        yield SimulatedRequest(time, source.tenant, record, source.hostile)


def requests_of(seed: int, hours: float, end_ms: int | None = None) -> Iterator[bytes]:
    """Yield the requests of so many hours as records of the source topic.

    Parameters
    ----------
    end_ms
        Unix milliseconds at which they end; the simulation's own time unless given.
    """
    stop = START_MS + int(hours * HOUR_MS)
    shift = 0 if end_ms is None else end_ms - stop
    for request in simulate(seed):
        if request.time >= stop:
            return
        yield orjson.dumps(request.record | {"time": request.time + shift})


def _requests(source: Source, random: Random) -> Iterator[tuple[int, int, Source, Record]]:
    """Interleave the sessions of one source; sessions may overlap."""
    pending: list[tuple[int, int, Source, Record]] = []
    serials = count()
    for number, begin in enumerate(_arrivals(source, random)):
        while pending and pending[0][0] <= begin:
            yield heappop(pending)
        for delay, record in source.profile(random, number):
            heappush(pending, (begin + delay, next(serials), source, record))


def _arrivals(source: Source, random: Random) -> Iterator[int]:
    """Draw a Poisson process whose rate follows the hour, by thinning (Lewis and Shedler 1979)."""
    peak = source.sessions_per_hour * (1 + source.swing)
    moment = float(source.begin_ms)
    while True:
        moment += random.expovariate(peak) * HOUR_MS
        phase = 2 * pi * (moment / HOUR_MS - source.peak_hour) / 24
        if random.random() * (1 + source.swing) <= 1 + source.swing * cos(phase):
            yield int(moment)
