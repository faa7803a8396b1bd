"""How many accounts two clusters of templates have in common."""

from __future__ import annotations

from collections.abc import Iterator

from models.codec import Reader, Writer
from models.errors import SnapshotError

_MOST_PAIRS = 2**24


class Common:
    """Counts by pairs of clusters, found from either side."""

    def __init__(self) -> None:
        self._beside: dict[int, dict[int, int]] = {}

    def add(self, one: int, other: int) -> int:
        """Count one more account that both have; return how many there are."""
        count = self._beside.get(one, {}).get(other, 0) + 1
        self._set(one, other, count)
        return count

    def merge(self, kept: int, gone: int) -> None:
        """Let one cluster stand for another, too."""
        for third, count in self.forget(gone).items():
            if third != kept:
                self._set(kept, third, max(count, self._beside.get(kept, {}).get(third, 0)))

    def forget(self, number: int) -> dict[int, int]:
        """Forget a cluster; return what it had in common with others."""
        beside = self._beside.pop(number, {})
        for third in beside:
            del self._beside[third][number]
        return beside

    def _set(self, one: int, other: int, count: int) -> None:
        self._beside.setdefault(one, {})[other] = count
        self._beside.setdefault(other, {})[one] = count

    def dump(self, out: Writer) -> None:
        """Write all counts."""
        pairs = sorted(
            (one, other, count)
            for one, beside in self._beside.items()
            for other, count in beside.items()
            if one < other
        )
        out.half(len(pairs))
        for numbers in pairs:
            for number in numbers:
                out.number(number)

    @staticmethod
    def load(source: Reader) -> Common:
        """Read all counts.

        Raises
        ------
        SnapshotError
            The bytes end early, or count what a cluster has in common with itself.
        """
        common = Common()
        for _ in range(source.half(_MOST_PAIRS)):
            one, other, count = source.count(), source.count(), source.count()
            if one >= other:
                raise SnapshotError("templates have accounts in common with themselves")
            common._set(one, other, count)
        return common

    def __iter__(self) -> Iterator[int]:
        return iter(self._beside)
