"""One request through all signals: scored, learned, followed, and weighed as evidence, in this order."""

from __future__ import annotations

from models.compiled import compiled
from models.core import (
    calibration,
    early,
    episode,
    fingerprints,
    growth,
    habits,
    novelty,
    prefetch,
    rate,
    resampling,
    shape,
    shiryaev_roberts,
    sweep,
    topics,
)
from models.core.betting import power_bet
from models.core.kinds import Real, Record, Table, Truth, Whole
from models.core.streams import HABITS, JOINT, NOVELTY, RATE, SHAPE, TOPICS, TRACKS

RECENT = 0.05
USUAL = 0.002
LITTLE_CONTENT = 0.1
"""Below this share of requests with content a tenant is judged on metadata, without waiting for novelty."""

RATE_CEILING = 2.0
"""The rate's e-value counts for no more than this: too little to alert where nothing else is strange."""

STRANGE = 0.02
"""A request with a p-value at or below this is marked, so that a finding can name it."""


@compiled
def gather(s: Record, x: Record, c: Record, scratch: Table) -> tuple[Truth, Whole]:
    """Take one request in; tell whether it is strange, and which template is to be told.

    Meanwhile the rest of a state is fetched, whose address is the last of `scratch`.
    """
    planes, kernels, classes, bets, traits, ends, ahead = scratch
    shape.classify(x, classes)
    fresh, known = growth.is_new(s, x), growth.knows_template(s, x)
    first = growth.is_new_topic(s, x)
    habits.traits(x, traits)
    prefetch.fetch(ahead[0], 1)
    scores = (
        novelty.score(s, x, planes, kernels),
        topics.score(s, x),
        shape.score(s, classes),
        rate.score(s, x.time),
        habits.score(s, traits),
    )
    p, e = bets[0], bets[1]
    prefetch.fetch(ahead[0], 2)
    _bet(s, c, scores, p, e)
    if episode.learning(s, c):
        _learn(s, x, classes, scores)
        if known and x.whole:
            growth.learn_slot(s, fresh)
        if x.embedded:
            growth.learn_topic(s, first)
    prefetch.fetch(ahead[0], 3)
    early.observe(s, x, fresh)
    growth.observe(s, x, fresh, known, first)
    habits.observe(s, traits)
    _observe(s, x, c, scores, e)
    sweep.observe(s, x)
    resampling.observe(s, x)
    told = fingerprints.observe(s, x, fresh, ends)
    if warm(s, c) and (scores[NOVELTY] >= 0 or scores[SHAPE] >= 0):
        shiryaev_roberts.update(s, JOINT, c.block, _joint(x, c, scores, e), s.time)
    return min(p[NOVELTY], p[TOPICS], p[SHAPE]) <= STRANGE, told


@compiled
def warm(s: Record, c: Record) -> Truth:
    """Tell whether enough is known of a tenant to judge it."""
    if s.scored[NOVELTY] >= c.warmup:
        return True
    return s.scored[SHAPE] >= c.warmup and s.content < LITTLE_CONTENT * s.events


@compiled
def _bet(s: Record, c: Record, scores: Table, p: Table, e: Table) -> None:
    """Write p-value and bet of each score; 1, no evidence either way, while too few are known."""
    for track in range(TRACKS):
        p[track], e[track] = 1.0, 1.0
        if scores[track] >= 0 and s.scored[track] >= c.warmup:
            p[track] = calibration.p_value(s, track, scores[track])
            e[track] = power_bet(p[track])


@compiled
def _learn(s: Record, x: Record, classes: Table, scores: Table) -> None:
    """Take a request into the baselines."""
    novelty.learn(s, x)
    topics.learn(s, x)
    shape.learn(s, classes)
    habits.learn(s)
    for track in range(TRACKS):
        if scores[track] >= 0:
            calibration.learn(s, track, scores[track])
            s.usual[track] += USUAL * (scores[track] - s.usual[track])


@compiled
def _observe(s: Record, x: Record, c: Record, scores: Table, e: Table) -> None:
    """Follow the present and take in the evidence of each signal, at the tenant's newest event time."""
    novelty.observe(s, x)
    topics.observe(s, x)
    rate.observe(s, x.time)
    for track in range(TRACKS):
        if scores[track] >= 0:
            s.recent[track] += RECENT * (scores[track] - s.recent[track])
            if s.scored[track] >= c.warmup:
                block = c.window_block if track in (TOPICS, HABITS) else c.block
                shiryaev_roberts.update(s, track, block, e[track], s.time)


@compiled
def _joint(x: Record, c: Record, scores: Table, e: Table) -> Real:
    """Average the e-values, never multiply them: valid whatever the dependence between signals."""
    found, votes = 0.0, 0.0
    for track in (NOVELTY, SHAPE):
        if scores[track] >= 0:
            found += c.votes[track] * e[track]
            votes += c.votes[track]
    found = found / votes if votes > 0 else 1.0
    if scores[RATE] >= 0:
        found += c.votes[RATE] * (min(RATE_CEILING, e[RATE]) - found)
    return max(found, c.flag_strength) if x.flags > 0 else found
