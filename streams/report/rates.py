"""How often something happened against how often it may, with what so few observations allow to say."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import gammaincinv  # type: ignore[import-untyped]

_TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Rate:
    """A number of events in a number of days.

    Parameters
    ----------
    count
        Events.
    days
        Tenant-days in which they could have happened, above 0.
    nominal
        The rate that was promised, events a tenant-day.
    """

    count: int
    days: float
    nominal: float

    @property
    def realised(self) -> float:
        """Events a tenant-day."""
        return self.count / self.days

    @property
    def low(self) -> float:
        """Lower end of the exact Poisson interval of 95% (Garwood 1936)."""
        return 0.0 if self.count == 0 else float(gammaincinv(self.count, _TAIL)) / self.days

    @property
    def high(self) -> float:
        """Its upper end."""
        return float(gammaincinv(self.count + 1, 1.0 - _TAIL)) / self.days

    @property
    def verdict(self) -> str:
        """What the interval allows to say, in words."""
        if self.low > self.nominal:
            return "more than promised"
        if self.high < self.nominal:
            return "fewer than promised"
        return "in keeping with it"
