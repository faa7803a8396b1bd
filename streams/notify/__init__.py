"""Alerts for people and on-call systems: one message an episode."""
