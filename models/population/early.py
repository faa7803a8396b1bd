"""Reads what a tenant looked like over its first requests from its state."""

from __future__ import annotations

from typing import Any

from models.finding import RequestRef
from models.population.profile import EarlyProfile


def early_profile(tenant: str, state: Any, request: RequestRef) -> EarlyProfile | None:
    """Return a tenant's early profile, or nothing where a part of it is not known.

    Parameters
    ----------
    state
        The record of `models.core.layout.STATE`, at one of the ages.
    request
        The last of the requests.
    """
    count = int(state["early_requests"])
    overheads, outputs = int(state["early_overheads"]), int(state["early_outputs"])
    if not overheads or not outputs:  # no content, or no counts of tokens
        return None
    return EarlyProfile(
        tenant=tenant,
        age=count,
        time=int(state["early_last"]),
        started=int(state["early_first"]),
        intervals=int(state["early_intervals"]),
        overhead=float(state["early_overhead"]) / overheads,
        principals=int(state["early_principals"]) / count,
        first_turns=int(state["early_first_turns"]) / count,
        new_prompts=int(state["early_new_prompts"]) / count,
        answers=float(state["early_output"]) / outputs,
        request=request,
    )
