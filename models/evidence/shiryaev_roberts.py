"""Accumulation of evidence with a bound on the average run length to a false alarm."""

from __future__ import annotations

from models.codec import Reader, Writer

CEILING = 1e12


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
        self.statistic = 0.0
        self.start = 0
        """Event time in ms at which the evidence that stands now began to grow; 0 while there is none."""

    def update(self, e: float, time: int) -> None:
        """Take in the e-value of a request, finite and 0 or more."""
        if self.start == 0:
            self.start = time
        self._sum += e
        self._size += 1
        if self._size == self._block:
            self.statistic = min(CEILING, (1.0 + self.statistic) * self._sum / self._block)
            self._sum, self._size = 0.0, 0
            if self.statistic < 1.0:
                self.start = 0

    def reset(self) -> None:
        """Forget all evidence."""
        self._sum, self._size, self.statistic, self.start = 0.0, 0, 0.0, 0

    def dump(self, out: Writer) -> None:
        """Write the state."""
        out.real(self._sum)
        out.number(self._size)
        out.real(self.statistic)
        out.number(self.start)

    def load(self, source: Reader) -> None:
        """Read the state."""
        self._sum = source.real()
        self._size = source.number()
        self.statistic = source.real()
        self.start = source.number()
