"""Whether accounts ask the same: distinct prompts against what each has sent (HyperLogLog, Flajolet 2007)."""

from __future__ import annotations

from hashlib import blake2b

from datasketches import hll_sketch, hll_union  # type: ignore[import-untyped]

from models.codec import Reader, Writer
from models.errors import SnapshotError

PRECISION = 11
"""Binary logarithm of the registers; estimates are off by 2.3% at most in two of three cases."""

LEAST_SENT, DIVIDED = 32, 0.95
"""So many prompts of all accounts, and so many of them distinct, show that accounts share work out: of sixty
prompts that all of them ask, as in a course, 32 picked at random are so distinct once in 500 times."""

LEAST_DISJOINT, MOST_OVERLAP = 0.9, 0.01
"""What is enough where that has been shown, or matters less."""

_MOST_BYTES = 4096
_DIGEST_BYTES = 8


class Slots:
    """Prompts of all accounts of a template, by hash."""

    __slots__ = ("_distinct", "_sent")

    def __init__(self) -> None:
        self._distinct = hll_sketch(PRECISION)
        self._sent = hll_sketch(PRECISION)

    def add(self, tenant: str, prompts: tuple[int, ...]) -> None:
        """Take in hashes of prompts that a tenant has sent; what is known already changes nothing."""
        for prompt in prompts:
            self._distinct.update(prompt)
            self._sent.update(f"{prompt:08x}{tenant}")

    def merge(self, other: Slots) -> None:
        """Take in all that another holds."""
        self._distinct = _union(self._distinct, other._distinct)
        self._sent = _union(self._sent, other._sent)

    @property
    def sent(self) -> float:
        """Prompts that all accounts have sent, each account's counted for itself."""
        return float(self._sent.get_estimate())

    @property
    def disjoint(self) -> float:
        """Distinct prompts as a share of those sent, 0 to 1; 1 where no two accounts ask the same."""
        return min(1.0, float(self._distinct.get_estimate()) / max(1.0, self.sent))

    def overlap(self, accounts: int) -> float:
        """Estimate the share of an account's prompts that any one other of so many has sent, too, 0 to 1.

        Where each prompt of an account is with each of the others by this chance, a distinct prompt is sent
        1 + (accounts - 1) times it in the mean.
        """
        share = self.disjoint
        if share <= 0.0:  # nothing was sent
            return 1.0
        return min(1.0, (1.0 / share - 1.0) / (accounts - 1)) if accounts > 1 else 0.0

    @property
    def divided(self) -> bool:
        """Whether enough was seen to say that the accounts share the work out."""
        return self.sent > LEAST_SENT - 0.5 and self.disjoint >= DIVIDED

    def apart(self, accounts: int) -> bool:
        """Tell whether so many accounts ask different things: nearly all, or hardly any two the same.

        The second is for lists of prompts that overlap where each account's list is short against all.
        """
        return self.disjoint >= LEAST_DISJOINT or self.overlap(accounts) <= MOST_OVERLAP

    def dump(self, out: Writer) -> None:
        """Write the sketches."""
        for sketch in (self._distinct, self._sent):
            value = sketch.serialize_updatable()
            out.blob(value)
            out.raw(_digest(value))

    @staticmethod
    def load(source: Reader) -> Slots:
        """Read the sketches."""
        slots = Slots()
        slots._distinct, slots._sent = _sketch(source), _sketch(source)
        return slots


def _union(one: hll_sketch, other: hll_sketch) -> hll_sketch:
    both = hll_union(PRECISION)
    both.update(one)
    both.update(other)
    return both.get_result()


def _digest(value: bytes) -> bytes:
    """Guard what the library reads: damage it does not notice would break it later."""
    return blake2b(value, digest_size=_DIGEST_BYTES).digest()


def _sketch(source: Reader) -> hll_sketch:
    value = source.blob(_MOST_BYTES)
    if source.take(_DIGEST_BYTES) != _digest(value):
        raise SnapshotError("the HyperLogLog sketch was damaged")
    try:
        sketch = hll_sketch.deserialize(value)
    except (ValueError, RuntimeError, IndexError):
        raise SnapshotError("the bytes are not a HyperLogLog sketch") from None
    if sketch.lg_config_k != PRECISION:
        raise SnapshotError("the HyperLogLog sketch has another precision")
    return sketch


def tenant_mark(tenant: str) -> int:
    """Return 64 bits that stand for a tenant's name."""
    return int.from_bytes(blake2b(tenant.encode(), digest_size=8).digest(), "little")
