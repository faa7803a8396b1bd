"""The steps of delivery, by name: where a crash leaves different things behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

Step = Literal[
    "forwarded",  # intake or templates has handed on a chunk's records to the producer
    "judged",  # detect has judged a chunk; its alerts are posted and not yet handed over
    "alerted",  # detect or population has handed a chunk's alerts to the producer
    "delivered",  # everything posted has been acknowledged, and nothing is on the state topic yet
    "snapshots_written",  # the snapshots are acknowledged, the partitions' own records not written
    "partitions_written",  # those as well, and nothing is committed
    "committed",
]
STEPS: tuple[Step, ...] = get_args(Step)

OnStep = Callable[[Step], None]


def ignore(_step: Step) -> None:
    """Do nothing at a step."""
