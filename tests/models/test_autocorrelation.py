"""How alike neighbours are."""

from __future__ import annotations

import numpy as np
import pytest

from models.autocorrelation import EvidenceProbe, block_for, integrated_time
from models.config import DetectorConfig
from models.sketch import Origin, Sketch


def series(correlation: float, size: int = 20_000) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A first-order autoregressive series."""
    noise = np.random.default_rng(3).standard_normal(size)
    values = np.zeros(size)
    for place in range(1, size):
        values[place] = correlation * values[place - 1] + noise[place]
    return values


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6, 0.9])
def test_the_integrated_time_is_that_of_theory(correlation: float) -> None:
    expected = (1 + correlation) / (1 - correlation)
    assert integrated_time(series(correlation)) == pytest.approx(expected, rel=0.15)


def test_a_constant_series_has_no_neighbours_to_resemble() -> None:
    assert integrated_time(np.ones(100)) == 1.0


def test_few_values_are_refused() -> None:
    with pytest.raises(ValueError, match="a series of 49 values tells nothing: at least 50 are needed"):
        integrated_time(np.ones(49))


@pytest.mark.parametrize(("time", "block"), [(1.0, 1), (1.1, 1), (4.0, 20), (19.0, 120)])
def test_a_block_grows_with_the_integrated_time(time: float, block: int) -> None:
    assert block_for(time) == block


def test_a_probe_has_an_e_value_of_each_judged_request() -> None:
    probe = EvidenceProbe("acme", DetectorConfig())
    rng = np.random.default_rng(1)
    for number in range(400):
        embedding = bytes(rng.integers(1, 255, 256, np.uint8))
        probe.apply(
            Sketch(
                f"r{number}",
                "acme",
                1_772_668_800_000 + number * 60_000,
                Origin("t", 0, number),
                whole=number + 1,
                chars=int(rng.integers(10, 90)),
                input_tokens=int(rng.integers(10, 90)),
                output_tokens=int(rng.integers(10, 90)),
                embedding=embedding,
            )
        )
    assert 200 < len(probe) <= 400
    times = probe.times()
    assert times["novelty"] < 3.0
    assert times["request shape"] < 3.0
