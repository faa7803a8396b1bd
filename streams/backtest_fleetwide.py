"""What is judged for the whole fleet in a backtest: the same models as on the bus, one partition of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.campaign.finding import CampaignFinding
from models.campaign.fingerprint import Fingerprint
from models.codec import Reader, Writer
from models.finding import Finding
from models.population.profile import EarlyProfile
from models.population.progress import Progress
from models.sketch import MAX_OFFSET
from streams.metrics import Metrics
from streams.population_records import Mark
from streams.population_state import Fleetwide
from streams.snapshot_store import SnapshotStore
from streams.state_record import StateRecord
from streams.template_state import TemplateState

_NO_CLOCK = 2**62
"""The past is not ahead of any clock."""


class BacktestFleetwide:
    """Judges what the detector says of tenants, as far as time has passed.

    Parameters
    ----------
    fleet
        The models.
    store
        Where templates wait that do not fit into memory.
    most
        How many templates are kept in memory.
    memory_ms
        Event time after which a template that nobody used is forgotten, in milliseconds.
    """

    def __init__(self, fleet: Fleetwide, store: SnapshotStore, *, most: int, memory_ms: int) -> None:
        self.fleet = fleet
        self._progress = Progress(1)
        self._records = 0
        self._templates = TemplateState(
            0,
            _Records(store),
            partitions=1,
            most=most,
            memory_ms=memory_ms,
            metrics=Metrics(),
            clock=lambda: _NO_CLOCK,
        )

    def note(self, findings: Sequence[Finding]) -> None:
        """Take note of what is said of tenants alone."""
        for finding in findings:
            self.fleet.add(finding)

    def judge(
        self,
        profiles: Sequence[EarlyProfile],
        fingerprints: Sequence[Fingerprint],
        time: int,
        answered: Mapping[str, int],
    ) -> list[CampaignFinding | Finding]:
        """Judge all that is over at the newest event time of all requests, in Unix milliseconds.

        Then what verdicts are about is closed; `answered` tells when each finding got its own, by uid.
        """
        for profile in profiles:
            self.fleet.add(profile)
        for fingerprint in fingerprints if self.fleet.campaigns is not None else ():
            self._templates.take(fingerprint, self._records)
            self._records += 1
        self._progress.reach(0, time)
        self._templates.take([Mark(0, time, idle=False)], self._records)
        for shared in self._templates.read_to(self._records):
            self.fleet.add(shared)
        return [*self.fleet.close(self._progress.settled), *self.fleet.answer(answered)]

    def checkpoint(self) -> None:
        """Store the templates that changed, and let those go that were used least recently."""
        frozen = self._templates.freeze()
        for _ in frozen.slices if frozen else ():
            pass  # each is stored when it is made

    def dump(self, out: Writer) -> None:
        """Write all that is not in the store; right after `checkpoint`."""
        out.blob(self.fleet.newcomers.dump())
        self.fleet.dump(out)
        self._progress.dump(out)
        out.number(self._records)
        self._templates.dump(out)

    def load(self, source: Reader) -> None:
        """Go on from what `dump` wrote, with the store as it was then.

        Raises
        ------
        SnapshotError
            The bytes are no such state.
        """
        self.fleet.newcomers.load(source.blob())
        self.fleet.load(source)
        self._progress.load(source)
        self._records = source.count(MAX_OFFSET)
        self._templates.load(source)


class _Records:
    """The store as the state topic of one partition."""

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store

    def get(self, _partition: int, key: bytes) -> StateRecord | None:
        return self._store.get(key)

    def put(self, _partition: int, writes: Mapping[bytes, StateRecord | None]) -> None:
        self._store.put(writes)

    def older_than(self, _partition: int, time: int, most: int, kind: bytes) -> list[bytes]:
        return self._store.older_than(time, most, kind)
