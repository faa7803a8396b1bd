"""Resampling: a plain rule, no statistics.

Who distils by rejection sampling asks each prompt several times, often at several temperatures, and keeps the
best answers (Zelikman et al. 2022, arXiv 2203.14465). Popular questions come again as well, but not in a row,
and always at the temperature of the product that asks them.
"""

from __future__ import annotations

from models.codec import Reader, Writer
from models.finding import SignalReading
from models.sketch import HOTTEST, Sketch

ALARM = 4.0
"""Prompts that were sampled again and again, which together make an alert."""

MOST_HITS = 4 * ALARM
FORGET = 1 / 256
PROMPTS = 8
TEMPERATURES = 3
"""So many temperatures of one prompt make it a sampled one."""

IN_A_ROW = 4
"""So many requests of one prompt in a row do as well."""

_STEPS = 63


class Resampling:
    """Counts prompts that were asked at several temperatures, or several times in a row.

    A product that repeats one prompt for ever, such as one whose retries went wrong, counts once as long as
    fewer than `PROMPTS` others come between.
    """

    def __init__(self) -> None:
        self._temperatures: dict[int, int] = {}  # by prompt, a bit a tenth of a degree
        self._last = 0
        self._run = 0
        self._hits = 0.0

    @property
    def share(self) -> float:
        """How much of an alert was seen: 1 or more is resampling."""
        return self._hits / ALARM

    def reading(self) -> SignalReading:
        """Return the prompts counted against none expected."""
        return SignalReading("resampling", self._hits, 0.0, "prompts sampled again and again", self.share)

    def observe_one(self, x: Sketch) -> None:
        """Look at a request; one without a prompt says nothing."""
        self._hits = max(0.0, self._hits - FORGET)
        if not x.whole:
            return
        before = self._temperatures.pop(x.whole, 0)
        known = before | 1 << _step(x)
        self._temperatures[x.whole] = known
        if len(self._temperatures) > PROMPTS:
            del self._temperatures[next(iter(self._temperatures))]
        self._run = self._run + 1 if x.whole == self._last else 1
        self._last = x.whole
        if not before & _COUNTED and (known.bit_count() >= TEMPERATURES or self._run >= IN_A_ROW):
            self._temperatures[x.whole] |= _COUNTED
            self._hits = min(MOST_HITS, self._hits + 1.0)

    def reset(self) -> None:
        """Forget the hits."""
        self._hits = 0.0

    def dump(self, out: Writer) -> None:
        """Write the state."""
        out.real(self._hits)
        out.word(self._last)
        out.number(min(self._run, IN_A_ROW))
        out.number(len(self._temperatures))
        for prompt, known in self._temperatures.items():
            out.word(prompt)
            out.word(known)

    def load(self, source: Reader) -> None:
        """Read the state."""
        self._hits = source.real(0.0, MOST_HITS)
        self._last, self._run = source.word(), source.count(IN_A_ROW)
        self._temperatures = {source.word(): source.word() for _ in range(source.count(PROMPTS))}


_COUNTED = 1 << _STEPS


def _step(x: Sketch) -> int:
    """Return the tenth of a degree, 0 to 62; 0 as well where no temperature is given."""
    return min(_STEPS - 1, max(0, round(10 * min(x.temperature, HOTTEST))))
