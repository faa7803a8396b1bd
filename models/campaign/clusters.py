"""All shared templates, and which of them are one and the same in other words."""

from __future__ import annotations

from models.campaign.cluster import FEWEST, Cluster, Population
from models.campaign.common import Common
from models.campaign.config import CampaignConfig
from models.campaign.fingerprint import Fingerprint
from models.campaign.pace import FleetClock
from models.campaign.traits import Share
from models.codec import Reader, Writer
from models.errors import SnapshotError

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

RIPE_MS = DAY_MS
"""Whoever uses a template in the fleet's first day has always done so, as far as anybody knows."""

RECENT_MS = 3 * DAY_MS
"""Accounts that joined within this time are known by name."""

LEAST_SHARED, LEAST_OVERLAP = 3, 0.5
"""Accounts that two templates must have in common to be one, and their share of the larger; of
the smaller if both are suspect."""

SUSPECT = 30.0
"""Evidence from which on a template is compared with others by its meaning."""

NEAR, NEAR_AT_ONCE, NEAR_CAMPAIGN = 0.8, 0.4, 0.3
"""Cosine of the mean signs of two suspects' prompts from which on they are one in other words: at any time;
where both were taken up at the same time; and where one of them is a campaign besides."""

AT_ONCE_MS = 12 * HOUR_MS

LEAST_PROMPTS = 6
"""Prompts of a template before its meaning is compared."""

MOST_COMPARED = 64
"""Other clusters of an account that one which it joins is compared with, the youngest."""

LEAST_THRESHOLD = 1000.0
CALM_EXPONENT = 0.35
_LEAST_BETS_A_DAY = 10.0
_MEMORY_DAYS = 7.0
_MOST_CLUSTERS = 2**24


class Clusters:
    """Templates by cluster, each account by the clusters that it joined of late.

    All of it follows from the fingerprints in their order; see `Campaigns` for who orders them.
    """

    def __init__(self, config: CampaignConfig) -> None:
        self._config = config
        self._clusters: dict[int, Cluster] = {}
        self._cluster_of: dict[int, int] = {}
        self._joined: dict[str, tuple[int, ...]] = {}
        self._common = Common()
        self._kept: set[int] = set()
        self._suspects: dict[int, None] = {}
        self._merged: list[tuple[int, int]] = []
        self._next = 0
        self._began = 0
        self._swept = 0
        self._bets = 0.0
        self._bet_days = 0.0
        self.population = Population()

    def __getitem__(self, number: int) -> Cluster:
        return self._clusters[number]

    def __contains__(self, number: int) -> bool:
        return number in self._clusters

    @property
    def templates(self) -> int:
        """How many templates are known."""
        return len(self._cluster_of)

    @property
    def threshold(self) -> float:
        """Evidence at which a campaign opens.

        The statistics of all templates together grow by at most one a bet in the mean, so that one of them
        passes the threshold falsely at most once in as many bets; the bets are counted.
        """
        bets_a_day = max(_LEAST_BETS_A_DAY, self._bets / max(1.0, self._bet_days))
        return max(LEAST_THRESHOLD, bets_a_day / self._config.false_per_day)

    def heard(self, fingerprint: Fingerprint) -> bool:
        """Tell whether a fingerprint, or a later one of the same tenant and template, was taken in."""
        number = self._cluster_of.get(fingerprint.template)
        return number is not None and self._clusters[number].heard(fingerprint)

    def keep(self, number: int) -> None:
        """Keep the accounts of a cluster, however long ago they joined."""
        self._kept.add(number)

    def end(self, number: int) -> None:
        """Forget the evidence of a cluster whose campaign is over."""
        self._kept.discard(number)
        cluster = self._clusters[number]
        cluster.statistics, cluster.climb = [0.0] * len(cluster.statistics), 1.0

    def take(self, fingerprint: Fingerprint, now: int) -> int:
        """Take in a fingerprint of the batch that ends at a time in ms; return its cluster."""
        self._sweep(now)
        self._began = min(self._began or fingerprint.started, fingerprint.started)
        population, template = self.population, fingerprint.template
        number = self._cluster_of.get(template)
        if number is None:
            number = self._cluster_of[template] = self._next
            self._next += 1
            self._clusters[number] = Cluster(fingerprint.time, {template: None})
        cluster = self._clusters[number]
        if not cluster.knows(fingerprint):
            self._join(number, cluster, fingerprint, now)
            number = self._cluster_of[template]  # another, where it was merged
            cluster = self._clusters[number]
        cluster.see(fingerprint)
        population.clock.see(fingerprint.time)
        return number

    def merged(self) -> dict[int, int]:
        """Return the clusters that became part of others since the last call, each with what it is in."""
        now_in: dict[int, int] = {}
        for gone, kept in reversed(self._merged):
            now_in[gone] = now_in.get(kept, kept)
        self._merged.clear()
        return dict(sorted(now_in.items()))

    def _join(self, number: int, cluster: Cluster, fingerprint: Fingerprint, now: int) -> None:
        ripe, tenant = self._began + RIPE_MS, fingerprint.tenant
        if fingerprint.joined < max(ripe, now - RECENT_MS):
            cluster.settle(fingerprint, self.population)
            return
        calm = self.threshold**CALM_EXPONENT
        if cluster.join(fingerprint, self.population, ripe, calm):
            self._bets += 1.0
            if cluster.evidence < calm:
                self.population.new.add(cluster.accounts[tenant].new)
                behind = [mark for mark in (fingerprint.network, fingerprint.account) if mark]
                if behind:
                    self.population.near.add(any(cluster.networks.get(mark, 0) > 1 for mark in behind))
        others = self._joined.get(tenant, ())
        self._joined[tenant] = (*others, number)
        for other in sorted(others)[-MOST_COMPARED:]:
            pair = min(number, other), max(number, other)
            common = self._common.add(*pair)
            sizes = [len(self._clusters[n].accounts) for n in pair]
            both = [self._clusters[n] for n in pair]
            size = min(sizes) if all(one.evidence >= SUSPECT for one in both) else max(sizes)
            same = common >= max(LEAST_SHARED, LEAST_OVERLAP * size) and not self._kept.issuperset(pair)
            if same and all(one.all_apart for one in both):
                self._merge(*pair)
                return
        self._compare(number)

    def _compare(self, number: int) -> None:
        """Merge a suspect cluster with those suspects that say the same in other words."""
        cluster = self._clusters[number]
        self._suspects.pop(number, None)
        if cluster.evidence < SUSPECT or cluster.meaning.count < LEAST_PROMPTS:
            return
        if not (cluster.burst and cluster.comparable):
            return
        self._suspects[number] = None
        if len(self._suspects) > MOST_COMPARED:
            del self._suspects[next(iter(self._suspects))]
        for other in list(self._suspects):
            candidate = self._clusters[other]
            if candidate.evidence < SUSPECT:
                del self._suspects[other]
            elif self._alike(number, other):
                self._merge(min(number, other), max(number, other))
                return

    def _alike(self, number: int, other: int) -> bool:
        """Tell whether two suspects, not both of them campaigns, say the same in other words."""
        campaigns = len(self._kept.intersection((number, other)))
        if number == other or campaigns == 2:  # noqa: PLR2004
            return False
        suspects = self._clusters[number], self._clusters[other]
        if not all(one.burst and one.comparable and one.meaning.count >= LEAST_PROMPTS for one in suspects):
            return False
        at_once = abs(suspects[0].began - suspects[1].began) < AT_ONCE_MS
        least = (NEAR_CAMPAIGN if campaigns else NEAR_AT_ONCE) if at_once else NEAR
        return suspects[0].meaning.near(suspects[1].meaning) >= least

    def _merge(self, kept: int, gone: int) -> None:
        """Take two clusters as one; not two campaigns, whose members were named under two names."""
        cluster, other = self._clusters[kept], self._clusters.pop(gone)
        self._suspects.pop(gone, None)
        before = list(cluster.accounts)
        cluster.merge(other, found=kept in self._kept or gone in self._kept)
        for template in other.templates:
            self._cluster_of[template] = kept
        for tenant in sorted({*other.accounts, *before} - {*cluster.accounts}):
            self._leave(tenant, gone)
            self._leave(tenant, kept)
        for tenant in cluster.accounts:
            numbers = [kept if n == gone else n for n in self._joined.get(tenant, ())]
            self._joined[tenant] = tuple(dict.fromkeys((*numbers, kept)))
        self._common.merge(kept, gone)
        if gone in self._kept:
            self._kept.discard(gone)
            self._kept.add(kept)
        self._merged.append((gone, kept))

    def _sweep(self, now: int) -> None:
        """Once an hour: learn how templates grow, let accounts go that joined long ago, forget templates."""
        if now - self._swept < HOUR_MS:
            return
        hours = (now - self._swept) / HOUR_MS if self._swept else 0.0
        self._swept = now
        self._age_bets(hours / 24)
        self._grow(now)
        oldest = now - int(self._config.memory_days * DAY_MS)
        for number, cluster in list(self._clusters.items()):
            if number in self._kept:
                continue
            for tenant in cluster.retire(now - RECENT_MS):
                self._leave(tenant, number)
            if cluster.last_seen < oldest:
                self._forget(number)

    def _age_bets(self, days: float) -> None:
        if not self._began or self._swept < self._began + RIPE_MS:
            return
        fade = 0.5 ** (days / _MEMORY_DAYS)
        self._bets, self._bet_days = self._bets * fade, (self._bet_days + days) * fade

    def _grow(self, now: int) -> None:
        """Learn how many accounts templates win an hour, for each that they have."""
        won = exposed = 0.0
        ripe = self._began + RIPE_MS
        calm = self.threshold**CALM_EXPONENT
        for cluster in self._clusters.values():
            if cluster.evidence < calm and len(cluster.accounts) + len(cluster.elders) >= FEWEST:
                hours = self.population.clock.between(max(ripe, cluster.first), now)
                won += cluster.won
                exposed += hours * (cluster.established + FEWEST)
        self.population.growth = (won + 1.0) / (exposed + 1000.0)

    def _leave(self, tenant: str, number: int) -> None:
        numbers = tuple(n for n in self._joined.get(tenant, ()) if n != number)
        if numbers:
            self._joined[tenant] = numbers
        else:
            self._joined.pop(tenant, None)

    def _forget(self, number: int) -> None:
        cluster = self._clusters.pop(number)
        self._suspects.pop(number, None)
        for template in cluster.templates:
            del self._cluster_of[template]
        for tenant in cluster.accounts:
            self._leave(tenant, number)
        self._common.forget(number)

    def dump(self, out: Writer) -> None:
        """Write all."""
        for number in (self._next, self._began, self._swept):
            out.number(number)
        out.real(self._bets)
        out.real(self._bet_days)
        out.real(self.population.growth)
        self.population.clock.dump(out)
        self.population.new.dump(out)
        self.population.near.dump(out)
        out.half(len(self._clusters))
        for number, cluster in self._clusters.items():
            out.number(number)
            out.number(number in self._kept)
            cluster.dump(out)
        self._common.dump(out)
        out.half(len(self._suspects))
        for number in self._suspects:
            out.number(number)

    def load(self, source: Reader) -> None:
        """Read all."""
        self._next, self._began, self._swept = source.count(), source.time(), source.time()
        self._bets, self._bet_days = source.real(0.0), source.real(0.0)
        growth = source.real(0.0)
        clock = FleetClock()
        clock.load(source)
        self.population = Population(clock, growth, Share.load(source), Share.load(source))
        for _ in range(source.half(_MOST_CLUSTERS)):
            self._load_one(source)
        self._common = Common.load(source)
        self._suspects = dict.fromkeys(source.count() for _ in range(source.half(_MOST_CLUSTERS)))
        if not all(number in self._clusters for number in (*self._common, *self._suspects)):
            raise SnapshotError("the bytes speak of templates that are not there")
        for number, cluster in self._clusters.items():
            for tenant in cluster.accounts:
                self._joined[tenant] = (*self._joined.get(tenant, ()), number)

    def _load_one(self, source: Reader) -> None:
        number, kept = source.count(), source.count(1)
        cluster = Cluster.load(source)
        if not cluster.templates or number >= self._next or number in self._clusters:
            raise SnapshotError("the bytes hold a cluster of no template, or one twice")
        if not self._cluster_of.keys().isdisjoint(cluster.templates):
            raise SnapshotError("the bytes hold a template twice")
        self._clusters[number] = cluster
        self._cluster_of |= dict.fromkeys(cluster.templates, number)
        if kept:
            self._kept.add(number)
