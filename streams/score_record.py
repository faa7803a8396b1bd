"""A tenant's score as a record of the scores topic."""

from __future__ import annotations

from typing import Any

import orjson

from models.finding import DETECTOR_VERSION
from models.score import Score


def score_record(score: Score) -> tuple[bytes, bytes]:
    """Return key and value of the record: the tenant, and a JSON object."""
    return score.tenant.encode(), orjson.dumps(score_to_json(score))


def score_to_json(score: Score) -> dict[str, Any]:
    """Return a score as a JSON-ready object; equal scores give equal objects."""
    return {
        "tenant": score.tenant,
        "time": score.time,
        "last": score.last,
        "requests": score.requests,
        "state": score.state.name.lower(),
        "evidence": score.evidence,
        "threshold": score.threshold,
        **({"episode": score.episode} if score.episode else {}),
        "signals": {
            reading.name: {
                "observed": reading.observed,
                "expected": reading.expected,
                "evidence": reading.evidence,
            }
            for reading in score.signals
        },
        "content_seen": score.content_seen,
        "config_digest": score.config_digest,
        "model_version": DETECTOR_VERSION,
    }
