from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.campaign.traits import STRENGTH, Share
from models.codec import Reader
from models.errors import SnapshotError


def shares(most: int) -> st.SearchStrategy[Share]:
    return st.lists(st.booleans(), max_size=most).map(after)


def after(seen: list[bool]) -> Share:
    share = Share()
    for has in seen:
        share.add(has)
    return share


@given(shares(30), shares(100))
def test_a_bet_gains_nothing_in_the_mean_where_the_trait_is_as_common_as_usual(
    own: Share, population: Share
) -> None:
    usual = (own.yes + STRENGTH * population.value) / (own.seen + STRENGTH)
    mean = usual * own.bet(True, population) + (1 - usual) * own.bet(False, population)  # noqa: FBT003
    assert mean == pytest.approx(1.0)


def test_what_is_rare_in_the_population_tells_the_most() -> None:
    rare, common = after([False] * 500), after([True] * 500)
    assert Share().bet(True, rare) > 100.0  # noqa: FBT003
    assert Share().bet(True, common) < 1.0  # noqa: FBT003
    assert after([True] * 50).bet(True, rare) < 1.0  # noqa: FBT003


@given(shares(200))
def test_a_share_of_the_population_is_never_none_nor_all(share: Share) -> None:
    assert 0.0 < share.value < 1.0


@pytest.mark.parametrize(("has", "low", "high"), [(True, 0.99, 1.0), (False, 0.0, 0.01)])
def test_a_share_stays_within_its_bounds_and_forgets(has: bool, low: float, high: float) -> None:  # noqa: FBT001
    share = after([not has] * 3000)
    for _ in range(20_000):
        share.add(has)
    assert low < share.value < high
    assert share.seen <= 2001.0


def test_a_share_comes_back_as_it_was(dumped: Callable[[Any], bytes]) -> None:
    share = after([True, False, False])
    assert Share.load(Reader(dumped(share))) == share


def test_more_with_the_trait_than_were_seen_is_refused(dumped: Callable[[Any], bytes]) -> None:
    with pytest.raises(SnapshotError):
        Share.load(Reader(dumped(Share(3.0, 2.0))))
