"""What detect says beside its alerts, for those who judge the whole fleet, and how far its partitions are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.finding import Finding
from streams.fingerprint_post import FingerprintPost
from streams.mark_post import MarkPost
from streams.partition_state import Judgement
from streams.population_records import Mark, population_record
from streams.source_progress import Partitions, SourceProgress


class PopulationPost:
    """Posts profiles, fingerprints and what was said of tenants, and after them the marks that cover them.

    Parameters
    ----------
    post
        Posts a key and a value on the population topic, in order.
    marks
        Posts by the same, and to `fingerprints`.
    fingerprints
        Posts those, if campaigns are sought; what was said of tenants is of use to them alone.
    sources
        How many partitions the source topics have; nothing where it is the one that is judged. Requests of
        all of them meet in a partition of the sketch topic, which is as far as the last of them.
    """

    def __init__(
        self,
        post: Callable[[bytes, bytes], None],
        marks: MarkPost,
        sources: Partitions | None = None,
        fingerprints: FingerprintPost | None = None,
    ) -> None:
        self._post = post
        self._marks = marks
        self._fingerprints = fingerprints
        self._sources = sources
        self._progress: dict[int, SourceProgress] = {}

    def judged(
        self, partition: int, judgement: Judgement, time: int, marks: Sequence[Mark] = (), known: int = 0
    ) -> None:
        """Post what came of a chunk.

        Parameters
        ----------
        time
            The newest event time of the partition, in Unix milliseconds.
        marks
            What intake said in it.
        known
            The partition's newest event time before it.
        """
        for profile in judgement.profiles:
            self._post(*population_record(profile))
        if self._fingerprints is not None:
            self._fingerprints.post(judgement.fingerprints)
        self.said(judgement.findings)
        self._marks.reach(partition, time if self._sources is None else self._heard(partition, marks, known))

    def said(self, findings: Sequence[Finding]) -> None:
        """Post what was said of tenants."""
        for finding in findings if self._fingerprints is not None else ():
            self._post(*population_record(finding))

    def rest(self, partition: int, time: int, *, waits: bool) -> None:
        """Look at a partition: whether anything waits there, and how far it is, in event time in ms."""
        if self._sources is None:
            self._marks.rest(partition, time, waits=waits)

    def tell(self) -> None:
        """Tell those who look at templates how far the partitions are; to be called twice a second."""
        if self._fingerprints is not None:
            self._fingerprints.tell()

    def reset(self) -> None:
        """Forget the partitions."""
        self._marks.reset()
        if self._fingerprints is not None:
            self._fingerprints.reset()
        self._progress.clear()

    def _heard(self, partition: int, marks: Sequence[Mark], known: int) -> int:
        """Return the event time that every partition of the sources has reached in one of ours."""
        progress = self._progress.get(partition)
        if progress is None:
            counts = self._sources() if self._sources else {}
            if not all(counts.values()):  # nobody knows yet, and the marks come again
                return 0
            progress = self._progress[partition] = SourceProgress(counts)
        for mark in marks:
            progress.hear(mark, known)
        return progress.all
