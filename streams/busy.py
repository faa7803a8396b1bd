"""How busy a stage is: the share of the time that it is at work, smoothed."""

from __future__ import annotations

from river.stats import EWMean

FADING = 0.1
"""Weight of the newest look: with one look a second, what was ten seconds ago counts a third."""


class Busy:
    """Adds up the time at work between two looks; river's exponentially weighted mean smooths the shares.

    Parameters
    ----------
    fading
        Weight of the newest look, 0 to 1.
    """

    def __init__(self, fading: float = FADING) -> None:
        self._share = EWMean(fading)
        self._worked = 0.0

    def work(self, seconds: float) -> None:
        """Add time at work."""
        self._worked += seconds

    def look(self, passed: float) -> float:
        """Return the smoothed share, 0 to 1, given the seconds since the last look."""
        self._share.update(min(1.0, self._worked / passed) if passed > 0 else 0.0)
        self._worked = 0.0
        return float(self._share.get())
