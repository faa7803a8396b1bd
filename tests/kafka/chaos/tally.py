"""What was done to the workers, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, fields

from tests.kafka.stand import FAILED, KILLED, Stand
from tests.kafka.truth import Outcome


@dataclass
class Tally:
    """Counts of one round, or of several added up.

    Parameters
    ----------
    kills, at_steps
        Workers that were killed, and how many of those did so themselves at a step of delivery.
    joins, leaves, hangs, rolls
        Rebalances that were asked for: a worker more, a worker less, one that hung past its session, and all
        of them restarted one by one.
    assignments
        How often a worker was given partitions, or none.
    brokers, stalls
        Times that the broker was killed and started again, and that it stood still for seconds.
    gave_up
        Workers that ended with code 1, as documented, and were started again.
    repeats
        Alerts that were said again, to the byte.
    lost, doubled
        Findings and requests that are missing, and those that should not be there.
    """

    kills: int = 0
    at_steps: int = 0
    joins: int = 0
    leaves: int = 0
    hangs: int = 0
    rolls: int = 0
    assignments: int = 0
    brokers: int = 0
    stalls: int = 0
    gave_up: int = 0
    source_events: int = 0
    findings: int = 0
    repeats: int = 0
    lost: int = 0
    doubled: int = 0

    @property
    def rebalances(self) -> int:
        """How many rebalances were asked for, beside those that follow from a death."""
        return self.joins + self.leaves + self.hangs + self.rolls

    def count_workers(self, stand: Stand) -> None:
        """Count how the workers of a stand have ended."""
        for worker in stand.gone:
            code = worker.process.returncode
            self.kills += code == KILLED
            self.at_steps += code == KILLED and not worker.hit
            self.gave_up += code == FAILED
            self.assignments += worker.assignments

    def count_outcome(self, found: Outcome, expected: Outcome) -> None:
        """Count what workers have said and kept against what they should have."""
        self.source_events += sum(expected.events.values())
        self.findings += len(found.findings)
        self.repeats += found.repeats
        self.lost += len(expected.findings.keys() - found.findings.keys())
        self.doubled += len(found.findings.keys() - expected.findings.keys()) + found.contradictions
        for tenant in expected.events.keys() | found.events.keys():
            more = found.events.get(tenant, 0) - expected.events.get(tenant, 0)
            self.lost += max(0, -more)
            self.doubled += max(0, more)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __str__(self) -> str:
        counts = {each.name: getattr(self, each.name) for each in fields(self)}
        return " ".join(
            f"{name}={count}" for name, count in {**counts, "rebalances": self.rebalances}.items()
        )
