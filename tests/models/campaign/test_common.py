from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.campaign.common import Common
from models.codec import Reader, Writer
from models.errors import SnapshotError

pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(6, 9)), max_size=40)


def of(*added: tuple[int, int]) -> Common:
    common = Common()
    for one, other in added:
        common.add(one, other)
    return common


def test_what_two_have_in_common_is_counted_from_either_side() -> None:
    common = of((1, 2), (2, 1))
    assert common.add(1, 2) == 3
    assert common.forget(1) == {2: 3}
    assert common.forget(2) == {}


def test_one_that_stands_for_another_has_in_common_what_either_had() -> None:
    common = of((1, 2), (1, 3), (2, 3), (2, 3), (2, 4))
    common.merge(1, 2)
    assert common.forget(1) == {3: 2, 4: 1}
    assert common.forget(3) == common.forget(4) == {}


@given(pairs, st.integers(0, 9), st.integers(0, 9))
def test_common_counts_come_back_as_they_were(
    dumped: Callable[[Any], bytes], added: list[tuple[int, int]], kept: int, gone: int
) -> None:
    common = of(*added)
    if kept != gone:
        common.merge(kept, gone)
        assert gone not in list(common)
    source = Reader(dumped(common))
    back = Common.load(source)
    source.end()
    assert dumped(back) == dumped(common)
    assert {number: back.forget(number) for number in range(10)} == {
        number: common.forget(number) for number in range(10)
    }


def test_what_a_cluster_has_in_common_with_itself_is_refused() -> None:
    out = Writer()
    out.half(1)
    for number in (3, 3, 1):
        out.number(number)
    with pytest.raises(SnapshotError, match="themselves"):
        Common.load(Reader(out.finish()))
