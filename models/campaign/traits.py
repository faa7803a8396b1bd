"""What accounts of a template have in common beside it, against how common that is in the population.

A trait is a yes or no of an account that joins. Under the null hypothesis it comes as often as in the
population, or as among the template's own accounts so far: a beta-binomial with the population's share as its
mean. Under the alternative it is there in `CAMPAIGN` of all.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.codec import Reader, Writer

CAMPAIGN = 0.85
"""Share of a campaign's accounts with a trait by which it is seen."""

STRENGTH = 2.0
"""Accounts that the population's share counts for, against a template's own."""

_MEMORY = 2000.0
_MOST = 1e12


@dataclass(slots=True)
class Share:
    """How many of those seen had the trait."""

    yes: float = 0.0
    seen: float = 0.0

    def add(self, has: bool) -> None:  # noqa: FBT001
        """Take in one account; the population's share forgets."""
        fade = min(1.0, _MEMORY / max(1.0, self.seen))
        self.yes, self.seen = fade * self.yes + has, fade * self.seen + 1.0

    @property
    def value(self) -> float:
        """The share, drawn towards one in twenty while little is seen; between 0 and 1, both excluded."""
        return (self.yes + 0.5) / (self.seen + 10.0)

    def bet(self, has: bool, population: Share) -> float:  # noqa: FBT001
        """Return the e-value of an account that has the trait or not, among those of a template so far."""
        usual = (self.yes + STRENGTH * population.value) / (self.seen + STRENGTH)
        return CAMPAIGN / usual if has else (1.0 - CAMPAIGN) / (1.0 - usual)

    def dump(self, out: Writer) -> None:
        """Write the share."""
        out.real(self.yes)
        out.real(self.seen)

    @staticmethod
    def load(source: Reader) -> Share:
        """Read a share."""
        yes = source.real(0.0, _MOST)
        return Share(yes, source.real(yes, _MOST))
