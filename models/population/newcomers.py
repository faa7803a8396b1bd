"""Accuses tenants that look like a harvest from their first requests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import groupby
from math import exp, log

from models.agenda import Agenda
from models.codec import Reader, Writer
from models.config import DetectorConfig
from models.control.records import SLACK_MS
from models.core.ages import AGES
from models.errors import SnapshotError
from models.event import MAX_NAME_BYTES
from models.finding import Activity, Finding, episode_uid
from models.population.profile import EarlyProfile, decode_profile
from models.population.statement import Accusation, rarest, state
from models.population.window import FARTHEST, Window

BATCH_MS = 300_000
"""Profiles are judged together, so many milliseconds of event time at once, against those before."""

DAY_MS = 86_400_000
RIPE_MS = DAY_MS
"""Nobody is accused before the baseline has seen a whole day of the fleet."""

LEAST_PEERS = 50
LEAST_INTERVALS = 4
"""Who asked in fewer intervals of ten minutes runs a batch: not accused, and no peer of those that go on."""

LEAST_FIRST_TURNS = 0.9
"""Who converses is excused: agents and chats send much, and all of it new."""

LEAST_NEW = 0.95
"""A harvest asks nothing twice: below this share of new prompts nobody is accused."""

QUIET_MS = DAY_MS
LATEST_MS = 7 * DAY_MS
"""A profile that reaches us so much too late is not judged any more."""

MOST_ACCUSED = 65_536
"""Tenants that are remembered as accused, so that none is accused twice."""

MOST_PENDING = 65_536
"""Profiles that may wait for their batch to close; while one partition stands still, others go on."""

Excused = Callable[[str, int], bool]
"""Tells whether somebody else has said enough of a tenant by an event time in Unix milliseconds."""

_VERSION = 1


def nobody(_tenant: str, _time: int) -> bool:
    """Excuse nobody."""
    return False


class Newcomers:
    """Judges early profiles of all partitions in the order of event time.

    What comes out depends on the profiles alone, not on the order in which they arrive, as long as a batch is
    closed after all its profiles are there.

    Parameters
    ----------
    config
        Its budget sets how rare a tenant must be.
    """

    def __init__(self, config: DetectorConfig) -> None:
        self._config = config
        self._least_rarity = log(rarest(config))
        self._windows = {age: Window() for age in AGES}
        self._pending: Agenda[tuple[int, int], EarlyProfile] = Agenda(BATCH_MS)
        self._accused: dict[int, Accusation | None] = {}
        self._open: set[int] = set()  # those of them whose episode is open
        self._began = 0
        self.closed = 0
        """Event time up to which batches are closed, in Unix milliseconds."""
        self.late = 0
        """Profiles that were not judged: they came too late, or too many waited."""

    @property
    def version(self) -> str:
        """Name the baseline by the end of its last batch and a digest of its peers."""
        out = Writer()
        for window in self._windows.values():
            window.dump(out)
        when = datetime.fromtimestamp(self.closed / 1000, UTC)
        return f"{when:%Y-%m-%dT%H:%MZ}-{blake2b(out.finish(), digest_size=4).hexdigest()}"

    @property
    def ready(self) -> bool:
        """Whether the baseline has seen a whole day and enough tenants for at least the first age."""
        return self._ripe(self.closed) and self.peers >= LEAST_PEERS

    @property
    def peers(self) -> int:
        """How many peers there are of the first age."""
        return self._windows[AGES[0]].peers

    @property
    def accused(self) -> int:
        """How many tenants have been accused, as far back as is remembered."""
        return len(self._accused)

    @property
    def open(self) -> int:
        """How many of them have an open episode."""
        return sum(accusation is not None for accusation in self._accused.values())

    def add(self, profile: EarlyProfile) -> None:
        """Take in a profile; one that is known already changes nothing."""
        tenant = tenant_hash(profile.tenant)
        if tenant in self._windows[profile.age] or (tenant, profile.age) in self._pending:
            return
        if profile.time < self.closed - LATEST_MS or len(self._pending) >= MOST_PENDING:
            self.late += 1
        else:
            self._pending.put((tenant, profile.age), profile.time, profile)

    @property
    def due(self) -> int | None:
        """The end of the first batch that something will be said of or learned from, in Unix milliseconds."""
        first = self._pending.first
        times = [] if first is None else [max(first, self.closed) + 1]
        times += [accusation.quiet_from for _, accusation in self._accusations()]
        return min(times) + -min(times) % BATCH_MS if times else None

    def _accusations(self) -> Iterator[tuple[int, Accusation]]:
        """Iterate over the open episodes with their tenants, in no order."""
        for tenant in self._open:
            accusation = self._accused[tenant]
            if accusation is not None:
                yield tenant, accusation

    def close(self, until: int, excused: Excused = nobody) -> list[Finding]:
        """Judge every batch that ends at or before an event time in ms, after which no earlier profile comes.

        Parameters
        ----------
        excused
            Who is not accused anew at the end of a batch, as somebody else has said enough of it.

        Returns
        -------
        list
            What is to be said, in the order of time.
        """
        end = until - until % BATCH_MS
        if end <= self.closed:
            return []
        due = sorted(
            ((max(profile.time, self.closed), profile.time, profile.tenant, profile.age), key)
            for key, profile in ((key, self._pending[key]) for key in self._pending.before(end))
        )
        findings: list[Finding] = []
        for batch, keys in groupby(due, key=lambda item: item[0][0] // BATCH_MS):
            findings += self._judge(batch * BATCH_MS + BATCH_MS, [key for _, key in keys], excused)
        findings += self._end_quiet(end)
        self.closed = end
        return findings

    def _judge(self, end: int, keys: list[tuple[int, int]], excused: Excused) -> Iterator[Finding]:
        """Judge the profiles of a batch against those before it, then count them among the peers."""
        yield from self._end_quiet(end)
        self.closed = end - BATCH_MS  # whether somebody has closed the empty batches before it or not
        profiles = [(tenant, self._pending.pop((tenant, age))) for tenant, age in keys]
        self._began = self._began or min(profile.time for _, profile in profiles)
        version = ""
        judged, spared = [], set()
        for tenant, profile in profiles:
            rarity = self._rarity(profile)
            if rarity >= self._least_rarity:
                if tenant not in self._accused and excused(profile.tenant, end):
                    spared.add(tenant)  # and yet no peer like any other
                    self._mark(tenant, rarity)
                else:
                    version = version or self.version
                    yield from self._accuse(tenant, profile, rarity, end, version)
            judged.append((tenant, profile, rarity))
        for tenant, profile, rarity in judged:
            if not _goes_on(profile):
                continue
            extreme = rarity if tenant in self._accused or tenant in spared else 0.0
            self._windows[profile.age].add(tenant, profile, extreme)
        self.closed = end

    def _rarity(self, profile: EarlyProfile) -> float:
        window = self._windows[profile.age]
        harvests = profile.new_prompts >= LEAST_NEW and profile.first_turns >= LEAST_FIRST_TURNS
        if not (harvests and _goes_on(profile)) or not self._ripe(profile.time) or window.peers < LEAST_PEERS:
            return 0.0
        return window.rarity(profile)

    def _ripe(self, time: int) -> bool:
        return 0 < self._began <= time - RIPE_MS

    def _accuse(
        self, tenant: int, profile: EarlyProfile, rarity: float, time: int, version: str
    ) -> Iterator[Finding]:
        evidence = exp(min(rarity, FARTHEST))
        open_one = self._accused.get(tenant)
        if tenant not in self._accused:
            uid = episode_uid(profile.tenant, profile.request.request_id)
            accusation = Accusation(uid, profile, evidence, time, time + QUIET_MS, version)
            self._accused[tenant] = accusation
            self._open.add(tenant)
            self._mark(tenant, rarity)
            yield self._state(accusation, Activity.CREATE, time)
            if len(self._accused) > MOST_ACCUSED:
                yield from self._forget_one(time)
        elif open_one is not None:
            grown = evidence >= open_one.evidence * self._config.update_step
            self._accused[tenant] = accusation = open_one.renewed(
                profile, evidence, time + QUIET_MS, version, grown=grown
            )
            if grown:
                yield self._state(accusation, Activity.UPDATE, time)

    def _mark(self, tenant: int, rarity: float) -> None:
        """Note how far out a tenant lies, wherever it is one of the peers."""
        for window in self._windows.values():
            window.accuse(tenant, rarity)

    def _end_quiet(self, now: int) -> Iterator[Finding]:
        """Close the episodes of tenants that no later age showed as extreme again."""
        over = sorted(
            (accusation.quiet_from, tenant)
            for tenant, accusation in self._accusations()
            if accusation.quiet_from <= now
        )
        for time, tenant in over:
            accusation = self._accused[tenant]
            self._accused[tenant] = None
            self._open.discard(tenant)
            if accusation is not None:
                yield self._state(accusation, Activity.CLOSE, time)

    def answer(self, answered: Mapping[str, int]) -> list[Finding]:
        """Close the open episodes that verdicts are about, given when each was answered, by uid.

        A close is never earlier than what was said before; times are in Unix milliseconds. An episode of the
        same name that opened later is another one.
        """
        found = [
            (tenant, accusation)
            for tenant, accusation in self._accused.items()
            if accusation is not None
            and accusation.uid in answered
            and accusation.opened <= answered[accusation.uid] + SLACK_MS
        ]
        self._accused.update(dict.fromkeys(tenant for tenant, _ in found))
        self._open.difference_update(tenant for tenant, _ in found)
        return [
            self._state(accusation, Activity.CLOSE, max(answered[accusation.uid], self.closed))
            for _, accusation in found
        ]

    def _forget_one(self, now: int) -> Iterator[Finding]:
        """Forget the tenant that was accused first; an episode that is open still is closed."""
        tenant = next(iter(self._accused))
        accusation = self._accused.pop(tenant)
        self._open.discard(tenant)
        if accusation is not None:
            yield self._state(accusation, Activity.CLOSE, now)

    def _state(self, accusation: Accusation, activity: Activity, time: int) -> Finding:
        window = self._windows[accusation.profile.age]
        return state(accusation, activity, time, middle=window.middle(), config=self._config)

    def dump(self) -> bytes:
        """Return the whole state as bytes."""
        out = Writer()
        for number in (_VERSION, self._began, self.closed, self.late):
            out.number(number)
        for window in self._windows.values():
            window.dump(out)
        out.number(len(self._pending))
        for profile in self._pending:
            _dump_profile(out, profile)
        out.number(len(self._accused))
        for tenant, accusation in self._accused.items():
            out.word(tenant)
            out.number(accusation is not None)
            if accusation is not None:
                accusation.dump(out)
        return out.finish()

    def load(self, body: bytes) -> None:
        """Replace the whole state.

        Raises
        ------
        SnapshotError
            The bytes are not such a state.
        """
        source = Reader(body)
        if source.number() != _VERSION:
            raise SnapshotError(f"the bytes are not a population baseline of version {_VERSION}")
        self._began, self.closed, self.late = source.time(), source.time(), source.count()
        for window in self._windows.values():
            window.load(source)
        pending = [_load_profile(source) for _ in range(source.count(MOST_PENDING))]
        self._pending = Agenda(BATCH_MS)
        for profile in pending:
            self._pending.put((tenant_hash(profile.tenant), profile.age), profile.time, profile)
        self._accused = {}
        for _ in range(source.count(MOST_ACCUSED)):
            tenant = source.word()
            self._accused[tenant] = Accusation.load(source) if source.count(1) else None
        self._open = {tenant for tenant, accusation in self._accused.items() if accusation is not None}
        source.end()


def _goes_on(profile: EarlyProfile) -> bool:
    return profile.intervals >= LEAST_INTERVALS


def tenant_hash(name: str) -> int:
    """Return 64 bits that stand for a tenant's name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


def _dump_profile(out: Writer, profile: EarlyProfile) -> None:
    out.text(profile.tenant)
    out.blob(profile.encode())


def _load_profile(source: Reader) -> EarlyProfile:
    return decode_profile(source.text(MAX_NAME_BYTES), source.blob())
