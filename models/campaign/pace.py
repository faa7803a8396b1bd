"""How fast accounts take up a template, against what the population and the template's own past explain.

Times between two accounts are measured on the fleet's own clock, which runs as fast as the fleet is busy at
that hour of the day: what all tenants do together says nothing of a template.

Accounts come to a template as a Poisson process. Under the null hypothesis its rate is drawn from a gamma
distribution about what the population explains, and learned from the template's own past: the next gap has a
Lomax density (Lomax 1954). Under the alternative the rate is ten to ten thousand times as high, every decade
of that as likely, and learned from the same gaps. So a template that has always been popular explains itself,
one that is new is judged by how rare its pace is, and one that changes its pace by the change.
"""

from __future__ import annotations

from models.codec import Reader, Writer

HOURS = 24
HOUR_MS = 3_600_000
DAY_MS = HOURS * HOUR_MS

SHAPE = 0.5
"""Of the gamma distribution of rates: one template in twenty is four times as fast as the mean and more."""

SLOWEST = 0.05
"""Accounts an hour: no population is taken to be slower than this in the mean."""

FASTER = (10.0, 100.0, 1000.0, 10_000.0)
"""So many times what is usual the alternative may be."""

FORGET = 0.75
"""What a gap weighs against the one after it in the alternative: a campaign changes the pace."""

FORGET_USUAL = 0.99
"""The same under the null hypothesis: popularity comes and goes."""

MOST_BET = 100.0
_CALM = 20.0
_HALF_LIFE_DAYS = 14
_MOST_WEIGHT = 1e15
_LEAST_DENSITY = 1e-300
_LEAST_WEIGHT = 1e-12


class FleetClock:
    """Event time on the fleet's clock, in hours: each hour of the day counts by how busy it usually is."""

    def __init__(self) -> None:
        self._weights = [0.0] * HOURS
        self._day = 0
        self._refresh()

    def see(self, time: int) -> None:
        """Count a fingerprint of this event time in ms."""
        self._weights[time // HOUR_MS % HOURS] += 1.0
        if time // DAY_MS > self._day:
            fade = 0.5 ** (min(time // DAY_MS - self._day, 365) / _HALF_LIFE_DAYS) if self._day else 1.0
            self._weights = [weight * fade for weight in self._weights]
            self._day = time // DAY_MS
            self._refresh()

    def between(self, earlier: int, later: int) -> float:
        """Return the hours on the fleet's clock between two event times in ms, 0 or more."""
        return max(0.0, self._at(later) - self._at(earlier))

    def _at(self, time: int) -> float:
        days, rest = divmod(time, DAY_MS)
        hour, part = divmod(rest, HOUR_MS)
        return days * HOURS + self._before[hour] + self._speeds[hour] * part / HOUR_MS

    def _refresh(self) -> None:
        total = sum(self._weights) + HOURS * _CALM
        self._speeds = [HOURS * (weight + _CALM) / total for weight in self._weights]
        self._before = [sum(self._speeds[:hour]) for hour in range(HOURS)]

    def dump(self, out: Writer) -> None:
        """Write the clock."""
        out.number(self._day)
        for weight in self._weights:
            out.real(weight)
        for speed in self._speeds:
            out.real(speed)

    def load(self, source: Reader) -> None:
        """Read the clock."""
        self._day = source.count(10**6)
        self._weights = [source.real(0.0, _MOST_WEIGHT) for _ in range(HOURS)]
        self._speeds = [source.real(0.0, float(HOURS)) for _ in range(HOURS)]
        self._before = [sum(self._speeds[:hour]) for hour in range(HOURS)]


class Pace:
    """What the gaps between the accounts of one template say of its rate.

    Attributes
    ----------
    gaps, hours
        How many gaps there were, and how long they were together, on the fleet's clock.
    last_gaps, last_hours
        The same, of late.
    decades
        How well each decade of the alternative explained the gaps so far; sums up to 1.
    """

    __slots__ = ("decades", "gaps", "hours", "last_gaps", "last_hours")

    def __init__(self) -> None:
        self.gaps = 0.0
        self.hours = 0.0
        self.last_gaps = 0.0
        self.last_hours = 0.0
        self.decades = [1.0 / len(FASTER)] * len(FASTER)

    def bet(self, gap: float, rate: float) -> float:
        """Return the e-value of a gap in hours, and learn it.

        Parameters
        ----------
        rate
            What the population explains, in accounts an hour.
        """
        scale = SHAPE / max(rate, SLOWEST)
        usual = lomax(gap, SHAPE + self.gaps, scale + self.hours)
        joint = [
            weight * lomax(gap, SHAPE + self.last_gaps, scale / factor + self.last_hours)
            for weight, factor in zip(self.decades, FASTER, strict=True)
        ]
        fast = max(sum(joint), _LEAST_DENSITY)
        self.decades = [max(value / fast, _LEAST_WEIGHT) for value in joint]
        self.gaps = FORGET_USUAL * self.gaps + 1.0
        self.hours = FORGET_USUAL * self.hours + gap
        self.last_gaps = FORGET * self.last_gaps + 1.0
        self.last_hours = FORGET * self.last_hours + gap
        return min(MOST_BET, fast / max(usual, _LEAST_DENSITY))

    def dump(self, out: Writer) -> None:
        """Write the pace."""
        for value in (self.gaps, self.hours, self.last_gaps, self.last_hours, *self.decades):
            out.real(value)

    @staticmethod
    def load(source: Reader) -> Pace:
        """Read a pace."""
        pace = Pace()
        pace.gaps, pace.hours, pace.last_gaps, pace.last_hours = (
            source.real(0.0, _MOST_WEIGHT) for _ in range(4)
        )
        pace.decades = [source.real(0.0, 1.0) for _ in FASTER]
        return pace


def lomax(gap: float, shape: float, scale: float) -> float:
    """Return the density of a gap whose rate has a gamma distribution of this shape and rate parameter."""
    return shape / scale * float((scale / (scale + gap)) ** (shape + 1.0))
