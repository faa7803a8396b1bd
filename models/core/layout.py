"""The fixed layouts: a tenant's state, a request as it stands on the wire, the settings.

Numbers are little-endian. A state begins with plain numbers, then come tables, then what follows from both
and is not stored.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.core import (
    growth,
    habits,
    rate,
    recall,
    recurring,
    repeats,
    resampling,
    reservoir,
    shape,
    sweep,
    templates,
    topics,
)
from models.core.calibration import BINS
from models.core.streams import STREAMS, TRACKS
from models.embedding import DIMENSIONS

_TIMES: tuple[str, ...] = (
    "time",
    "rated_from",
    "opened",
    "hot",
    "cool_until",
    "stated_at",
    "rate_last",
    "rate_learned",
)
_COUNTS: tuple[str, ...] = (
    "events",
    "late",
    "repeated",
    "content",
    "topics_seen",
    "rate_intervals",
    "content_total",
    "habits_seen",
)
_REALS: tuple[str, ...] = (
    "rated",
    "stated_evidence",
    "topics_mean",
    "topics_squares",
    "rate",
)
_REALS += ("rate_mean", "rate_squares", "sweep_hits", "resampling_hits")
_REALS += ("template_credit",)
_REALS += ("slots_seen", "slots_new", "buckets_seen", "buckets_new", "slots_late", "topics_late")
_EARLY_REALS: tuple[str, ...] = ("early_output", "early_overhead")
_EARLY_COUNTS: tuple[str, ...] = (
    "early_requests",
    "early_intervals",
    "early_outputs",
    "early_overheads",
)
_EARLY_COUNTS += ("early_principals", "early_first_turns", "early_new_prompts")
_SMALL: tuple[str, ...] = ("filled", "shape_total", "mark_count", "mark_next", "buckets_used")
_TINY: tuple[str, ...] = (
    "state",
    "stated_severity",
    "topics_known",
    "seen_days",
    "sweep_count",
    "resampling_count",
)
_TINY += ("resampling_run", "templates_known")

_NUMBERS: list[tuple[Any, ...]] = [
    *((name, "<i8") for name in (*_TIMES, "early_first", "early_last", *_COUNTS)),
    ("random", "<u8"),
    ("resampling_last", "<u8"),
    *((name, "<f8") for name in (*_REALS, *_EARLY_REALS)),
    *((name, "<f8", (STREAMS,)) for name in ("block_sum", "climb", "statistic", "fresh")),
    ("start", "<i8", (STREAMS,)),
    ("recent", "<f8", (TRACKS,)),
    ("usual", "<f8", (TRACKS,)),
    ("count", "<i4", (STREAMS,)),
    ("block_size", "<i4", (STREAMS,)),
    ("seen_hours", "<u4"),
    *((name, "<u2") for name in (*_SMALL, *_EARLY_COUNTS)),
    *((name, "u1") for name in _TINY),
]
_TABLES: list[tuple[Any, ...]] = [
    ("codes", "<u8", (reservoir.CAPACITY, reservoir.WORDS)),
    ("lengths", "<u2", (reservoir.CAPACITY,)),
    ("marks", "<u4", (repeats.REMEMBERED,)),
    ("window", "u1", (topics.WINDOW,)),
    ("recall", "u1", (recall.SLOTS,)),
    ("templates", "u1", (growth.TEMPLATES,)),
    ("buckets", "<u8", (growth.BUCKETS // 64,)),
    ("habits_recent", "<f4", (habits.TRAITS,)),
    ("habits_usual", "<f4", (habits.TRAITS,)),
    ("scores", "<u2", (TRACKS, BINS)),
    ("shape", "<u2", (shape.FEATURES, shape.CLASSES)),
    ("hours", "<f4", (rate.HOURS,)),
    ("days", "<f4", (rate.DAYS,)),
    ("sweep_prompts", "<u8", (sweep.PROMPTS,)),
    ("sweep_biases", "<i4", (sweep.PROMPTS,)),
    ("resampling_prompts", "<u8", (resampling.PROMPTS,)),
    ("resampling_temperatures", "<u8", (resampling.PROMPTS,)),
    ("template_recall", "u1", (recurring.SLOTS,)),
    ("template_past", "u1", (templates.PAST,)),
    ("template_hashes", "<u8", (templates.TEMPLATES,)),
    *((name, "<u4", (templates.TEMPLATES,)) for name in templates.COUNTS),
    ("template_slots", "<u4", (templates.TEMPLATES, templates.SLOTS)),
]
_DERIVED: list[tuple[Any, ...]] = [
    ("offset", "<i8"),
    ("rule", "<i8"),
    ("terms", "<i8"),
    ("scored", "<i4", (TRACKS,)),
    ("topic_counts", "u1", (topics.TOPICS,)),
    ("name_size", "<i8"),
]

NUMBERS = tuple(field[0] for field in _NUMBERS)
TABLES = tuple(field[0] for field in _TABLES)
STATE = np.dtype([*_NUMBERS, *_TABLES, *_DERIVED], align=True)
"""A tenant but for its name, its suspects and the name of its episode."""

NUMBER_BYTES = np.dtype(_NUMBERS).itemsize
"""Size of the plain numbers at a state's beginning."""

BLANK = np.zeros(1, STATE)
"""The state of a tenant of which nothing is known."""

BLANK["random"], BLANK["climb"], BLANK["offset"], BLANK["stated_severity"] = 1, 1.0, -1, 1

_HASHES: tuple[str, ...] = (
    "whole",
    "simhash",
    "operation",
    "model",
    "principal",
    "conversation",
    "topic",
    "network",
    "account",
)
_WIRE_COUNTS: tuple[str, ...] = (
    "chars",
    "words",
    "input_tokens",
    "output_tokens",
    "max_tokens",
    "cached_tokens",
    "turn",
)
_WIRE_COUNTS += ("logit_bias_size", "n", "top_logprobs", "logprobs", "status", "finish", "flags")

REQUEST = np.dtype(
    [
        ("magic", "u1", (3,)),
        ("version", "u1"),
        ("time", "<i8"),
        ("partition", "<i4"),
        ("offset", "<i8"),
        ("part", "<i4"),
        *((f"{part}_{length}", "<u8") for part in ("head", "tail") for length in (4, 8, 16, 32)),
        *((name, "<u8") for name in _HASHES),
        ("signed_up", "<i8"),
        *((name, "<i4") for name in _WIRE_COUNTS),
        ("temperature", "<f8"),
        ("embedded", "u1"),
        ("embedding", "i1", (DIMENSIONS,)),
        ("id_size", "<u2"),
        ("topic_size", "<u2"),
    ]
)
"""The fixed block of `models.sketch`, byte for byte."""

TOLD = np.dtype(
    [
        *((name, "<i8") for name in ("place", "time", "started", "since", "joined", "count", "requests")),
        ("template", "<u8"),
        ("weak", "<f8"),
        ("slots", "<u4", (templates.SLOTS,)),
    ],
    align=True,
)
"""A tenant's use of a template at a request, whose place is named; all times are in Unix milliseconds."""

SETTINGS = np.dtype(
    [
        *((name, "<f8") for name in ("budget_days", "blocks_a_request", "least_threshold")),
        *((name, "<f8") for name in ("suspicious_exponent", "flag_strength", "update_step")),
        *((name, "<f8") for name in ("sweeps", "samples")),
        *((name, "<i8") for name in ("block", "window_block", "warmup")),
        *((name, "<i8") for name in ("update_ms", "quiet_ms", "cooldown_ms", "adapt_ms")),
        ("score_ms", "<i8"),
        *((name, "<i8") for name in ("begins", "before", "weighs", "learns")),
        ("weights", "<f8", (STREAMS,)),
        ("votes", "<f8", (TRACKS,)),
    ],
    align=True,
)
"""What an operator sets, as the core asks for it; the weights of the streams sum up to 1.

A record holds from the event time `begins` on; for what is earlier there is the record with the number
`before`. Without `weighs` requests are counted and nothing else, without `learns` no baseline learns.
"""
