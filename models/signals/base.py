"""The contract that every signal keeps; it is river's, with a request's sketch as the features."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from models.codec import Reader, Writer
from models.sketch import Sketch


class Signal(ABC):
    """A bounded, seeded online model of one tenant.

    A request is scored, then learned, then observed. The baseline changes in `learn_one` only, which is left
    out while the tenant is suspicious. Equal events in equal order give equal bytes in `dump`.
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    highest: ClassVar[float]
    """Scores at or above this are all equally strange."""

    @abstractmethod
    def score_one(self, x: Sketch) -> float | None:
        """Return how strange the request is, 0 or more; `None` where its feature is missing or not yet known.

        Never changes the state.
        """

    @abstractmethod
    def learn_one(self, x: Sketch) -> None:
        """Take the request into the baseline; one without the feature changes nothing."""

    @abstractmethod
    def observe_one(self, x: Sketch) -> None:
        """Follow the present, such as a running rate, whether or not the request is learned."""

    def reading(self, recent: float, usual: float) -> tuple[float, float]:
        """Return what was observed of late and what was expected, in `unit`.

        Parameters
        ----------
        recent, usual
            Running means of the scores, for a signal that has nothing closer to a person's question.
        """
        return recent, usual

    @abstractmethod
    def dump(self, out: Writer) -> None:
        """Write the whole state."""

    @abstractmethod
    def load(self, source: Reader) -> None:
        """Replace the whole state."""
