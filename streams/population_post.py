"""What detect says on the population topic: early profiles, and how far its partitions are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.population.profile import EarlyProfile
from models.population.progress import Progress
from streams.mark_post import MarkPost
from streams.population_records import Mark, profile_record


class PopulationPost:
    """Posts profiles, and after them the marks that cover them.

    Parameters
    ----------
    post
        Posts a key and a value, in order.
    marks
        Posts by the same.
    sources
        How many partitions the source topic has; nothing where it is the one that is judged. Requests of all
        of them meet in a partition of the sketch topic, which is as far as the last of them.
    """

    def __init__(
        self, post: Callable[[bytes, bytes], None], marks: MarkPost, sources: Callable[[], int] | None = None
    ) -> None:
        self._post = post
        self._marks = marks
        self._sources = sources
        self._progress: dict[int, Progress] = {}

    def judged(
        self, partition: int, profiles: Sequence[EarlyProfile], time: int, marks: Sequence[Mark] = ()
    ) -> None:
        """Post what came of a chunk.

        Parameters
        ----------
        time
            The newest event time of the partition, in Unix milliseconds.
        marks
            What intake said in it.
        """
        for profile in profiles:
            self._post(*profile_record(profile))
        self._marks.reach(partition, time if self._sources is None else self._heard(partition, marks))

    def rest(self, partition: int, time: int, *, waits: bool) -> None:
        """Look at a partition: whether anything waits there, and how far it is, in event time in ms."""
        if self._sources is None:
            self._marks.rest(partition, time, waits=waits)

    def reset(self) -> None:
        """Forget the partitions."""
        self._marks.reset()
        self._progress.clear()

    def _heard(self, partition: int, marks: Sequence[Mark]) -> int:
        """Return the event time that every partition of the source has reached in one of ours."""
        if partition not in self._progress:
            self._progress[partition] = Progress(self._sources() if self._sources else 0)
        progress = self._progress[partition]
        for mark in marks:
            progress.reach(mark.partition, mark.time)
            if mark.idle:
                progress.rest(mark.partition)
        return progress.all
