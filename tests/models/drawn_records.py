"""Records of the native format, drawn: valid, nearly valid and damaged."""

from __future__ import annotations

import json
from dataclasses import fields as fields_of

import orjson
from hypothesis import strategies as st

from models.event import EARLIEST_MS, LATEST_MS, RequestEvent

FIELDS = [field.name for field in fields_of(RequestEvent)]
COUNTS = ["input_tokens", "output_tokens", "max_tokens", "n", "top_logprobs", "logit_bias_size", "status"]
COUNTS += ["turn", "cached_tokens"]
TEXTS = ["principal", "operation", "model", "prompt", "response", "finish_reason", "conversation_id"]
TEXTS += ["client_ip", "user_agent", "fingerprint"]
LABELS = ["asn", "topic", "template_hash", "slot_hash", "organization", "payment"]

texts = st.text(max_size=40)
numbers = st.integers(0, 2**31 - 1)
valid_fields = st.fixed_dictionaries(
    {
        "id": st.text(min_size=1, max_size=60),
        "time": st.integers(EARLIEST_MS, LATEST_MS - 1),
        "tenant": st.text(min_size=1, max_size=60),
    },
    optional=dict.fromkeys(TEXTS + LABELS, texts)
    | dict.fromkeys(COUNTS, numbers)
    | {
        "signed_up": st.integers(EARLIEST_MS, LATEST_MS - 1),
        "temperature": st.floats(0, 2),
        "logprobs": st.booleans(),
        "flags": st.lists(texts, max_size=4),
        "embedding": st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4),
    },
)

leaves = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8)
anything = st.recursive(
    leaves,
    lambda deeper: st.lists(deeper, max_size=4) | st.dictionaries(st.text(max_size=8), deeper, max_size=4),
    max_leaves=12,
)
near_events = st.dictionaries(
    st.sampled_from(FIELDS) | st.text(max_size=8), anything | valid_fields.map(str), max_size=12
)
any_bytes = (
    st.binary(max_size=200)
    | anything.map(lambda value: json.dumps(value).encode())
    | st.builds(lambda fields, more: json.dumps(fields | more).encode(), valid_fields, near_events)
)
valid_records = valid_fields.map(orjson.dumps)
