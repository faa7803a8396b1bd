"""For tests of what is wired to distillwatch: known attacks, a run without Kafka, a sink that remembers.

See docs/testing.md.
"""

from __future__ import annotations

from streams.testing.pipeline import Outcome, run_pipeline
from streams.testing.sink import AlertRecord, FakeSink, redelivered
from streams.testing.traffic import Traffic, synthetic_traffic

__all__ = [
    "AlertRecord",
    "FakeSink",
    "Outcome",
    "Traffic",
    "redelivered",
    "run_pipeline",
    "synthetic_traffic",
]
