"""Request shape: the parameters and lengths of a request against those that this tenant is used to."""

from __future__ import annotations

from array import array
from math import log2
from typing import ClassVar

import numpy as np

from models.codec import Reader, Writer
from models.errors import SnapshotError
from models.signals.base import Signal
from models.sketch import MISSING, Sketch

CLASSES = 24
FEATURES = 10
HALVE_AT = 1024
MINIMUM = 32
SMOOTHING = 0.5
_BITS = [log2(count + SMOOTHING) for count in range(HALVE_AT + 1)]


class RequestShape(Signal):
    """Surprise of a request's features, each against its own decayed frequencies (a naive Bayes model).

    The features are logprobs, logit bias, n, temperature, max_tokens, output tokens, output against input
    tokens, finish reason, turn and prompt length, each cut into at most `CLASSES` classes; class 0 is "not
    given". The score is the sum of -log2 of the frequency against that of the usual class, in bits.
    """

    name: ClassVar[str] = "request shape"
    unit: ClassVar[str] = "bits of surprise in parameters and lengths"
    highest: ClassVar[float] = 48.0

    def __init__(self) -> None:
        self._counts = [array("H", bytes(2 * CLASSES)) for _ in range(FEATURES)]
        self._total = 0

    def score_one(self, x: Sketch) -> float | None:
        """Return 0 or more bits; `None` before `MINIMUM` requests."""
        if self._total < MINIMUM:
            return None
        found = zip(self._counts, classes(x), strict=True)
        return sum(_BITS[max(counts)] - _BITS[counts[place]] for counts, place in found)

    def learn_one(self, x: Sketch) -> None:
        """Count the request's classes."""
        for counts, place in zip(self._counts, classes(x), strict=True):
            counts[place] += 1
        self._total += 1
        if self._total >= HALVE_AT:
            self._counts = [array("H", (count // 2 for count in counts)) for counts in self._counts]
            self._total //= 2

    def observe_one(self, x: Sketch) -> None:
        """Nothing to follow: each request is judged by itself."""

    def dump(self, out: Writer) -> None:
        """Write the counts."""
        out.number(self._total)
        out.array(np.array(self._counts, np.uint16))

    def load(self, source: Reader) -> None:
        """Read the counts."""
        self._total = source.count(HALVE_AT - 1)
        stored = source.array(np.uint16, (FEATURES, CLASSES))
        if stored.sum(axis=1).max() > self._total:
            raise SnapshotError("the snapshot counts more requests of a shape than requests")
        self._counts = [array("H", row.tobytes()) for row in stored]


def classes(x: Sketch) -> list[int]:
    """Return the class of each of the features, 0 to `CLASSES` - 1."""
    ratio = MISSING
    if MISSING not in (x.output_tokens, x.input_tokens):
        ratio = 16 * (x.output_tokens + 1) // (x.input_tokens + 1)
    found = (
        x.logprobs + 1,
        0 if x.logit_bias_size == MISSING else 1 + (x.logit_bias_size > 0),
        0 if x.n == MISSING else min(x.n, 8) + 1,
        0 if x.temperature == MISSING else round(x.temperature * 10) + 1,
        _octave(x.max_tokens, 1),
        _octave(x.output_tokens, 2),
        _octave(ratio, 2),
        x.finish,
        0 if x.turn == MISSING else 1 + min(x.turn, 3),
        _octave(x.chars, 2),
    )
    return [place if 0 <= place < CLASSES else CLASSES - 1 for place in found]


def _octave(value: int, parts: int) -> int:
    """Cut a count into `parts` classes a doubling; 0 where it is missing."""
    return 0 if value == MISSING else 1 + int(parts * log2(1 + value))
