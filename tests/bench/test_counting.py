"""Alerts are counted as the evaluation counts them, and a tuned threshold keeps its budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.detection.counting import (
    DAY_MS,
    HOLD_MS,
    HOUR_MS,
    Account,
    Scored,
    accounts_of,
    alerts_at,
    count,
    tune,
)

START = 1_772_582_400_000
END = START + 4 * DAY_MS


def tenant(
    name: str, scenario: str = "benign", onset: int | None = None, benign: int = 100, **fields: Any
) -> dict[str, Any]:
    known = {"profile": "support", "campaign": None, "attack_times": []}
    return {"tenant": name, "scenario": scenario, "onset": onset, "benign": benign} | known | fields


def accounts(*tenants: dict[str, Any]) -> dict[str, Account]:
    return accounts_of({"start": START, "end": END, "tenants": tenants})


def scored(values: Sequence[float], gap_ms: int = HOUR_MS) -> Scored:
    return Scored(START + gap_ms * np.arange(len(values)), np.array(values, float))


def test_alarms_in_a_row_are_one_alert() -> None:
    assert scored([0, 2, 2, 0, 2]).alerts(1.0) == [START + HOUR_MS]


def test_an_alarm_after_a_long_quiet_is_another_alert() -> None:
    quiet = [0] * (HOLD_MS // HOUR_MS)
    assert len(scored([2, *quiet, 2]).alerts(1.0)) == 2


def test_an_alert_before_the_attack_is_false_and_one_after_it_catches() -> None:
    onset = START + DAY_MS
    attacks = [onset + minute * 60_000 for minute in range(100)]
    known = accounts(tenant("a", "takeover", onset, attack_times=attacks), tenant("b"))
    result = count(known, {"a": [START + 5, attacks[39]], "b": [START + 7]})
    assert result.false_alerts == 2
    assert result.clean_days == 5
    assert result.scenarios["takeover"].queries == [40]
    assert result.by_profile == {"support": 2}


def test_a_tenant_that_only_attacks_adds_no_clean_days() -> None:
    result = count(accounts(tenant("a", "newcomer", START, benign=0), tenant("b")), {})
    assert result.clean_days == 4
    assert (result.scenarios["newcomer"].tenants, result.scenarios["newcomer"].median) == (1, None)


@given(
    st.lists(st.lists(st.floats(0, 10), max_size=40), min_size=1, max_size=6),
    st.integers(0, 5),
    st.sampled_from([HOUR_MS // 6, HOUR_MS, 3 * HOUR_MS]),
)
def test_a_tuned_threshold_keeps_the_budget(values: list[list[float]], budget: int, gap: int) -> None:
    known = accounts(*(tenant(f"t{number}") for number in range(len(values))))
    scores = {f"t{number}": scored(series, gap) for number, series in enumerate(values)}
    threshold = tune(known, scores, budget)
    assert count(known, alerts_at(scores, threshold)).false_alerts <= budget


def test_a_tuned_threshold_is_no_higher_than_it_must_be() -> None:
    known = accounts(*(tenant(f"t{number}") for number in range(10)))
    scores = {f"t{number}": scored([0, number, 0]) for number in range(10)}
    assert 6 < tune(known, scores, 3) < 6.001


def test_a_budget_of_none_silences_every_clean_tenant() -> None:
    known = accounts(tenant("a"), tenant("b", "takeover", START + DAY_MS))
    scores = {"a": scored([1, 3]), "b": scored([1] * 24 + [9])}
    threshold = tune(known, scores, 0)
    assert count(known, alerts_at(scores, threshold)).false_alerts == 0
