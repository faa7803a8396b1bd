"""The comparison of newcomers with their peers, over the early profiles of a whole world at once.

What a profile says does not depend on other tenants, so that tenants may be judged one after the other. Their
profiles are put in the order of event time afterwards, as the bus does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from models.config import DetectorConfig
from models.finding import Activity
from models.population.newcomers import BATCH_MS, Newcomers
from models.population.profile import EarlyProfile
from models.population.progress import DISORDER_MS


class Population:
    """The baseline of a fleet.

    Parameters
    ----------
    baseline
        What `dump` returned of another one, to start from; from nothing if it is empty. The profiles are then
        moved in time so that they come right after its own.
    """

    def __init__(self, config: DetectorConfig, baseline: bytes = b"") -> None:
        self._newcomers = Newcomers(config)
        if baseline:
            self._newcomers.load(baseline)

    def judge(self, profiles: Sequence[EarlyProfile], newest: int) -> dict[str, list[int]]:
        """Compare tenants with their peers; return when which of them was accused, in Unix milliseconds.

        Parameters
        ----------
        profiles
            Of all tenants.
        newest
            The newest event time of all; the batch that is open then stays open, as it does in a stream.
        """
        if not profiles:
            return {}
        shift = self._shift(min(profile.started for profile in profiles))
        for profile in sorted(profiles, key=lambda one: (one.time, one.tenant, one.age)):
            self._newcomers.add(replace(profile, time=profile.time + shift, started=profile.started + shift))
        accused = defaultdict(list)
        for finding in self._newcomers.close(newest + shift - DISORDER_MS):
            if finding.activity is Activity.CREATE:
                accused[finding.tenant].append(finding.time - shift)
        return dict(accused)

    def dump(self) -> bytes:
        """Return the baseline as bytes."""
        return self._newcomers.dump()

    def _shift(self, first: int) -> int:
        """Return by how much to move time on, in whole batches."""
        if not self._newcomers.closed:
            return 0
        return -(-(self._newcomers.closed - first) // BATCH_MS) * BATCH_MS
