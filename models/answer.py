"""What becomes of a tenant's state when an analyst has answered its episode."""

from __future__ import annotations

from typing import Any

from models.control.records import Verdict
from models.core import episode


def answer(s: Any, c: Any, verdict: Verdict) -> None:
    """End an open episode in a record of `STATE`, by one of `SETTINGS`; the caller spends its evidence.

    Parameters
    ----------
    verdict
        False positive and benign release learning. What was seen before is not kept, so the tenant warms up
        anew: what it does now is learned until enough scores are known to judge by, and then it is weighed
        again. True positive keeps learning off through the cooldown, as at any close. Test changes nothing
        but that the episode is over.
    """
    if verdict is Verdict.TRUE_POSITIVE:
        s["cool_until"] = s["time"] + c["cooldown_ms"]
        s["state"] = episode.COOLING
        return
    s["state"] = episode.NORMAL
    if verdict in {Verdict.FALSE_POSITIVE, Verdict.BENIGN}:
        s["scores"], s["scored"] = 0, 0
        s["state"] = episode.WARMING
