"""Topic entropy: how widely a tenant's requests spread, against how widely they used to."""

from __future__ import annotations

from math import exp, log
from typing import ClassVar

import numpy as np

from models.codec import Reader, Writer
from models.signals.base import Signal
from models.signals.running import RunningScale
from models.sketch import Sketch

WINDOW = 128
TOPICS = 64
FADING = 0.002
LEAST_DEVIATION = 0.05
"""Nats; below it a change of the entropy is not worth a word."""


class TopicEntropy(Signal):
    """Entropy of the topics of the last `WINDOW` requests, in deviations from its usual level, on both tails.

    A topic is one of `TOPICS` cells of the embedding space, cut by random hyperplanes (Charikar 2002), or the
    label that the source gives. The entropy is log n - sum(c log c) / n, kept by its increments.
    """

    name: ClassVar[str] = "topic entropy"
    unit: ClassVar[str] = "topics in equal use (exp of the entropy)"
    highest: ClassVar[float] = 16.0

    def __init__(self) -> None:
        self._window = np.zeros(WINDOW, np.uint8)
        self._counts = [0] * TOPICS
        self._terms = 0  # sum of c log c over the counts, in units of 2**-40
        self._seen = 0
        self._usual = RunningScale(FADING)

    def score_one(self, x: Sketch) -> float | None:
        """Return the deviations, 0 or more; `None` without content or before the window is full twice."""
        topic = _topic(x)
        if topic is None or self._seen < 2 * WINDOW:
            return None
        leaving = int(self._window[self._seen % WINDOW])
        change = 0 if leaving == topic else self._step(leaving, -1) + self._step(topic, 1)
        entropy = _entropy(self._terms + change, WINDOW)
        return abs(entropy - self._usual.mean) / max(LEAST_DEVIATION, self._usual.deviation)

    def observe_one(self, x: Sketch) -> None:
        """Move the window on."""
        topic = _topic(x)
        if topic is None:
            return
        place = self._seen % WINDOW
        if self._seen >= WINDOW:
            self._move(int(self._window[place]), -1)
        self._window[place] = topic
        self._move(topic, 1)
        self._seen += 1

    def learn_one(self, x: Sketch) -> None:
        """Take the window's entropy into the usual level, once the window is full."""
        if _topic(x) is not None and self._seen >= WINDOW:
            self._usual.update(self.entropy())

    def reading(self, recent: float, usual: float) -> tuple[float, float]:  # noqa: ARG002
        """Return the numbers of topics that, used equally, would spread as widely."""
        return exp(self.entropy()), exp(self._usual.mean)

    def entropy(self) -> float:
        """Entropy of the topics in the window, in nats, 0 to log `TOPICS`."""
        return _entropy(self._terms, min(self._seen, WINDOW)) if self._seen else 0.0

    def _step(self, topic: int, change: int) -> int:
        count = self._counts[topic]
        return _TERMS[count + change] - _TERMS[count]

    def _move(self, topic: int, change: int) -> None:
        self._terms += self._step(topic, change)
        self._counts[topic] += change

    def dump(self, out: Writer) -> None:
        """Write the window, from which the counts follow."""
        out.number(self._seen)
        out.array(self._window)
        self._usual.dump(out)

    def load(self, source: Reader) -> None:
        """Read the state."""
        self._seen = source.count()
        self._window = source.array(np.uint8, (WINDOW,), 0, TOPICS - 1).astype(np.uint8)
        filled = self._window[: min(self._seen, WINDOW)]
        self._counts = np.bincount(filled, minlength=TOPICS).tolist()
        self._terms = sum(_TERMS[count] for count in self._counts)
        self._usual.load(source)


# Whole numbers, so that adding and taking away leaves no error behind.
_UNIT = 2.0**-40
_TERMS = [0] + [round(count * log(count) / _UNIT) for count in range(1, WINDOW + 2)]


def _entropy(terms: int, total: int) -> float:
    return log(total) - terms * _UNIT / total


def _topic(x: Sketch) -> int | None:
    if x.topic:
        return x.topic % TOPICS
    return x.simhash % TOPICS if x.embedding else None
