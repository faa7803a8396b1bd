"""Accumulation of evidence with a bound on the average run length to a false alarm."""

from __future__ import annotations

from models.codec import Reader, Writer

CEILING = 1e12
FRESH_CEILING = 40.0


class ShiryaevRoberts:
    """S = (1 + S) e, over blocks of consecutive requests.

    Under the null hypothesis S minus the number of blocks is a martingale, so the mean number of blocks until
    S >= A is at least A (Shiryaev 1963, Roberts 1966; e-detectors: Shin, Ramdas and Rinaldo 2024). The e of a
    block is the mean of its requests' e-values, an e-value whatever the dependence inside the block.

    Parameters
    ----------
    block
        Requests in a block, 1 or more.
    """

    def __init__(self, block: int) -> None:
        self._block = block
        self._sum = 0.0
        self._size = 0
        self._climb = 1.0
        self.statistic = 0.0
        self.fresh = 0.0
        """The same statistic, held below `FRESH_CEILING`, so that it tells of late evidence alone."""
        self.start = 0
        """Event time in ms at which the evidence began to grow, as CUSUM tells it (Page 1954); 0 for none."""
        self.count = 0
        """Requests since then."""

    def update(self, e: float, time: int) -> None:
        """Take in the e-value of a request, finite and 0 or more."""
        if self.start == 0:
            self.start = time
        self.count += 1
        self._sum += e
        self._size += 1
        if self._size >= self._block:  # above it where the setting was lowered inside a block
            self._fill(self._sum / self._size)

    def _fill(self, e: float) -> None:
        self._sum, self._size = 0.0, 0
        self.statistic = min(CEILING, (1.0 + self.statistic) * e)
        self.fresh = min(FRESH_CEILING, (1.0 + self.fresh) * e)
        self._climb = min(CEILING, max(1.0, self._climb) * e)
        if self._climb <= 1.0:
            self.start, self.count = 0, 0

    def reset(self) -> None:
        """Forget all evidence."""
        self._sum, self._size, self._climb = 0.0, 0, 1.0
        self.statistic, self.fresh = 0.0, 0.0
        self.start, self.count = 0, 0

    def dump(self, out: Writer) -> None:
        """Write the state."""
        for real in (self._sum, self._climb, self.statistic, self.fresh):
            out.real(real)
        for number in (self._size, self.start, self.count):
            out.number(number)

    def load(self, source: Reader) -> None:
        """Read the state."""
        self._sum, self._climb = source.real(0.0, CEILING), source.real(0.0, CEILING)
        self.statistic, self.fresh = source.real(0.0, CEILING), source.real(0.0, FRESH_CEILING)
        self._size, self.start, self.count = source.count(), source.time(), source.count()
