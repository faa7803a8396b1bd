"""The peers of one age: the newest of them, and how far out each lay."""

from __future__ import annotations

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp  # type: ignore[import-untyped]

from models.codec import Reader, Writer
from models.errors import SnapshotError
from models.population.profile import FEATURES, HIGHEST, EarlyProfile

CAPACITY = 512
"""Peers that are kept; a newer one takes the place of the oldest."""

LEFT_OUT = 0.1
"""At most this share of the peers, the most extreme of those that were accused, does not count as peers."""

FARTHEST = 60.0
"""Nats beyond which nothing is told apart."""

DIRECTIONS: Final[NDArray[np.float64]] = np.array([-1.0, -1.0, 1.0, 1.0, 1.0])
"""Where a harvest lies: little beside the prompt, no end users, single turns, new prompts, long answers."""

BANDWIDTHS: Final[NDArray[np.float64]] = np.array([0.3, 0.3, 0.2, 0.1, 1.5])
"""Of the kernel, in the features' own units."""

Vector = NDArray[np.float64]


class Window:
    """Early profiles of one age, and the share of them that lies at least as far out in every direction."""

    def __init__(self) -> None:
        self._features = np.zeros((CAPACITY, len(FEATURES)))
        self._tenants = np.zeros(CAPACITY, np.uint64)
        self._extremes = np.zeros(CAPACITY)  # nats of those that were accused, else 0
        self._next = 0
        self.filled = 0

    def __contains__(self, tenant: int) -> bool:
        """Tell whether the tenant, by the hash of its name, is one of the peers."""
        return bool((self._tenants[: self.filled] == tenant).any())

    @property
    def peers(self) -> int:
        """How many count as peers."""
        return self.filled - len(self._left_out())

    def add(self, tenant: int, profile: EarlyProfile, extreme: float) -> None:
        """Take in a tenant by the hash of its name; `extreme` is 0, or how many nats it was accused for."""
        place = self._next
        self._features[place] = directed(profile)
        self._tenants[place], self._extremes[place] = tenant, extreme
        self._next = (place + 1) % CAPACITY
        self.filled = min(self.filled + 1, CAPACITY)

    def accuse(self, tenant: int, extreme: float) -> None:
        """Note that a tenant was accused at some age for so many nats, wherever it is one of the peers."""
        self._extremes[: self.filled][self._tenants[: self.filled] == tenant] = extreme

    def rarity(self, profile: EarlyProfile) -> float:
        """Return how rare it is among the peers to lie as far out in every direction at once, in nats.

        It is the negative logarithm of a kernel estimate of the joint upper tail (Nadaraya 1964, as a
        product over the features), 0 to `FARTHEST`; a profile that half the peers exceed has about 0.7.
        """
        kept = np.delete(self._features[: self.filled], self._left_out(), axis=0)
        if not len(kept):
            return 0.0
        tails = log_ndtr((kept - directed(profile)) / BANDWIDTHS).sum(axis=1)
        return float(np.clip(log(len(kept)) - logsumexp(tails), 0.0, FARTHEST))

    def middle(self) -> Vector:
        """Return the median of each feature among the peers, in their order; zeros without any."""
        if not self.filled:
            return np.zeros(len(FEATURES))
        return np.asarray(np.median(self._features[: self.filled], axis=0) * DIRECTIONS)

    def _left_out(self) -> NDArray[np.intp]:
        """Return the places of the most extreme of the accused, few enough that no kind of tenant is lost."""
        most = int(LEFT_OUT * self.filled)
        extremes = self._extremes[: self.filled]
        order = np.argsort(-extremes, kind="stable")[:most]
        return order[extremes[order] > 0]

    def dump(self, out: Writer) -> None:
        """Write the peers."""
        out.number(self._next)
        out.array(self._features[: self.filled])
        out.array(self._tenants[: self.filled])
        out.array(self._extremes[: self.filled])

    def load(self, source: Reader) -> None:
        """Read the peers."""
        following = source.count(CAPACITY - 1)
        features = source.array(np.float64, (-1, len(FEATURES)), -HIGHEST, HIGHEST)
        filled = len(features)
        tenants = source.array(np.uint64, (filled,))
        extremes = source.array(np.float64, (filled,), 0.0, FARTHEST)
        if filled > CAPACITY or (filled < CAPACITY and following != filled):
            raise SnapshotError("the baseline holds more peers than are ever kept")
        self._next, self.filled = following, filled
        self._features[:filled], self._tenants[:filled] = features, tenants
        self._extremes[:filled] = extremes


def directed(profile: EarlyProfile) -> Vector:
    """Return the features with the sign that makes the larger the nearer to a harvest."""
    values: Vector = DIRECTIONS * np.array([getattr(profile, name) for name in FEATURES])
    return values
