from __future__ import annotations

from math import log, prod

import pytest
from scipy.stats import norm

from models.codec import Reader, Writer
from models.errors import SnapshotError
from models.population.profile import FEATURES, EarlyProfile
from models.population.window import BANDWIDTHS, CAPACITY, DIRECTIONS, FARTHEST, Window
from tests.models.population.crowd import START_MS, harvest, ordinary, profile


def filled(profiles: list[EarlyProfile], extremes: dict[int, float] | None = None) -> Window:
    window = Window()
    for number, one in enumerate(profiles):
        window.add(number, one, (extremes or {}).get(number, 0.0))
    return window


def direct(peers: list[EarlyProfile], one: EarlyProfile) -> float:
    """The mean over the peers of the product of the kernels' upper tails, by the book."""
    tails = [
        prod(
            norm.sf(direction * (getattr(one, name) - getattr(peer, name)) / width)
            for name, direction, width in zip(FEATURES, DIRECTIONS, BANDWIDTHS, strict=True)
        )
        for peer in peers
    ]
    return -log(sum(tails) / len(tails))


def test_rarity_is_the_joint_upper_tail_of_a_kernel_estimate() -> None:
    peers = ordinary(80)
    for one in (
        *ordinary(5, seed=2),
        profile("a", START_MS),
        harvest("b", START_MS, overhead=4.0, principals=0.4),
    ):
        assert filled(peers).rarity(one) == pytest.approx(direct(peers, one), rel=1e-9)


def test_rarity_is_bounded_where_the_tails_are_nothing() -> None:
    far = harvest("a", START_MS, overhead=0.0, answers=60.0)
    assert filled(ordinary(60)).rarity(far) == FARTHEST


def test_rarity_is_nothing_among_nobody() -> None:
    assert Window().rarity(harvest("a", START_MS)) == 0.0


def test_a_harvest_is_rarer_than_any_of_its_peers() -> None:
    peers = ordinary(100)
    window = filled(peers)
    assert window.rarity(harvest("a", START_MS)) > 8 > max(map(window.rarity, peers))


def test_accused_tenants_do_not_count_as_peers() -> None:
    peers, hostile = ordinary(95), [harvest(f"h{number}", START_MS) for number in range(5)]
    one = harvest("a", START_MS)
    left_out = filled([*peers, *hostile], {95 + number: 20.0 for number in range(5)})
    assert left_out.peers == 95
    assert left_out.rarity(one) == filled(peers).rarity(one)
    assert filled([*peers, *hostile]).rarity(one) < 7 < filled(peers).rarity(one)


def test_who_is_accused_later_is_no_peer_at_any_age() -> None:
    peers, one = (
        [*ordinary(40), *(harvest(f"thief-{number}", START_MS) for number in range(4))],
        harvest("x", START_MS),
    )
    late, early = filled(peers), filled(peers, dict.fromkeys(range(40, 44), 9.0))
    assert late.rarity(one) < early.rarity(one)
    for number in range(40, 44):
        late.accuse(number, 9.0)
    late.accuse(1_000, 9.0)
    assert late.rarity(one) == early.rarity(one)
    assert late.peers == early.peers == 40


def test_so_many_accused_that_they_are_a_kind_of_tenant_count_but_for_a_tenth() -> None:
    peers, many = ordinary(50), [harvest(f"h{number}", START_MS) for number in range(50)]
    window = filled([*peers, *many], {50 + number: 20.0 + number for number in range(50)})
    assert window.peers == 90
    assert window.rarity(harvest("a", START_MS)) < 5


def test_the_newest_take_the_place_of_the_oldest() -> None:
    window = filled(ordinary(CAPACITY + 3))
    assert window.filled == window.peers == CAPACITY
    assert 2 not in window
    assert 3 in window
    assert CAPACITY + 2 in window


@pytest.mark.parametrize("count", [0, 7, CAPACITY, CAPACITY + 5])
def test_a_window_comes_back_as_it_was(count: int) -> None:
    window, again, out = filled(ordinary(count), {3: 9.0}), Window(), Writer()
    window.dump(out)
    again.load(Reader(out.finish()))
    more = ordinary(3, seed=5)
    for number, one in enumerate(more):
        for each in (window, again):
            each.add(9000 + number, one, 0.0)
    assert again.middle().tolist() == window.middle().tolist()
    assert (again.peers, 9001 in again) == (window.peers, True)


def test_more_peers_than_fit_are_refused() -> None:
    out, small = Writer(), Writer()
    filled(ordinary(20)).dump(small)
    out.number(19)
    with pytest.raises(SnapshotError, match="more peers"):
        Window().load(Reader(out.finish() + small.finish()[8:]))
