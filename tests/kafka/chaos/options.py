"""What `make chaos` is told by the environment."""

from __future__ import annotations

import os
import random
import sys


def option(name: str, usual: int) -> int:
    """Return a whole number from the environment."""
    return int(os.environ.get(name) or usual)


def seed() -> int:
    """Return `CHAOS_SEED`, or one that was not used before."""
    return option("CHAOS_SEED", random.SystemRandom().randrange(1_000_000))


def say(line: object) -> None:
    """Tell whoever watches."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
