"""From the tokens of words to the vectors of texts."""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core.kinds import Table, Whole

_STEP = 4
"""Rows that are added in one pass over the sum."""

_PEAK = np.float32(127)
_UNSIGNED = np.uint32(0x7FFFFFFF)


@compiled
def pool(  # noqa: PLR0917  compiled code has no keywords
    numbers: Table,
    lasts: Table,
    tokens: Table,
    token_ends: Table,
    weights: Table,
    most: Whole,
    vectors: Table,
) -> None:
    """Write the vectors of n texts as signed bytes: sums of the weights of their first tokens.

    At most `most` tokens are added, one after the other, so that equal texts give equal bits. `numbers` and
    `lasts` are as `models.core.text_words` writes them; the tokens of a word end where `token_ends`, which
    begin with 0, say. `weights` has the shape (vocabulary, 256), float32, `vectors` (n, 256), int8.
    """
    rows, sums = np.empty(most, np.int64), np.empty(weights.shape[1], np.float32)
    first = 0
    for text in range(lasts.size):
        count = _gather(numbers, first, lasts[text], tokens, token_ends, rows)
        first = lasts[text]
        sums[:] = np.float32(0)
        whole = count - count % _STEP
        for place in range(0, whole, _STEP):
            a, b, c, d = rows[place], rows[place + 1], rows[place + 2], rows[place + 3]
            for k in range(sums.size):
                sums[k] = (((sums[k] + weights[a, k]) + weights[b, k]) + weights[c, k]) + weights[d, k]
        for place in range(whole, count):
            for k in range(sums.size):
                sums[k] += weights[rows[place], k]
        _quantise(sums, vectors, text)


@compiled
def _gather(  # noqa: PLR0917  compiled code has no keywords
    numbers: Table, first: Whole, last: Whole, tokens: Table, token_ends: Table, rows: Table
) -> Whole:
    """Write the tokens of a text; return how many."""
    count = 0
    for place in range(first, last):
        word = numbers[place]
        for token in range(token_ends[word], token_ends[word + 1]):
            if count == rows.size:
                return count
            rows[count] = tokens[token]
            count += 1
    return count


@compiled
def _quantise(sums: Table, vectors: Table, text: Whole) -> None:
    """Write sums as signed bytes, the largest of which is 127; zeros stay zeros."""
    bits = sums.view(np.uint32)
    peak = np.uint32(0)
    for k in range(bits.size):
        peak = max(peak, bits[k] & _UNSIGNED)
    scale = _PEAK / np.uint32(peak).view(np.float32) if peak else np.float32(0)
    for k in range(sums.size):
        vectors[text, k] = np.int8(np.rint(sums[k] * scale))
