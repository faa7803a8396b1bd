"""Request shape: the parameters and lengths of a request against those that this tenant is used to.

Surprise of a request's features, each against its own decayed frequencies (a naive Bayes model). The features
are logprobs, logit bias, n, temperature, max_tokens, output tokens, output against input tokens, finish
reason, turn, prompt length, what was sent beside the prompt (system prompt and history), whether the
principal and whether the conversation is named, each cut into at most `CLASSES` classes; class 0 is "not
given". The score is the sum of -log2 of the frequency against that of the usual class, in bits.
"""

from __future__ import annotations

from math import floor, log2

import numpy as np

from models.compiled import compiled
from models.core.kinds import Real, Record, Table, Whole

CLASSES = 24
FEATURES = 13
HALVE_AT = 1024
MINIMUM = 32
SMOOTHING = 0.5
CHARS_A_TOKEN = 4
HOTTEST = 10.0
LENGTH = 2
"""The finish reason of an answer that was cut off."""

_BITS = np.array([log2(count + SMOOTHING) for count in range(HALVE_AT + 1)])


@compiled
def classify(x: Record, found: Table) -> None:
    """Write the class of each of the features, 0 to `CLASSES` - 1."""
    both = x.output_tokens >= 0 and x.input_tokens >= 0
    ratio = 16 * (np.int64(x.output_tokens) + 1) // (np.int64(x.input_tokens) + 1) if both else -1
    found[0] = _bounded(np.int64(x.logprobs) + 1)
    found[1] = 0 if x.logit_bias_size < 0 else 1 + (x.logit_bias_size > 0)
    found[2] = 0 if x.n < 0 else min(x.n, 8) + 1
    found[3] = 0 if x.temperature < 0 else _bounded(floor(min(x.temperature, HOTTEST) * 10 + 0.5) + 1)
    found[4] = _octave(x.max_tokens, 1)
    found[5] = _octave(x.output_tokens, 2)
    found[6] = _octave(ratio, 2)
    found[7] = _bounded(x.finish)
    found[8] = 0 if x.turn < 0 else 1 + min(x.turn, 3)
    found[9] = _octave(x.chars, 2)
    found[10] = _octave(overhead(x), 2)
    found[11] = 1 if x.principal else 0
    found[12] = 1 if x.conversation else 0


@compiled
def overhead(x: Record) -> Whole:
    """Return the input tokens beside the prompt, about; -1 where either length is missing."""
    if x.input_tokens < 0 or x.chars < 0:
        return np.int64(-1)
    return max(np.int64(0), np.int64(x.input_tokens) - np.int64(x.chars) // CHARS_A_TOKEN)


@compiled
def score(s: Record, found: Table) -> Real:
    """Return 0 or more bits; -1 before `MINIMUM` requests."""
    if s.shape_total < MINIMUM:
        return -1.0
    bits = 0.0
    for feature in range(FEATURES):
        most = np.int64(0)
        for place in range(CLASSES):
            most = max(most, np.int64(s.shape[feature, place]))
        bits += _BITS[most] - _BITS[s.shape[feature, found[feature]]]
    return bits


@compiled
def learn(s: Record, found: Table) -> None:
    """Count the request's classes."""
    for feature in range(FEATURES):
        s.shape[feature, found[feature]] += 1
    s.shape_total += 1
    if s.shape_total >= HALVE_AT:
        for feature in range(FEATURES):
            for place in range(CLASSES):
                s.shape[feature, place] //= 2
        s.shape_total //= 2


@compiled
def _bounded(place: Whole) -> Whole:
    return place if 0 <= place < CLASSES else CLASSES - 1


@compiled
def _octave(value: Whole, parts: Whole) -> Whole:
    """Cut a count into `parts` classes a doubling; 0 where it is missing."""
    return 0 if value < 0 else _bounded(1 + int(parts * log2(1.0 + value)))
