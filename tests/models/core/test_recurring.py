"""Templates: the longest head or tail of a prompt that came before."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.core import recurring
from models.core.layout import BLANK
from tests.models.core.tools import request

ENDS = ("head_32", "tail_32", "head_16", "tail_16", "head_8", "tail_8")
"""The longest first, at one length the head."""


def seen(*requests: Any) -> Any:
    """Return the state of a tenant that sent these requests."""
    s = BLANK.copy()[0]
    for x in requests:
        recurring.remember(s, ends_of(x))
    return s


def ends_of(x: Any) -> Any:
    ends = np.empty(recurring.KINDS, np.uint64)
    recurring.hash_ends(x, ends)
    return ends


def longest(s: Any, x: Any) -> int:
    return int(recurring.longest(s, ends_of(x)))


def template(end: str, word: int) -> int:
    return int(recurring.template_of(np.uint64(word), ENDS.index(end)))


@pytest.mark.parametrize("end", ENDS)
def test_a_template_is_found_at_the_head_and_at_the_tail(end: str) -> None:
    others = {name: place + 50 for place, name in enumerate(ENDS) if name != end}
    s = seen(request(**{end: 9}))
    assert longest(s, request(**{end: 9}, **others)) == template(end, 9)


@pytest.mark.parametrize(("longer", "shorter"), list(combinations(ENDS, 2)))
def test_the_longest_that_came_before_is_the_template(longer: str, shorter: str) -> None:
    x = request(**{longer: 1, shorter: 2})
    assert longest(seen(x), x) == template(longer, 1)


def test_what_never_came_before_is_no_template() -> None:
    s = seen(request(head_8=5, tail_16=6, head_4=7, tail_4=7))
    assert longest(s, request(head_8=8, head_4=7, tail_4=7)) == 0
    assert longest(s, request()) == 0


def test_equal_words_at_the_head_and_at_the_tail_are_two_templates() -> None:
    assert longest(seen(request(head_8=9)), request(tail_8=9)) == 0
    assert longest(seen(request(head_8=9)), request(head_16=9)) == 0


@given(st.integers(0, 2**64 - 1), st.sampled_from(ENDS))
def test_a_template_is_a_hash_and_never_none(word: int, end: str) -> None:
    assert 0 < template(end, word) < 2**64
