"""The three signals that the peers are given, and what becomes of a peer that is not there."""

from __future__ import annotations

from typing import Any

import pytest

from bench import against
from bench.against import PEERS, Peer
from bench.figure import Sample
from bench.pace import Pace
from bench.peers.signals import ENTROPY_BOUND, WARMUP, Z_BOUND, Deviation, Watcher


def request(number: int, **changes: Any) -> dict[str, Any]:
    """One of a tenant's requests, about a second after the one before."""
    time = 1_000 * number + 50 * (number % 3)
    usual = {"tenant": "acme", "time": time, "model": "large", "operation": "chat"}
    return usual | {"output_tokens": 100 + number % 5} | changes


def warm() -> Watcher:
    """A tenant that has sent usual requests beyond the warm-up."""
    watcher = Watcher()
    assert [watcher.learn(request(number)) for number in range(2 * WARMUP)] == [None] * 2 * WARMUP
    return watcher


def test_usual_requests_alert_nobody_and_a_long_answer_does() -> None:
    alert = warm().learn(request(2 * WARMUP, output_tokens=10_000))
    assert alert
    assert alert["tenant"] == "acme"
    assert alert["shape"] > Z_BOUND


def test_a_request_that_comes_at_once_alerts() -> None:
    alert = warm().learn(request(2 * WARMUP - 1, time=1_000 * (2 * WARMUP - 1) + 51))
    assert alert
    assert alert["rate"] < -Z_BOUND


def test_many_topics_alert() -> None:
    watcher = warm()
    alerts = [watcher.learn(request(2 * WARMUP + k, model=f"model-{k}")) for k in range(100)]
    assert alerts[-1]
    assert alerts[-1]["entropy"] > ENTROPY_BOUND


def test_nothing_alerts_within_the_warm_up() -> None:
    watcher = Watcher()
    found = [watcher.learn(request(k, output_tokens=10 ** (k % 7))) for k in range(WARMUP)]
    assert found == [None] * WARMUP


def test_a_value_is_judged_under_what_came_before_it() -> None:
    deviation = Deviation()
    assert [deviation.learn(5.0) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_a_request_without_an_answer_is_understood() -> None:
    assert Watcher().learn({"tenant": "acme", "time": 1}) is None


def test_a_peer_that_is_not_installed_stands_in_the_table_with_the_reason() -> None:
    peer = Peer("Nobody", "in memory", "distillwatch-nobody", "nobody", "/nowhere/.venv-peers/bin/python")
    reason = against._missing(peer)
    assert reason == "not installed, .venv-peers is missing: run `make bench`"
    figure = against._figure(peer, "events/s", [Pace(10, 1.0, 1.0)], [], reason)
    assert figure.peer == f"Nobody: {reason}"
    assert (figure.ours, figure.theirs, figure.holds) == (Sample.of([10]), None, None)


@pytest.mark.parametrize(
    "peer", [peer for peer in PEERS if peer.python == against.OURS], ids=lambda p: f"{p.name}, {p.kept}"
)
def test_a_peer_among_our_own_dependencies_is_compared_by_its_version(peer: Peer) -> None:
    figure = against._figure(peer, "events/s", [Pace(60, 1.0, 1.0)], [Pace(10, 1.0, 2.0)], "")
    assert figure.peer == f"{peer.name} {peer.version()}, {peer.kept}"
    assert figure.holds is True
    assert against._figure(peer, "events/CPU s", [Pace(60, 1.0, 1.0)], [Pace(10, 1.0, 2.0)], "").holds is None
