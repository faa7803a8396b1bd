"""Which fields requests did not bring, counted a batch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.sketch import MISSING

_NUMBERS = (
    *("input_tokens", "output_tokens", "max_tokens", "cached_tokens", "turn", "temperature", "n"),
    *("logprobs", "top_logprobs", "logit_bias_size", "status"),
)
_HASHES = {
    "principal": "principal",
    "operation": "operation",
    "model": "model",
    "conversation": "conversation_id",
    "network": "asn, fingerprint",
    "account": "payment, organization",
    "signed_up": "signed_up",
    "finish": "finish_reason",
}
"""Fields of a sketch that are 0 where the source gave none of these."""

CONTENT = "prompt, embedding"


def missing_fields(rows: Any) -> dict[str, int]:
    """Return how many requests lack each field of the native format that the detector can use.

    Parameters
    ----------
    rows
        Records of `models.core.layout.REQUEST`.
    """
    counts = {name: np.count_nonzero(rows[name] == MISSING) for name in _NUMBERS}
    counts |= {name: np.count_nonzero(rows[column] == 0) for column, name in _HASHES.items()}
    counts[CONTENT] = np.count_nonzero(rows["embedded"] == 0)
    return {name: int(count) for name, count in counts.items() if count}
