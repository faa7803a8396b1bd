"""The logit-bias sweep: a plain rule, no statistics.

The last layer of a model is read out by asking the same prompts again and again for one token with
log-probabilities, each time under another logit bias (Carlini et al. 2024, arXiv 2403.06634).
"""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core.kinds import Real, Record, Truth, Whole

ALARM = 8.0
"""Hits that make an alert."""

MOST_HITS = 4 * ALARM
FORGET = 1 / 64
PROMPTS = 16
SHORT_ANSWER = 4


@compiled
def observe(s: Record, x: Record) -> None:
    """Look at a request: one that repeats a prompt with log-probabilities under a changed bias is a hit."""
    if not _is_probe(x):
        s.sweep_hits = max(0.0, s.sweep_hits - FORGET)
        return
    place = _find(s, x.whole)
    if place >= 0 and s.sweep_biases[place] != x.logit_bias_size:
        s.sweep_hits = min(MOST_HITS, s.sweep_hits + 1.0)
    _keep(s, x, place)


@compiled
def share(s: Record) -> Real:
    """Return how much of an alert was seen: 1 or more is a sweep."""
    return s.sweep_hits / ALARM


@compiled
def _is_probe(x: Record) -> Truth:
    asks = x.logit_bias_size > 0 and (x.logprobs == 1 or x.top_logprobs > 0)
    return asks and x.output_tokens <= SHORT_ANSWER


@compiled
def _find(s: Record, prompt: Whole) -> Whole:
    for place in range(np.int64(s.sweep_count)):
        if s.sweep_prompts[place] == prompt:
            return place
    return -1


@compiled
def _keep(s: Record, x: Record, place: Whole) -> None:
    """Put the prompt last, the oldest away if there are too many."""
    if place < 0 and s.sweep_count < PROMPTS:
        place = np.int64(s.sweep_count)
        s.sweep_count += 1
    last = np.int64(s.sweep_count) - 1
    for at in range(max(0, place), last):
        s.sweep_prompts[at], s.sweep_biases[at] = s.sweep_prompts[at + 1], s.sweep_biases[at + 1]
    s.sweep_prompts[last] = x.whole
    s.sweep_biases[last] = x.logit_bias_size
