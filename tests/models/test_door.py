"""Whatever the door lets in can be sketched, sent over the bus and judged."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.config import DetectorConfig
from models.embedding import HashedEmbedder
from models.errors import DecodeError
from models.native import InputLimits, decode_native
from models.sketch import Origin, decode_sketch, encode_sketch
from models.sketcher import Sketcher
from models.tenant import TenantModel

TIME = 1_772_582_400_000
LIMITS = InputLimits(embedding_size=4)
COUNTS = ["input_tokens", "output_tokens", "max_tokens", "n", "top_logprobs", "logit_bias_size", "status"]
COUNTS += ["turn", "cached_tokens"]
TEXTS = ["principal", "operation", "model", "prompt", "response", "finish_reason", "conversation_id", "asn"]
TEXTS += ["client_ip", "user_agent", "fingerprint", "topic", "template_hash", "slot_hash"]
TEXTS += ["organization", "payment"]


def judge(records: list[dict[str, Any]]) -> TenantModel | None:
    """Take records all the way into a tenant's model, twice each; `None` where the door refuses one."""
    sketcher, tenant = Sketcher(HashedEmbedder(), b"key"), TenantModel("acme", DetectorConfig())
    for offset, record in enumerate(records * 40):
        try:
            event = decode_native(
                orjson.dumps({"id": "r", "time": TIME + offset, "tenant": "acme"} | record), LIMITS
            )
        except DecodeError:
            return None
        assert event is not None
        (sketch,) = sketcher.sketch_many([event], [Origin("requests", 0, offset)])
        received = decode_sketch(b"acme", encode_sketch(sketch))
        assert received == sketch
        tenant.apply(received)
    return tenant


texts = st.text(max_size=60)
usual = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(TEXTS, texts)
    | dict.fromkeys(COUNTS, st.integers(0, 2**31 - 1))
    | {
        "time": st.integers(946_684_800_000, 4_102_444_799_999),
        "signed_up": st.integers(946_684_800_000, 4_102_444_799_999),
        "temperature": st.floats(-1e6, 1e6),
        "logprobs": st.booleans(),
        "flags": st.lists(texts, max_size=3),
        "embedding": st.lists(
            st.floats(-1e6, 1e6).filter(lambda x: not 0 < abs(x) < 1e-6), min_size=4, max_size=4
        ),
    },
)


@given(st.lists(usual, min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_any_event_can_be_judged(records: list[dict[str, Any]]) -> None:
    tenant = judge(records)
    assert tenant is not None
    assert tenant.events + tenant.repeated == 40 * len(records)


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 1.7e308},
        {"embedding": [1e39, 0, 0, 0]},
        {"embedding": [1.7e308, -1.7e308, 1, 1]},
        {"embedding": [1e-40, 0, 0, 0]},
        {"topic": "x" * 70_000},
    ],
    ids=["hot", "large", "huge", "small", "long label"],
)
def test_extreme_values_are_refused_or_judged(fields: dict[str, Any]) -> None:
    judge([fields])


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 1e300},
        {"temperature": -1},
        {"embedding": [0, 0, 0, 0]},
        {"embedding": [1e30, 1, 1, 1]},
        {"embedding": [-0.0, 1e-30, 0, 0]},
        {"embedding": [5e-324, 5e-324, 0, 0]},
        {"prompt": "", "response": ""},
        {"prompt": "\x00\x1f\u2028"},
        {"flags": [""] * 1000},
        {"topic": "x" * 60_000},
        {"template_hash": ""},
        dict.fromkeys(COUNTS, 0),
        dict.fromkeys(COUNTS, 2**31 - 1),
    ],
)
def test_odd_values_are_judged(fields: dict[str, Any]) -> None:
    assert judge([fields]) is not None
