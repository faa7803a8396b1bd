"""Settings of the detector: their ranges, their messages and their name."""

from __future__ import annotations

from dataclasses import fields as fields_of
from dataclasses import replace
from math import inf, nan

import pytest

from models.config import DetectorConfig
from models.errors import SettingsError

RANGES = {
    "budget_days": (1, 3650),
    "block_requests": (1, 1000),
    "entropy_block_requests": (1, 10_000),
    "warmup_requests": (50, 100_000),
    "suspicious_exponent": (0.05, 1),
    "least_threshold": (10, 1e9),
    "flag_strength": (1, 1e6),
    "update_minutes": (1, 10_080),
    "update_step": (1.5, 1e6),
    "quiet_hours": (0.1, 720),
    "cooldown_hours": (0, 720),
    "adapt_days": (0.01, 365),
}
each = pytest.mark.parametrize("name", sorted(RANGES))


def test_every_setting_has_a_range() -> None:
    assert {field.name for field in fields_of(DetectorConfig)} == set(RANGES)


@each
def test_both_ends_of_a_range_are_allowed(name: str) -> None:
    for value in RANGES[name]:
        assert getattr(DetectorConfig(**{name: value}), name) == value


@each
def test_a_value_out_of_its_range_is_refused_with_the_name_and_the_range(name: str) -> None:
    low, high = RANGES[name]
    for value in (low - 1, high + 1, -1, nan, inf, -inf):
        with pytest.raises(SettingsError) as caught:
            DetectorConfig(**{name: value})
        assert str(caught.value) == f"detector.{name} is {value} and must lie between {low:g} and {high:g}"


def test_the_defaults_are_in_range() -> None:
    assert DetectorConfig().budget_days == 90


def test_equal_settings_have_an_equal_digest() -> None:
    digest = DetectorConfig().digest()
    assert (
        digest
        == DetectorConfig().digest()
        == replace(DetectorConfig(budget_days=30), budget_days=90.0).digest()
    )
    assert len(digest) == 12
    assert int(digest, 16) >= 0


@each
def test_every_setting_changes_the_digest(name: str) -> None:
    low, high = RANGES[name]
    assert len({DetectorConfig(**{name: value}).digest() for value in (low, high)}) == 2


def test_a_whole_number_and_the_same_float_have_an_equal_digest() -> None:
    assert DetectorConfig(budget_days=90) == DetectorConfig(budget_days=90.0)
    assert DetectorConfig(budget_days=90).digest() == DetectorConfig(budget_days=90.0).digest()
