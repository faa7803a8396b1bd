"""What the signals mean, in words for a person."""

from __future__ import annotations

from math import isfinite

from streams.finding_view import Comparison

MEANINGS = {
    "novelty": "asks for what it has not asked before",
    "topic entropy": "spreads its requests over topics otherwise than it used to",
    "request shape": "sends requests of another shape: parameters, lengths, turns",
    "habits": "no longer does what it used to do again and again",
    "rate": "asks at another pace for this hour of its week",
    "logit-bias sweep": "asks one prompt again under many a logit bias, which reads out a last layer",
    "resampling": "has the same prompts answered many times, as for rejection sampling",
    "slot novelty": "fills known templates with things that stay new",
    "vocabulary growth": "keeps finding new topics where others have seen all of theirs",
    "newcomer": "is as far from its peers at the same age as few tenants are",
    "pace": "the accounts take up the template faster than the fleet explains",
    "new accounts": "most of the accounts began just before",
    "shared network": "the accounts come from networks near each other",
}
"""By the signal's name; each continues "the tenant ..." or stands alone for a campaign."""


def reason(comparison: Comparison) -> str:
    """Return what a signal found as a sentence: what it means, and how far from what was expected."""
    meaning = MEANINGS.get(comparison.signal, "departs from what was expected")
    numbers = f"{comparison.observed} against {comparison.expected} {comparison.unit}".rstrip()
    return f"{meaning[:1].upper()}{meaning[1:]}: {numbers}{_ratio(comparison)}."


def _ratio(comparison: Comparison) -> str:
    observed, expected = float(comparison.observed), float(comparison.expected)
    if observed <= 0 or expected <= 0:
        return ""
    more, less = observed / expected, expected / observed
    if not isfinite(more) or not isfinite(less) or 0.5 < more < 2:  # noqa: PLR2004 - not worth a word
        return ""
    return f", {more:,.3g} times as much" if more > 1 else f", a {_ordinal(less)} of it"


def _ordinal(times: float) -> str:
    whole = round(times)
    return {2: "half", 3: "third", 4: "quarter"}.get(whole, f"{whole:,}th")
