"""A fleet of any size at the level of fingerprints: who uses which template since when, without prompts.

Tenants have templates of their own, use public ones whose popularity falls by Zipf's law, sign up every day
and adopt further templates all the time; a campaign begins among them. A fingerprint is told when the detect
stage would tell it, by the same budget of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.detection.stage import DAY_S
from models.campaign.fingerprint import JOIN, SLOTS
from models.core import fingerprints
from models.core.layout import REQUEST

START_MS = 1_780_272_000_000
CAMPAIGN = 0x00C0FFEE_00C0FFEE
"""The template of the campaign."""

RECORD = np.dtype(
    [
        *((name, "<u8") for name in ("template", "simhash")),
        *((name, "<i8") for name in ("time", "started", "since", "joined")),
        *((name, "<u4") for name in ("tenant", "count", "requests")),
        ("slots", "<u4", SLOTS),
        ("weak", "<f4"),
    ]
)
"""A fingerprint of a tenant of this number; slots that are not there are `UNFILLED`."""

UNFILLED = 2**32 - 1
FLAT = 3
"""The phase of traffic without a daily cycle."""

CYCLE, PHASES = 0.6, (0.0, 8.0, 16.0)
"""The amplitude of the daily cycle, and the hours by which it is shifted for different tenants."""

REQUEST_NAME, TENANT_NAME = 36, 16
"""Bytes of the names of a request and of a tenant."""

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a fleet is and how it grows.

    Parameters
    ----------
    signing_up, adopting
        Tenants a day that are new, and uses of public templates a day that begin, as shares of all.
    public
        Public templates for each tenant.
    skew
        Of Zipf's law.
    same
        Share of public templates with which everybody asks the same few things.
    accounts
        Of the campaign, for each tenant of the fleet.
    onset_days, spread_hours
        When the campaign begins, and for how long further accounts of it do.
    """

    tenants: int
    days: float = 3.0
    signing_up: float = 0.015
    adopting: float = 0.03
    public: float = 0.005
    skew: float = 1.2
    same: float = 0.2
    accounts: float = 0.025
    per_day: float = 26.0
    onset_days: float = 1.0
    spread_hours: float = 12.0

    @property
    def campaign(self) -> int:
        """How many accounts the campaign has; they are numbered after all tenants."""
        return round(self.tenants * self.accounts)


@dataclass(slots=True)
class Uses:
    """Who uses which template: arrays of shape (n,); times in seconds since the world began.

    Parameters
    ----------
    rate
        Requests a day with the template.
    share
        Of the tenant's requests that they are.
    things
        How many different things are asked, the same by everybody; 0 where nobody asks the same.
    """

    tenant: NDArray[np.int64]
    template: NDArray[np.uint64]
    started: Reals
    begin: Reals
    rate: Reals
    share: Reals
    phase: NDArray[np.int64]
    things: NDArray[np.int64]

    def of(self, chosen: NDArray[Any]) -> Uses:
        """Return some of them."""
        return Uses(*(getattr(self, name)[chosen] for name in self.__slots__))


def records(size: Size, seed: int) -> NDArray[Any]:
    """Return all fingerprints of a fleet and its campaign in the order of time, as `RECORD`."""
    rng = np.random.default_rng(seed)
    uses = [_fleet(size, rng), _campaign(size, rng)]
    joined = Uses(*(np.concatenate([getattr(one, name) for one in uses]) for name in Uses.__slots__))
    told = np.concatenate(list(_told(joined, size, rng)))
    return told[np.argsort(told["time"], kind="stable")]


def _fleet(size: Size, rng: np.random.Generator) -> Uses:
    everybody, clock = np.arange(size.tenants), Clock(size.days)
    phase = rng.choice(len(PHASES), size.tenants, p=(0.5, 0.3, 0.2))
    fresh = rng.random(size.tenants) < size.signing_up * size.days
    signs_up = clock.at(phase, rng.random(size.tenants) * size.days * DAY_S)
    started = np.where(fresh, signs_up, rng.exponential(0.05, size.tenants) * DAY_S)
    own = np.repeat(everybody, rng.choice(3, size.tenants, p=(0.4, 0.4, 0.2)))
    public = np.repeat(everybody, rng.choice(3, size.tenants, p=(0.5, 0.35, 0.15)))
    tenant = np.concatenate([own, public])
    known = max(1, round(size.tenants * size.public))
    chance = 1.0 / np.arange(2, known + 2) ** size.skew
    popular = rng.choice(known, len(public), p=chance / chance.sum())
    hashes = rng.integers(1, 2**63, known + len(own), np.uint64)
    adopts = (rng.random(len(tenant)) < size.adopting * size.days) & (np.arange(len(tenant)) >= len(own))
    later = clock.at(phase[tenant], rng.random(len(tenant)) * size.days * DAY_S)
    things = np.where(rng.random(known) < size.same, 60, 0)
    return Uses(
        tenant,
        np.concatenate([hashes[known:], hashes[popular]]),
        started[tenant],
        np.maximum(started[tenant], np.where(adopts, later, 0.0)),
        np.minimum(rng.lognormal(np.log(30), 1.5, len(tenant)), 6000.0),
        rng.uniform(0.2, 1.0, len(tenant)),
        phase[tenant],
        np.concatenate([np.zeros(len(own), np.int64), things[popular]]),
    )


def _campaign(size: Size, rng: np.random.Generator) -> Uses:
    count = size.campaign
    begin = (size.onset_days + rng.random(count) * size.spread_hours / 24) * DAY_S
    template = np.full(count, CAMPAIGN, np.uint64)
    ones = np.ones(count)
    whole = np.zeros(count, np.int64)
    return Uses(
        size.tenants + np.arange(count),
        template,
        begin,
        begin,
        size.per_day * ones,
        ones,
        whole + FLAT,
        whole,
    )


class Clock:
    """Turns even time into time with a daily cycle, of phases in `PHASES` or flat; in seconds."""

    def __init__(self, days: float) -> None:
        self._grid = np.arange(0.0, (days + 1) * DAY_S, 600.0)
        angles = [2 * np.pi * (self._grid / DAY_S - hours / 24) for hours in PHASES]
        waves = [CYCLE * (np.cos(angle[0]) - np.cos(angle)) * DAY_S / (2 * np.pi) for angle in angles]
        self._even = [*(self._grid + wave for wave in waves), self._grid]

    def at(self, phase: NDArray[np.int64], even: Reals) -> Reals:
        """Return when so much even time has passed; what lies beyond the last day comes a day after it."""
        found = np.empty(len(even))
        for number, known in enumerate(self._even):
            mine = phase == number
            found[mine] = np.interp(even[mine], known, self._grid)
        return found

    def even(self, phase: NDArray[np.int64], time: Reals) -> Reals:
        """Return how much even time has passed."""
        found = np.empty(len(time))
        for number, known in enumerate(self._even):
            mine = phase == number
            found[mine] = np.interp(time[mine], self._grid, known)
        return found


def _told(uses: Uses, size: Size, rng: np.random.Generator) -> Iterator[NDArray[Any]]:
    """Yield first fingerprints, then second ones, and so on."""
    clock, end = Clock(size.days), size.days * DAY_S
    gap = DAY_S / uses.rate
    passed = clock.even(uses.phase, uses.begin) + rng.exponential(gap)
    since = clock.at(uses.phase, passed)
    base = uses.template * np.uint64(0x9E3779B97F4A7C15)
    slots = np.full((len(gap), SLOTS), UNFILLED, np.uint32)
    count, told, joined = np.zeros(len(gap), np.int64), 0, np.zeros(len(gap))
    while len(gap):
        due = np.maximum(np.maximum(JOIN, 2 * count), _afforded(uses.share, told))
        if not told:
            passed = passed + rng.gamma(np.full(len(gap), float(JOIN))) * gap
            joined = clock.at(uses.phase, passed)
            passed = passed + np.where(due > JOIN, rng.gamma(np.maximum(due - JOIN, 1.0)), 0.0) * gap
        else:
            passed = passed + rng.gamma(due - count) * gap
        slots = _smallest(slots, uses, due - count, rng)
        count, told = due, told + 1
        time = clock.at(uses.phase, passed)
        alive = time < end
        uses, gap, passed, since, base = uses.of(alive), gap[alive], passed[alive], since[alive], base[alive]
        slots, count, joined, time = slots[alive], count[alive], joined[alive], time[alive]
        yield _records(uses, (time, since, joined), count, (slots, base), rng)


def _afforded(share: Reals, told: int) -> NDArray[np.int64]:
    """Return the requests with a template at which the next fingerprint's bytes are there."""
    size = fingerprints.FIXED + REQUEST_NAME + TENANT_NAME
    earned = fingerprints.SHARE * (REQUEST.itemsize + REQUEST_NAME)
    needed = size + fingerprints.SPARE + fingerprints.PRICE * size * told
    return np.ceil(share * needed / earned).astype(np.int64)


def _smallest(
    slots: NDArray[np.uint32], uses: Uses, more: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.uint32]:
    """Return the smallest hashes after so many more prompts.

    Of m new prompts the smallest hashes are the first arrivals of a Poisson process of rate m; of m draws
    from a few things, the first that are hit.
    """
    waits = np.cumsum(rng.exponential(size=(len(more), SLOTS)), axis=1) / more[:, None]
    fresh = np.minimum(waits * 2.0**32, UNFILLED)
    chosen = np.flatnonzero(uses.things)
    if len(chosen):
        things = uses.things[chosen].astype(float)
        hit = 1 - (1 - 1 / things) ** more[chosen]
        places = np.cumsum(rng.geometric(hit[:, None], (len(chosen), SLOTS)), axis=1) - 1
        own = (uses.template[chosen, None] >> np.uint64(40)).astype(float) / 2.0**24
        values = (places + own) / things[:, None] * 2.0**32
        fresh[chosen] = np.where(places < things[:, None], values, UNFILLED)
    fresh[np.arange(SLOTS) >= more[:, None]] = UNFILLED
    both = np.sort(np.concatenate([slots, fresh.astype(np.uint32)], axis=1), axis=1)
    both[:, 1:][both[:, 1:] == both[:, :-1]] = UNFILLED
    return np.sort(both, axis=1)[:, :SLOTS]


def _records(
    uses: Uses,
    times: tuple[Reals, Reals, Reals],
    count: NDArray[np.int64],
    hashes: tuple[NDArray[np.uint32], NDArray[np.uint64]],
    rng: np.random.Generator,
) -> NDArray[Any]:
    found = np.zeros(len(count), RECORD)
    moments = dict(zip(("time", "since", "joined"), times, strict=True)) | {"started": uses.started}
    for name, moment in moments.items():
        found[name] = START_MS + (1000 * moment).astype(np.int64)
    found["tenant"], found["template"], found["count"] = uses.tenant, uses.template, count
    found["requests"] = np.ceil(count / uses.share)
    found["slots"] = hashes[0]
    noise = rng.integers(0, 2**64, (3, len(count)), np.uint64)
    found["simhash"] = hashes[1] ^ (noise[0] & noise[1] & noise[2])  # one bit in eight differs
    found["weak"] = rng.exponential(0.05, len(count))
    return found
