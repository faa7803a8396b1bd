"""Each peer sees what it was published to see, and is quiet where nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.detection.peers import STATISTICS, all_peers
from bench.detection.peers.base import WARMUP, Peer, Traffic, traffic_of
from bench.detection.peers.forest import Forest
from bench.detection.peers.hourly import HourlyRate, medians
from bench.detection.peers.mahalanobis import shrunk_covariance
from bench.detection.peers.mmd import MaximumMeanDiscrepancy, median_distance
from bench.detection.peers.prada import Prada, growing_set_distances, normality
from bench.detection.peers.windows import Limits, WindowPeer

if TYPE_CHECKING:
    from tests.bench.conftest import Requests

MakeTraffic = Callable[..., Traffic]

USUAL = 1000
STRANGE = 300


def window_peers() -> list[WindowPeer]:
    return [peer for peer in all_peers() if isinstance(peer, WindowPeer) and peer.size == 100]


@pytest.mark.parametrize("peer", window_peers(), ids=lambda peer: peer.name)
def test_a_window_peer_is_quiet_while_nothing_changes(
    peer: Peer, requests: Requests, traffic: MakeTraffic
) -> None:
    scores = peer.score(traffic(requests.usual(USUAL)))
    assert np.quantile(scores.values, 0.9) < 2  # the threshold comes from few requests and is not exact


@pytest.mark.parametrize("peer", window_peers(), ids=lambda peer: peer.name)
def test_a_window_peer_sees_a_narrow_harvest(peer: Peer, requests: Requests, traffic: MakeTraffic) -> None:
    vectors = np.concatenate([requests.usual(USUAL), requests.narrow(STRANGE // 2), requests.usual(100)])
    scores = peer.score(traffic(vectors))
    before = scores.values[scores.places < USUAL].max()
    during = scores.values[(scores.places >= USUAL) & (scores.places < USUAL + STRANGE // 2)].max()
    assert during > max(1.5, 1.2 * before)


def test_the_long_windows_of_mmd_see_foreign_topics(requests: Requests, traffic: MakeTraffic) -> None:
    peer = WindowPeer("MMD", MaximumMeanDiscrepancy, 1500, 50, 1)
    scores = peer.score(traffic(np.concatenate([requests.usual(2000), requests.foreign(600)])))
    assert scores.values[0] < 1 < scores.values[-1]


@pytest.mark.parametrize("peer", all_peers(), ids=lambda peer: peer.name)
def test_a_peer_says_nothing_of_a_tenant_with_few_requests(
    peer: Peer, requests: Requests, traffic: MakeTraffic
) -> None:
    assert not peer.score(traffic(requests.usual(50))).places.size


@pytest.mark.parametrize("peer", all_peers(), ids=lambda peer: peer.name)
def test_a_score_does_not_depend_on_what_comes_later(
    peer: Peer, requests: Requests, traffic: MakeTraffic
) -> None:
    vectors = np.concatenate([requests.usual(2200), requests.foreign(200)])
    longer, shorter = peer.score(traffic(vectors)), peer.score(traffic(vectors[:2200]))
    assert len(shorter.places)
    np.testing.assert_array_equal(longer.places[: len(shorter.places)], shorter.places)
    np.testing.assert_allclose(longer.values[: len(shorter.values)], shorter.values, rtol=1e-3, atol=1e-3)


def test_prada_sees_queries_at_a_few_fixed_distances(requests: Requests, traffic: MakeTraffic) -> None:
    usual = requests.usual(USUAL)
    repeated = usual[np.random.default_rng(1).integers(0, 5, USUAL)]
    quiet = Prada().score(traffic(usual)).values
    loud = Prada().score(traffic(np.concatenate([usual[:500], repeated]))).values
    assert quiet[-1] < 1 < loud.max()


def test_the_growing_set_measures_the_distance_to_the_nearest_member(
    requests: Requests, traffic: MakeTraffic
) -> None:
    vectors = traffic(requests.usual(3)).vectors
    first, second, third = growing_set_distances(vectors)
    assert first == 0
    assert second == pytest.approx(np.linalg.norm(vectors[1] - vectors[0]), rel=1e-4)
    nearest = min(np.linalg.norm(vectors[2] - vectors[0]), np.linalg.norm(vectors[2] - vectors[1]))
    assert third == pytest.approx(nearest, rel=1e-4)


def test_normality_is_high_for_normal_numbers_and_low_for_two_values() -> None:
    random = np.random.default_rng(1)
    normal, two = normality(random.standard_normal(200), 100), normality(random.choice([0.1, 0.9], 200), 100)
    assert normal is not None
    assert two is not None
    assert two < 0.9 < normal
    assert normality(random.standard_normal(50), 100) is None
    assert normality(np.ones(200), 100) is None


def test_the_forest_sees_long_answers_after_short_ones(requests: Requests, traffic: MakeTraffic) -> None:
    sketches = traffic(requests.usual(1200)).sketches
    random = np.random.default_rng(1)
    lengths = random.integers(50, 120, len(sketches))
    lengths[900:] = random.integers(3000, 4000, 300)
    changed = [replace(x, output_tokens=int(n)) for x, n in zip(sketches, lengths, strict=True)]
    scores = Forest().score(traffic_of(changed))
    before, after = scores.values[scores.places < 900], scores.values[scores.places >= 920]
    assert np.median(before) < 1
    assert after.max() > max(1.0, np.median(before))


def test_the_rate_rule_sees_a_burst(requests: Requests, traffic: MakeTraffic) -> None:
    gaps = np.full(1500, 120_000)
    gaps[1000:] = 10_000
    scores = HourlyRate().score(traffic(requests.usual(len(gaps)), gaps))
    assert scores.values[scores.places < 1000].max() < 1 < scores.values.max()


def test_the_median_hour_is_that_of_the_busy_hours_before() -> None:
    assert medians(np.array([0, 0, 0, 2, 3, 3])).tolist() == [1, 3, 3, 2]


def test_features_of_random_waves_have_the_kernel_as_their_product(
    requests: Requests, traffic: MakeTraffic
) -> None:
    vectors = traffic(requests.usual(WARMUP)).vectors
    statistic = MaximumMeanDiscrepancy(vectors, 100, np.random.default_rng(1))
    rows = statistic.rows(vectors[:2])
    distance, sigma = np.linalg.norm(vectors[0] - vectors[1]), median_distance(vectors[:200])
    exact = np.mean([np.exp(-(distance**2) / (2 * (width * sigma) ** 2)) for width in (0.5, 1, 2, 4)])
    assert rows[0] @ rows[0] == pytest.approx(1, abs=1e-4)
    assert rows[0] @ rows[1] == pytest.approx(exact, abs=0.1)


def test_a_shrunk_covariance_lies_between_the_sample_and_the_identity() -> None:
    vectors = np.random.default_rng(1).standard_normal((100, 80)).astype(np.float32)
    eigenvalues = np.linalg.eigvalsh(shrunk_covariance(vectors))
    assert eigenvalues[0] > np.linalg.eigvalsh(np.cov(vectors.T))[0] + 0.1
    assert eigenvalues.mean() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("tails", [1, 2])
def test_a_benign_window_lies_within_the_limits_as_often_as_stated(tails: int) -> None:
    benign = np.random.default_rng(1).standard_normal(20_000)
    strangeness = Limits.of(benign, tails=tails).strangeness(benign)
    assert np.mean(strangeness > 1) == pytest.approx(0.05, abs=0.002)


def test_every_statistic_takes_a_reference_of_equal_requests() -> None:
    same = np.tile(np.eye(1, 256, dtype=np.float32), (WARMUP, 1))
    for make, _ in STATISTICS.values():
        statistic = make(same, 100, np.random.default_rng(1))
        assert np.isfinite(statistic.null()).all()
        assert np.isfinite(statistic.of(statistic.rows(same)[:100]))
