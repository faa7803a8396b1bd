"""River's running mean and variance, with their state in three numbers."""

from __future__ import annotations

from math import sqrt
from struct import Struct

from river.stats import EWMean, EWVar

from models.codec import Reader, Writer

HIGHEST = 100.0
"""Beyond the size of any value that is averaged."""

# How river lays its state out: mean, weight, one less the weight, whether anything was seen; the variance has
# this for the values and for their squares.
_MEAN = Struct("<3d?d")
_VARIANCE = Struct("<3d?3d?2d")


class RunningScale:
    """Exponentially weighted mean and standard deviation (Finch 2009), by river.

    Parameters
    ----------
    fading
        The weight of the newest value, above 0 and at most 1.
    """

    def __init__(self, fading: float) -> None:
        self._fading = fading
        self._mean = EWMean(fading_factor=fading)
        self._variance = EWVar(fading_factor=fading)

    def update(self, value: float) -> None:
        """Take in a value of `HIGHEST` in size at most."""
        self._mean.update(value)
        self._variance.update(value)

    @property
    def mean(self) -> float:
        """The mean; 0 before the first value."""
        return float(self._mean.get())

    @property
    def deviation(self) -> float:
        """The standard deviation; 0 before the second value."""
        return sqrt(max(0.0, float(self._variance.get())))

    def dump(self, out: Writer) -> None:
        """Write the means of the values and of their squares, and whether there were any."""
        state = self._variance._ewvar.__getstate__()  # noqa: SLF001  river gives its state nowhere else
        mean, _, _, seen, squares, *_ = _VARIANCE.unpack(state)
        out.real(mean)
        out.real(squares)
        out.number(seen)

    def load(self, source: Reader) -> None:
        """Read the state. River gets bytes that we lay out ourselves: it panics on any others."""
        mean, squares, seen = source.real(-HIGHEST, HIGHEST), source.real(0.0, HIGHEST**2), source.count(1)
        weight, rest = self._fading, 1.0 - self._fading
        self._mean._ewmean.__setstate__(_MEAN.pack(mean, weight, rest, seen, weight))  # noqa: SLF001
        half = (weight, rest, seen)
        state = _VARIANCE.pack(mean, *half, squares, *half, weight, weight)
        self._variance._ewvar.__setstate__(state)  # noqa: SLF001
