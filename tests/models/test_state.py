"""A state as bytes: small, whole, and nothing out of range comes to compiled code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models import state
from models.codec import Reader
from models.config import DetectorConfig
from models.core.layout import BLANK, NUMBER_BYTES, NUMBERS, STATE, TABLES
from models.core.templates import TEMPLATES
from models.errors import SnapshotError
from models.tenant import TenantModel
from tests.models.conftest import Traffic

WARM_BYTES = 8 * 1024
YOUNG_BYTES = 3 * 1024
NOT_STORED = {"offset", "name_size"}
FREE = {"random", "resampling_last", "codes", "marks", "recall", "templates", "buckets", "scores", "shape"}
FREE |= {"template_recall", "template_past", "template_hashes", "template_first", "template_latest"}
FREE |= {"template_slots", "sweep_prompts", "resampling_prompts", "resampling_temperatures"}
"""Fields of which every value can be used, or whose sums are checked."""


def model_after(requests: list[Any]) -> TenantModel:
    model = TenantModel("acme", DetectorConfig())
    for x in requests:
        model.apply(x)
    return model


def templated(count: int) -> list[Any]:
    """Usual requests, whose prompts begin and end in different ways of which some come again."""
    usual = enumerate(Traffic(1).usual(count), 1)
    return [replace(x, heads=(n, n, 0, n % 5), tails=(0, n % 9, n, n)) for n, x in usual]


@pytest.fixture(scope="module")
def warm() -> TenantModel:
    return model_after(templated(1_500))


def test_numbers_stand_at_the_beginning_without_gaps() -> None:
    fields = STATE.fields
    assert fields is not None
    ends = [0]
    for name in NUMBERS:
        kind, at = fields[name][:2]
        assert at == ends[-1]
        ends.append(at + kind.itemsize)
    assert ends[-1] == NUMBER_BYTES


def test_every_stored_field_has_a_range_or_needs_none() -> None:
    named = {*state.RANGES, *state.TIMES, *FREE}
    assert {*NUMBERS, *TABLES} == named


def test_a_warm_tenant_is_small_and_a_young_one_smaller(warm: TenantModel) -> None:
    assert len(warm.dump()) <= WARM_BYTES
    assert warm.state["templates_known"] == TEMPLATES
    assert len(model_after(templated(30)).dump()) <= YOUNG_BYTES


def test_a_state_comes_back_with_what_follows_from_it(warm: TenantModel) -> None:
    body = state.dump(warm.state)
    again = state.load(Reader(body))
    fields = STATE.fields
    assert fields is not None
    changed = [name for name in fields if name not in NOT_STORED and np.any(again[name] != warm.state[name])]
    assert changed == []
    assert state.dump(again) == body


def test_an_empty_state_is_short() -> None:
    assert len(state.dump(BLANK[0])) < 512


@pytest.mark.parametrize("name", [*NUMBERS, *TABLES])
def test_values_out_of_range_are_refused(name: str, warm: TenantModel) -> None:
    if name not in {*state.RANGES, *state.TIMES}:
        return
    low, high = state.RANGES.get(name, (0, 4_200_000_000_000))
    kind = warm.state[name].dtype
    tried = [low - 1, int(high * 1.001 + 1)]
    tried += [float("nan"), float("inf"), -float("inf")] if kind.kind == "f" else []
    for value in tried:
        if kind.kind != "f" and not np.iinfo(kind).min <= value <= np.iinfo(kind).max:
            continue
        changed = warm.state.copy()
        changed["sweep_count"], changed["templates_known"] = 1, max(1, changed["templates_known"])
        if changed[name].ndim:
            changed[name][...] = value
        else:
            changed[name] = value
        with pytest.raises(SnapshotError):
            state.load(Reader(state.dump(changed)))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("mark_next", lambda s: s.__setitem__("mark_count", 5)),
        ("shape_total", lambda s: s.__setitem__("shape_total", 3)),
        ("scores", lambda s: s["scores"].__setitem__((0, 0), 5_000)),
        ("buckets_used", lambda s: s.__setitem__("buckets_used", 1)),
        ("template_told", lambda s: s["template_told"].__setitem__(0, 2**31 - 1)),
        ("template_since", lambda s: s["template_since"].__setitem__(0, 4_000_000_000)),
        ("template_joined", lambda s: s["template_joined"].__setitem__(0, 1)),
        ("template_slots", lambda s: s["template_slots"].__setitem__((0, 0), 2**32 - 2)),
    ],
)
def test_numbers_that_do_not_fit_each_other_are_refused(
    name: str, change: Callable[[Any], None], warm: TenantModel
) -> None:
    assert name in warm.state.dtype.names
    changed = warm.state.copy()
    change(changed)
    with pytest.raises(SnapshotError):
        state.load(Reader(state.dump(changed)))


def test_a_table_of_an_unknown_form_is_refused() -> None:
    with pytest.raises(SnapshotError, match="unknown form"):
        state.load(Reader(b"\7" + bytes(5_000)))
