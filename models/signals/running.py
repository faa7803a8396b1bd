"""River's running mean and variance, with the bytes of their state."""

from __future__ import annotations

from math import sqrt

from river.stats import EWMean, EWVar

from models.codec import Reader, Writer
from models.errors import SnapshotError

_RIVER_BYTES = (33, 66)


class RunningScale:
    """Exponentially weighted mean and standard deviation (Finch 2009), by river.

    Parameters
    ----------
    fading
        The weight of the newest value, above 0 and at most 1.
    """

    def __init__(self, fading: float) -> None:
        self._mean = EWMean(fading_factor=fading)
        self._variance = EWVar(fading_factor=fading)

    def update(self, value: float) -> None:
        """Take in a finite value."""
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
        """Write the state of both."""
        out.blob(self._mean._ewmean.__getstate__())  # noqa: SLF001  river gives its bytes nowhere else
        out.blob(self._variance._ewvar.__getstate__())  # noqa: SLF001

    def load(self, source: Reader) -> None:
        """Read the state of both. River panics on broken bytes, so the snapshot's CRC comes first."""
        targets = (self._mean._ewmean, self._variance._ewvar)  # noqa: SLF001
        for target, size in zip(targets, _RIVER_BYTES, strict=True):
            data = source.blob()
            if len(data) != size:
                raise SnapshotError("a running mean in the snapshot has a wrong size")
            target.__setstate__(data)  # type: ignore[attr-defined]
