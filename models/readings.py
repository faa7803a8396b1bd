"""What each signal saw of a tenant, in words and numbers for a person."""

from __future__ import annotations

from math import exp
from typing import Any

from models.control.signals import RULES
from models.core import growth, rate, resampling, sweep, topics
from models.core.streams import HABITS, NOVELTY, RATE, SHAPE, TOPICS
from models.finding import SignalReading

RATE_NAME = "rate"
"""It never alerts alone, so it is never named first."""

NAMES = {
    NOVELTY: ("novelty", "nats of surprise among the tenant's earlier requests"),
    TOPICS: ("topic entropy", "topics in equal use (exp of the entropy)"),
    SHAPE: ("request shape", "bits of surprise in parameters and lengths"),
    HABITS: ("habits", "deviation of the traits of late from the usual ones"),
    RATE: (RATE_NAME, "requests an hour"),
}
"""The signals with their units, the strongest first at equal evidence."""


def readings_of(s: Any, threshold: float) -> dict[str, SignalReading]:
    """Return what each signal observed of late and what it expected, by name."""
    return {
        name: SignalReading(name, *_numbers(s, track), unit, float(s["statistic"][track]) / threshold)
        for track, (name, unit) in NAMES.items()
    }


def silenced(c: Any) -> set[str]:
    """Return the names of the signals that an operator has switched off in a record of `SETTINGS`."""
    rules = zip(RULES, (c["sweeps"], c["samples"]), strict=True)
    signals = ((name, c["weights"][track] + c["votes"][track]) for track, (name, _) in NAMES.items())
    return {name for name, counts in (*signals, *rules) if not counts}


def growth_readings(s: Any) -> list[SignalReading]:
    """Return how much stays new, of late against usually; this is no evidence, see `models.core.growth`."""
    late, usual = float(s["topics_late"]), float(growth.usual_topics(s))
    slots = (float(s["slots_late"]), float(growth.usual_slots(s)))
    exponents = (float(growth.exponent(s, late)), float(growth.exponent(s, usual)))
    return [
        SignalReading("slot novelty", *slots, "share of new prompts in known templates", 0.0),
        SignalReading("vocabulary growth", *exponents, "exponent of growth (Heaps)", 0.0),
    ]


def rule_readings(s: Any) -> list[SignalReading]:
    """Return the hits of each plain rule that has any, against none expected."""
    sweeps, samples = float(s["sweep_hits"]), float(s["resampling_hits"])
    found = (
        SignalReading("logit-bias sweep", sweeps, 0.0, "probes of one prompt", float(sweep.share(s))),
        SignalReading(
            "resampling", samples, 0.0, "prompts sampled again and again", float(resampling.share(s))
        ),
    )
    return [reading for reading in found if reading.evidence]


def _numbers(s: Any, track: int) -> tuple[float, float]:
    if track == TOPICS:
        return exp(topics.entropy(s)), exp(float(s["topics_mean"]))
    if track == RATE:
        return float(s["rate"]), max(0.0, exp(rate.expected(s, int(s["rate_last"]))) - 1.0)
    return float(s["recent"][track]), float(s["usual"][track])
