"""Names as somebody would choose them who wants all of them in one place of a table."""

from __future__ import annotations

from random import Random

import numpy as np

from models.core.mixing import mixed

_ASCII = 0x7F7F7F7F7F7F7F7F
_SIZE = 16


def names_of_one_hash(count: int) -> list[str]:
    """Return different names for which `mixed_text` is the same: the second half undoes the first."""
    random, found = Random(1), list[str]()
    while len(found) < count:
        first = random.getrandbits(64) & _ASCII
        second = int(mixed(np.uint64(_SIZE ^ first)))
        if second & _ASCII == second:
            found.append(b"".join(half.to_bytes(8, "little") for half in (first, second)).decode())
    return found
