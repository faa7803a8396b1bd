"""The names by which an operator calls what raised a finding."""

from __future__ import annotations

from models.core.streams import HABITS, JOINT, NOVELTY, RATE, SHAPE, TOPICS

TENANT_SIGNALS = {
    "novelty": NOVELTY,
    "topic entropy": TOPICS,
    "request shape": SHAPE,
    "habits": HABITS,
    "rate": RATE,
}
"""Signals with a stream of evidence of their own; see `models.core.streams`."""

RULES = ("logit-bias sweep", "resampling")
"""The plain rules, in the order of the core's switches."""

SWITCHES = (*TENANT_SIGNALS, *RULES)
"""What can be switched off for a tenant."""

NEWCOMER, CAMPAIGN = "newcomer", "campaign"
SIGNALS = (*SWITCHES, NEWCOMER, CAMPAIGN)
"""Everything that can be the strongest signal of a finding."""

CARRIERS = ("novelty", "topic entropy", "request shape", "habits")
"""At least one of these must stay on: rate and rules alone judge nothing but themselves."""

JOINED = ("novelty", "request shape")
"""Signals that the joint stream is made of; without both there is none."""

JOINT_STREAM = JOINT
