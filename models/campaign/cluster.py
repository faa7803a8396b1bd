"""Templates that the same accounts use, taken as one, with the evidence that they are a campaign's.

Every account that joins is a bet against the null hypothesis that the template is common property: that
accounts come at the pace that the population and its own past explain. The Shiryaev-Roberts statistic adds
up the bets from every account at which a campaign may have begun (Shiryaev 1963, Roberts 1966); three such
statistics, one on the pace alone, one on pace and new accounts, one on pace and shared infrastructure, are
averaged, which keeps the guarantee of each.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from models.campaign.account import Account
from models.campaign.fingerprint import JOIN, Fingerprint
from models.campaign.meaning import Meaning
from models.campaign.pace import FleetClock, Pace
from models.campaign.slots import DIVIDED, Slots, tenant_mark
from models.campaign.traits import Share
from models.codec import LARGEST, Reader, Writer
from models.event import MAX_NAME_BYTES

WEIGHTS = (0.5, 0.3, 0.2)
"""Of pace alone, with new accounts, with shared infrastructure."""

MOST_ELDERS = 1024
"""Accounts that joined long ago and are still known as such; more are counted, and forgotten."""

MOST_NETWORKS = 64
"""Networks and accounts behind those that joined last."""

LEAST_COMPARED = 16
"""Prompts of a template's accounts before it is compared with others in meaning."""
_MOST_ACCOUNTS = 2**24


@dataclass(slots=True)
class Population:
    """What shared templates are like on the whole.

    Parameters
    ----------
    growth
        Accounts that join an hour, for each that a template has.
    """

    clock: FleetClock = field(default_factory=FleetClock)
    growth: float = 0.0
    new: Share = field(default_factory=Share)
    near: Share = field(default_factory=Share)

    def rate(self, established: int) -> float:
        """Return the accounts an hour that a template with so many is expected to win."""
        return self.growth * (established + FEWEST)


FEWEST = 3
"""A template wins accounts as if it had so many more than it has."""


@dataclass(slots=True)
class Cluster:
    """Templates taken as one. Times are event times in Unix milliseconds.

    Parameters
    ----------
    templates
        Their hashes; the first is the one it began with.
    accounts
        Those that joined of late, by tenant, in the order in which they joined.
    elders
        Marks of those that joined before.
    established
        How many joined before, or at a usual pace.
    won
        How many of them joined since the fleet is known.
    first, last_joined, last_seen
        When it began, when the last account joined, when anything was seen of it.
    statistics
        Shiryaev-Roberts, as many as `WEIGHTS`.
    climb, began
        The same bets as a cumulated sum, and the time of the account from which on it has climbed: those
        that joined since are the campaign.
    climbing
        How many those are; nothing until it is asked for.
    slots, shared_out
        Prompts of all accounts, and of those that joined since the evidence has climbed.
    divided
        Whether the latter have ever been seen to share the work out: two campaigns that work on one list
        meet in time.
    """

    first: int
    templates: dict[int, None] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    elders: dict[int, None] = field(default_factory=dict)
    established: int = 0
    won: int = 0
    last_joined: int = 0
    last_seen: int = 0
    statistics: list[float] = field(default_factory=lambda: [0.0] * len(WEIGHTS))
    climb: float = 1.0
    began: int = 0
    climbing: int | None = None
    divided: bool = False
    pace: Pace = field(default_factory=Pace)
    new: Share = field(default_factory=Share)
    near: Share = field(default_factory=Share)
    networks: dict[int, int] = field(default_factory=dict)
    slots: Slots = field(default_factory=Slots)
    shared_out: Slots = field(default_factory=Slots)
    meaning: Meaning = field(default_factory=Meaning)

    @property
    def evidence(self) -> float:
        """The averaged statistic."""
        return sum(w * r for w, r in zip(WEIGHTS, self.statistics, strict=True))

    @property
    def apart(self) -> bool:
        """Whether the accounts that joined since the evidence has climbed ask different things."""
        return self.shared_out.apart(self.joined)

    @property
    def all_apart(self) -> bool:
        """Whether all its accounts do."""
        return self.slots.apart(len(self.accounts) + len(self.elders))

    @property
    def comparable(self) -> bool:
        """Whether enough of its accounts' prompts were seen, and all differ, to be compared in meaning."""
        return self.shared_out.sent > LEAST_COMPARED - 0.5 and self.shared_out.disjoint >= DIVIDED

    def knows(self, fingerprint: Fingerprint) -> bool:
        """Tell whether an account has joined; where too many have, only its first fingerprint says no."""
        tenant = fingerprint.tenant
        if tenant in self.accounts:
            return True
        if len(self.elders) >= MOST_ELDERS and fingerprint.count > JOIN:
            return True
        return bool(self.elders) and tenant_mark(tenant) in self.elders

    def heard(self, fingerprint: Fingerprint) -> bool:
        """Tell whether a fingerprint changes nothing: it, or a later one of the same use, was seen."""
        account = self.accounts.get(fingerprint.tenant)
        if account is None:
            return self.knows(fingerprint)
        return account.counts.get(fingerprint.template, 0) >= fingerprint.count

    def see(self, fingerprint: Fingerprint) -> None:
        """Take in what a fingerprint says beside who sent it."""
        self.last_seen = max(self.last_seen, fingerprint.time)
        self.meaning.add(fingerprint.simhash)
        self.slots.add(fingerprint.tenant, fingerprint.slots)
        account = self.accounts.get(fingerprint.tenant)
        if account is None:
            return
        account.see(fingerprint)
        if account.joined >= self.began:
            self.shared_out.add(fingerprint.tenant, fingerprint.slots)
            self.divided = self.divided or self.shared_out.divided

    def settle(self, fingerprint: Fingerprint, population: Population) -> None:
        """Take in an account that has always been there, as far as anybody knows."""
        self.established += 1
        self._remember(fingerprint.tenant)
        if fingerprint.time > self.last_joined > 0:
            gap = population.clock.between(self.last_joined, fingerprint.time)
            self.pace.bet(gap, population.rate(self.established))
        self.last_joined = max(self.last_joined, fingerprint.time)

    def retire(self, before: int) -> list[str]:
        """Let the accounts go that joined before a time in ms, and return their tenants."""
        gone = [tenant for tenant, account in self.accounts.items() if account.joined < before]
        for tenant in gone:
            del self.accounts[tenant]
            self._remember(tenant)
            self.climbing = None
        return gone

    def _remember(self, tenant: str) -> None:
        self.elders[tenant_mark(tenant)] = None
        self._bound_elders()

    def _bound_elders(self) -> None:
        while len(self.elders) > MOST_ELDERS:
            del self.elders[next(iter(self.elders))]

    def join(self, fingerprint: Fingerprint, population: Population, ripe: int, calm: float) -> bool:
        """Take in an account, and bet on it; return whether there was a bet.

        Parameters
        ----------
        ripe
            From when on the fleet is known well enough.
        calm
            Below this evidence the template's own past is learned.
        """
        now = fingerprint.time
        account = Account(fingerprint.opened, now, fingerprint.request)
        account.see(fingerprint)
        before = len(self.accounts) + len(self.elders)
        self.accounts[fingerprint.tenant] = account
        if self.climbing is not None:
            self.climbing += account.joined >= self.began
        start = max(self.last_joined, ripe)
        bets = before >= FEWEST - 1 and now >= start
        behind = [mark for mark in (fingerprint.network, fingerprint.account) if mark]
        near = any(mark in self.networks for mark in behind)
        if now >= start:
            gap = population.clock.between(start, now)
            pace = self.pace.bet(gap, population.rate(self.established))
            if bets:
                self._bet(account, pace, population, near=near if behind else None)
            if self.evidence < calm:
                self.established += 1
                self.won += 1
            self.last_joined = now
        self.new.add(account.new)
        if behind:
            self.near.add(near)
            for mark in behind:
                self._see_network(mark, 1)
        return bets

    def _bet(self, account: Account, pace: float, population: Population, *, near: bool | None) -> None:
        with_new = pace * self.new.bet(account.new, population.new)
        with_near = pace * (1.0 if near is None else self.near.bet(near, population.near))
        bets = (pace, with_new, with_near)
        mean = sum(w * e for w, e in zip(WEIGHTS, bets, strict=True))
        if self.climb <= 1.0:
            self.climb, self.began = 1.0, self.last_joined
            self.shared_out, self.divided = Slots(), False
            self.climbing = None
        self.climb = min(LARGEST, self.climb * mean)
        self.statistics = [min(LARGEST, (1.0 + r) * e) for r, e in zip(self.statistics, bets, strict=True)]

    def climbers(self) -> dict[str, Account]:
        """Return the accounts that joined since the evidence has climbed."""
        return {tenant: account for tenant, account in self.accounts.items() if account.joined >= self.began}

    @property
    def burst(self) -> bool:
        """Whether most of its accounts joined since the evidence climbs: it is not common property."""
        return 2 * self.joined > len(self.accounts) + len(self.elders)

    @property
    def joined(self) -> int:
        """How many accounts joined since the evidence has climbed."""
        if self.climbing is None:
            self.climbing = len(self.climbers())
        return self.climbing

    def merge(self, other: Cluster, *, found: bool) -> None:
        """Take in another; its evidence is added, for what is bounded of each is bounded of their sum.

        Unless a campaign was found in one of them, who has long used one of the templates has not joined.
        """
        self.templates |= other.templates
        self._merge_accounts(other, found=found)
        if other.pace.gaps > self.pace.gaps:
            self.pace = other.pace
        self.first = min(self.first, other.first)
        self.last_joined = max(self.last_joined, other.last_joined)
        self.last_seen = max(self.last_seen, other.last_seen)
        self.statistics = [
            min(LARGEST, a + b) for a, b in zip(self.statistics, other.statistics, strict=True)
        ]
        climbing = [one for one in (self, other) if one.climb > 1.0] or [self]
        self.began = min(one.began for one in climbing)
        self.climb = max(self.climb, other.climb)
        self.climbing = None
        self.slots.merge(other.slots)
        self.shared_out.merge(other.shared_out)
        self.divided = self.shared_out.divided or (found and (self.divided or other.divided))
        self.meaning.merge(other.meaning)
        for network, count in other.networks.items():
            self._see_network(network, count)

    def _merge_accounts(self, other: Cluster, *, found: bool) -> None:
        for tenant, account in sorted(other.accounts.items(), key=lambda item: item[1].joined):
            known = self.accounts.setdefault(tenant, account)
            if known is not account:
                known.merge(account)
        self.elders |= other.elders
        for tenant in [] if found else list(self.accounts):
            if tenant_mark(tenant) in self.elders:
                del self.accounts[tenant]
        self.established = max(self.established, other.established, len(self.elders))
        self.won = max(self.won, other.won)
        self._bound_elders()

    def _see_network(self, network: int, count: int) -> None:
        self.networks[network] = self.networks.pop(network, 0) + count
        if len(self.networks) > MOST_NETWORKS:
            del self.networks[next(iter(self.networks))]

    def dump(self, out: Writer) -> None:
        """Write the cluster."""
        times = (self.first, self.last_joined, self.last_seen, self.began)
        for number in (*times, self.established, self.won):
            out.number(number)
        out.half(len(self.templates))
        for template in self.templates:
            out.word(template)
        out.half(len(self.accounts))
        for tenant, account in self.accounts.items():
            out.label(tenant)
            account.dump(out)
        out.half(len(self.elders))
        for mark in self.elders:
            out.word(mark)
        for value in (*self.statistics, self.climb):
            out.real(value)
        out.small(self.divided)
        self.pace.dump(out)
        self.new.dump(out)
        self.near.dump(out)
        out.half(len(self.networks))
        for network, count in self.networks.items():
            out.word(network)
            out.number(count)
        self.slots.dump(out)
        self.shared_out.dump(out)
        self.meaning.dump(out)

    @staticmethod
    def load(source: Reader) -> Cluster:
        """Read a cluster."""
        first, last_joined, last_seen, began = (source.time() for _ in range(4))
        cluster = Cluster(first, established=source.count(_MOST_ACCOUNTS), won=source.count(_MOST_ACCOUNTS))
        cluster.last_joined, cluster.last_seen, cluster.began = last_joined, last_seen, began
        cluster.templates = dict.fromkeys(source.word() for _ in range(source.half(_MOST_ACCOUNTS)))
        for _ in range(source.half(_MOST_ACCOUNTS)):
            tenant = source.label(MAX_NAME_BYTES)
            cluster.accounts[tenant] = Account.load(source)
        cluster.elders = dict.fromkeys(source.word() for _ in range(source.half(MOST_ELDERS)))
        cluster.statistics = [source.real(0.0, LARGEST) for _ in WEIGHTS]
        cluster.climb = source.real(0.0, LARGEST)
        cluster.divided = bool(source.small(1))
        cluster.pace = Pace.load(source)
        cluster.new, cluster.near = Share.load(source), Share.load(source)
        for _ in range(source.half(MOST_NETWORKS)):
            network = source.word()
            cluster.networks[network] = source.count()
        cluster.slots, cluster.shared_out = Slots.load(source), Slots.load(source)
        cluster.meaning = Meaning.load(source)
        return cluster
