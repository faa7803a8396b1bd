"""Python's cyclic garbage collector, set for a process with many objects that live long and few cycles."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 50_000, 20, 20
"""New objects until the youngest are looked at, and how often that until older ones are."""


def settle() -> None:
    """Leave what is there now alone for ever, and look at what is new less often than Python would.

    To be called once all is loaded. What the program itself consists of is most of what a collection looks
    at, and a batch makes thousands of objects that go by reference count alone.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
