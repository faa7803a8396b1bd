"""Numbers of the signals and of the streams of evidence in a tenant's state."""

from __future__ import annotations

NOVELTY, TOPICS, SHAPE, RATE, HABITS = 0, 1, 2, 3, 4
"""Signals with a score, a calibration and a stream each."""

TRACKS = 5
JOINT = 5
"""The stream of several signals together."""

STREAMS = 6
WEIGHTS = (0.0, 1.0, 1.0, 0.0, 1.0, 1.0)
"""Of each stream in the mean of the evidence; 0 follows it without any say."""
