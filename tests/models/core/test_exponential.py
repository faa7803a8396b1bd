"""Sums of exponentials against the library's."""

from __future__ import annotations

from math import exp, fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.core import exponential


@given(st.lists(st.floats(exponential.LOWEST, exponential.HIGHEST), max_size=97))
def test_the_sum_is_that_of_the_library(numbers: list[float]) -> None:
    found = exponential.total(np.array(numbers, np.float64), len(numbers))
    assert found == pytest.approx(fsum(map(exp, numbers)), rel=1e-11, abs=0)


def test_numbers_behind_the_first_do_not_count() -> None:
    assert exponential.total(np.array([0.0, 5.0]), 1) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("number", [0.0, -1e-300, 0.5, -0.5, 20.0, -52.0])
def test_one_number(number: float) -> None:
    assert exponential.total(np.array([number]), 1) == pytest.approx(exp(number), rel=1e-11)
