"""Metrics that name tenants: those nearest to an alert, and no more than are wanted.

They are made when somebody asks for them, from the tenants that are in memory then, so that nothing of a
tenant that left remains. The models belong to the worker's loop, and it is another thread that asks: the loop
is asked for a copy, and while it has no time for that what it said last stands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from models.episode import State
from models.finding import SignalReading

OTHERS = "_other"
"""The label of those who are not named: the nearest of them to an alert stands for all."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a tenant stands.

    Parameters
    ----------
    evidence, threshold
        The combined Shiryaev-Roberts statistic, and its value at which an episode opens.
    readings
        What each signal saw, and of the plain rules those that saw anything.
    """

    tenant: str
    state: State
    evidence: float
    threshold: float
    readings: Sequence[SignalReading]


@dataclass(frozen=True, slots=True)
class Standings:
    """The tenants that are nearest to an alert, the nearest first, and how many there are in memory."""

    tenants: Sequence[Standing] = field(default=())
    live: int = 0


Ask = Callable[[int, Collection[str]], Standings]
"""Given how many are wanted, and who was named the last time, returns them, or raises `TimeoutError`."""


class TenantCollector(Collector):
    """Makes the metrics whenever it is asked for them; safe in any thread."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ask: Ask | None = None
        self._most = 0
        self._last = Standings()
        self._named: frozenset[str] = frozenset()
        registry.register(self)

    def name(self, most: int, ask: Ask) -> None:
        """Name so many tenants at most from now on; with 0 none, and nothing is said of the others."""
        self._most, self._ask = most, ask

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Return the metrics without a value."""
        yield from _Families().all()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the metrics of now."""
        families, found = _Families(), self._look()
        named = [one for one in found.tenants if one.tenant != OTHERS][: self._most]
        self._named = frozenset(one.tenant for one in named)
        rest = next((one for one in found.tenants if one not in named), None)
        for standing in named:
            families.add(standing.tenant, standing)
        if rest is not None:
            families.add(OTHERS, rest)
        families.unnamed.add_metric([], found.live - len(named) if self._most else 0)
        yield from families.all()

    def _look(self) -> Standings:
        if not self._most or self._ask is None:
            return Standings()
        try:
            # One more stands for the others, and one may be called as they are.
            self._last = self._ask(self._most + 2, self._named)
        except TimeoutError:
            return self._last
        return self._last


class _Families:
    """The metrics, to be filled."""

    def __init__(self) -> None:
        one, both = ["tenant"], ["tenant", "signal"]
        self._evidence = GaugeMetricFamily(
            "distillwatch_tenant_evidence", "Combined evidence (Shiryaev-Roberts statistic).", labels=one
        )
        self._threshold = GaugeMetricFamily(
            "distillwatch_tenant_threshold", "Evidence that opens an episode.", labels=one
        )
        self._state = GaugeMetricFamily(
            "distillwatch_tenant_state",
            "0 warming, 1 normal, 2 suspicious, 3 alerting, 4 cooling.",
            labels=one,
        )
        self._signal = GaugeMetricFamily(
            "distillwatch_tenant_signal_evidence_ratio",
            "Evidence of a signal, as a share of the threshold.",
            labels=both,
        )
        self._observed = GaugeMetricFamily(
            "distillwatch_tenant_signal_observed", "What a signal saw of late, in its own unit.", labels=both
        )
        self._expected = GaugeMetricFamily(
            "distillwatch_tenant_signal_expected", "What it expected, in the same unit.", labels=both
        )
        self.unnamed = GaugeMetricFamily(
            "distillwatch_unnamed_tenants", "Tenants in memory without a name here."
        )

    def add(self, name: str, standing: Standing) -> None:
        """Add a tenant under a name."""
        self._evidence.add_metric([name], standing.evidence)
        self._threshold.add_metric([name], standing.threshold)
        self._state.add_metric([name], standing.state)
        for reading in standing.readings:
            labels = [name, reading.name]
            self._signal.add_metric(labels, reading.evidence)
            self._observed.add_metric(labels, reading.observed)
            self._expected.add_metric(labels, reading.expected)

    def all(self) -> list[GaugeMetricFamily]:
        """Return them all."""
        tenant = [self._evidence, self._threshold, self._state]
        return [*tenant, self._signal, self._observed, self._expected, self.unnamed]
