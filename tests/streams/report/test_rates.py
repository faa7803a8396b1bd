"""How often against how often it may."""

from __future__ import annotations

import pytest
from scipy.stats import chi2  # type: ignore[import-untyped]

from streams.report.rates import Rate


@pytest.mark.parametrize("count", [0, 1, 3, 40])
def test_the_interval_is_that_of_garwood(count: int) -> None:
    rate = Rate(count, 200, 0.01)
    assert rate.high == pytest.approx(chi2.ppf(0.975, 2 * count + 2) / 2 / 200)
    assert rate.low == pytest.approx(chi2.ppf(0.025, 2 * count) / 2 / 200 if count else 0.0)


@pytest.mark.parametrize(
    ("count", "verdict"), [(0, "in keeping with it"), (20, "more than promised"), (2, "in keeping with it")]
)
def test_few_observations_allow_to_say_little(count: int, verdict: str) -> None:
    assert Rate(count, 200, 0.01).verdict == verdict


def test_many_observations_without_an_event_allow_to_say_fewer() -> None:
    assert Rate(0, 2_000, 0.01).verdict == "fewer than promised"
