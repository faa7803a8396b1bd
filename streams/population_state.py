"""What is known of the whole fleet: peers of newcomers, campaigns, how far the partitions are.

All of it is one kept state, made from the records of the population topic up to one position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.agenda import Agenda
from models.campaign.campaigns import Campaigns
from models.campaign.config import CampaignConfig
from models.campaign.finding import CampaignFinding
from models.codec import Reader, Writer
from models.config import DetectorConfig
from models.finding import Finding
from models.population.newcomers import BATCH_MS, Excused, Newcomers, nobody
from models.population.profile import EarlyProfile
from models.population.progress import Progress
from streams.baseline import FORM, Kept
from streams.population_records import Mark, Said, Shared, population_record, read_shared

MOST_UNKEPT = 20_000
"""Records after which the state is written although no batch was closed."""

_NEVER = 2**62

BYTES_A_RECORD = 16_384
"""Each record that was read pays for so much of what is written: a large state is written seldom."""


@dataclass(slots=True)
class Fleetwide:
    """The models of the whole fleet; on the bus and in a backtest the same.

    Parameters
    ----------
    newcomers
        Compares tenants without a past.
    campaigns
        Judges accounts together, if that is wanted.
    """

    newcomers: Newcomers
    campaigns: Campaigns | None
    _waiting: Agenda[tuple[int, str, int], Shared] = field(default_factory=lambda: Agenda(BATCH_MS))

    def add(self, said: EarlyProfile | Shared | Finding) -> None:
        """Take in what is said of a tenant."""
        if isinstance(said, EarlyProfile):
            self.newcomers.add(said)
        elif self.campaigns is None:
            return
        elif isinstance(said, Finding):
            self.campaigns.note(said)
        else:
            one = said.fingerprint
            key = one.template, one.tenant, one.count
            if key not in self._waiting or said.told < self._waiting[key].told:
                self._waiting.put(key, said.told, said)

    def close(self, until: int) -> list[CampaignFinding | Finding]:
        """Judge all that is over at an event time in ms; what comes out is the same however often one looks.

        Campaigns come first, since who takes part in one is not accused alone; what is then said of newcomers
        they know before they go on to the next batch.
        """
        found: list[CampaignFinding | Finding] = []
        until -= until % BATCH_MS
        while self.newcomers.closed < until:
            end = min(until, self.newcomers.due or until, self._tell())
            excused: Excused = nobody
            if self.campaigns is not None:
                found += self.campaigns.close(end)
                excused = self.campaigns.named_before
            for finding in self.newcomers.close(end, excused):
                found.append(finding)
                self.add(finding)
        return found

    def answer(self, answered: Mapping[str, int]) -> list[CampaignFinding | Finding]:
        """Close what verdicts are about, given when each was answered in Unix milliseconds, by uid."""
        found: list[CampaignFinding | Finding] = []
        if self.campaigns is not None:
            found += self.campaigns.answer(answered)
        for finding in self.newcomers.answer(answered):
            found.append(finding)
            self.add(finding)
        return found

    def _tell(self) -> int:
        """Tell campaigns what is due in the batch that follows, and return when the next such batch begins.

        A fingerprint is judged when it was told and not before, or it would count for more where much is
        judged at once.
        """
        for key in self._waiting.before(self.newcomers.closed + BATCH_MS):
            shared = self._waiting.pop(key)
            if self.campaigns is not None:
                self.campaigns.add(shared.fingerprint)
        following = self._waiting.first
        return _NEVER if following is None else following

    def dump(self, out: Writer) -> None:
        """Write all that campaigns are judged by."""
        out.blob(b"" if self.campaigns is None else self.campaigns.dump())
        out.number(len(self._waiting))
        for shared in self._waiting:
            out.blob(population_record(shared)[1])

    def load(self, source: Reader) -> None:
        """Read it; campaigns begin anew where none were kept."""
        body = source.blob()
        waiting = [read_shared(source.blob()) for _ in range(source.count())]
        if body and self.campaigns is not None:
            self.campaigns.load(body)
            for shared in waiting:
                self.add(shared)


@dataclass(slots=True)
class PopulationState:
    """The models with how far the partitions are, and where on the population topic that was.

    Parameters
    ----------
    judged, templates
        How far the partitions are that are judged, and those of the fingerprint topic.
    position, kept
        Offset of the record to be read next: now, and when the state was last written.
    kept_until
        Event time up to which batches were closed then.
    kept_bytes
        How large it was then.
    told
        The position that was committed last, for tools that show the lag.
    serial
        How often it was written.
    """

    fleet: Fleetwide
    judged: Progress
    templates: Progress
    position: int = 0
    kept: int = 0
    kept_until: int = 0
    kept_bytes: int = 0
    told: int = 0
    serial: int = 0

    @property
    def due(self) -> bool:
        """Whether it should be written."""
        unkept = self.position - self.kept
        closed = self.fleet.newcomers.closed > self.kept_until
        return unkept > MOST_UNKEPT or (closed and unkept * BYTES_A_RECORD >= self.kept_bytes)

    @property
    def settled(self) -> int:
        """Event time in ms before which nothing is to be expected any more."""
        if self.fleet.campaigns is None:
            return self.judged.settled
        return min(self.judged.settled, self.templates.settled)

    def take(self, said: Said) -> None:
        """Take in a record."""
        if not isinstance(said, Mark):
            self.fleet.add(said)
            return
        progress = self.templates if said.of_templates else self.judged
        progress.reach(said.partition, said.time)
        if said.idle:
            progress.rest(said.partition)

    def keep(self) -> Kept:
        """Return what is to be kept, and count it as kept."""
        out = Writer()
        out.blob(self.fleet.newcomers.dump())
        self.judged.dump(out)
        self.templates.dump(out)
        self.fleet.dump(out)
        body = out.finish()
        self.serial += 1
        self.kept, self.kept_until, self.kept_bytes = self.position, self.fleet.newcomers.closed, len(body)
        return Kept(self.position, self.serial, body)

    def load(self, kept: Kept) -> None:
        """Go on from what was kept.

        Raises
        ------
        SnapshotError
            The bytes are no such state.
        """
        source = Reader(kept.body)
        self.fleet.newcomers.load(source.blob())
        self.judged.load(source)
        if kept.form == FORM:
            self.templates.load(source)
            self.fleet.load(source)
        source.end()
        self.position = self.kept = kept.position
        self.kept_until, self.kept_bytes = self.fleet.newcomers.closed, len(kept.body)
        self.serial = kept.serial


def fleetwide(
    config: DetectorConfig, campaigns: CampaignConfig | None, newcomers: Newcomers | None = None
) -> Fleetwide:
    """Return models that know nothing yet but perhaps the peers of newcomers."""
    return Fleetwide(newcomers or Newcomers(config), None if campaigns is None else Campaigns(campaigns))


def new_state(fleet: Fleetwide, partitions: int) -> PopulationState:
    """Return the state of models before anything was read.

    Parameters
    ----------
    partitions
        How many are judged, and how many the fingerprint topic has.
    """
    return PopulationState(fleet, Progress(partitions), Progress(partitions))


def newcomers_of(kept: Kept, config: DetectorConfig) -> Newcomers:
    """Return the peers of newcomers of what was kept on the state topic.

    Raises
    ------
    SnapshotError
        The bytes are no such state.
    """
    state = new_state(fleetwide(config, None), 0)
    state.load(kept)
    return state.fleet.newcomers
