"""Numbers of the signals and of the streams of evidence in a tenant's state."""

from __future__ import annotations

NOVELTY, TOPICS, SHAPE, RATE = 0, 1, 2, 3
"""Signals with a score, a calibration and a stream each."""

TRACKS = 4
JOINT, SLOTS, GROWTH = 4, 5, 6
"""Streams beside them: several signals together, new slots in known templates, new topics."""

STREAMS = 7
WEIGHTS = (1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0)
"""Of each stream in the mean of the evidence; 0 follows it without any say."""
