"""One signal with its calibration and its evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from models.codec import Reader, Writer
from models.evidence.track import Track
from models.signals.base import Signal
from models.sketch import MISSING, Origin, Sketch

WARMUP = 50


class Answers(Signal):
    """A signal that scores the length of the answer, and counts what it is told."""

    name: ClassVar[str] = "answers"
    unit: ClassVar[str] = "tokens"
    highest: ClassVar[float] = 100.0

    def __init__(self) -> None:
        self.learned = 0
        self.observed = 0

    def score_one(self, x: Sketch) -> float | None:
        return None if x.output_tokens == MISSING else float(x.output_tokens)

    def learn_one(self, x: Sketch) -> None:  # noqa: ARG002
        self.learned += 1

    def observe_one(self, x: Sketch) -> None:  # noqa: ARG002
        self.observed += 1

    def dump(self, out: Writer) -> None:
        out.number(self.learned)
        out.number(self.observed)

    def load(self, source: Reader) -> None:
        self.learned, self.observed = source.number(), source.number()


def request(number: int, tokens: int) -> Sketch:
    """A request with an answer of so many tokens."""
    return Sketch(
        id=f"r{number}",
        tenant="acme",
        time=1_772_582_400_000 + number,
        origin=Origin("t", 0, number),
        output_tokens=tokens,
    )


def step(track: Track, x: Sketch, *, learning: bool = True) -> float | None:
    """Judge, learn and observe a request, and return its bet."""
    verdict = track.judge(x)
    if learning:
        track.learn(x, verdict)
    track.observe(x, verdict, x.time)
    return None if verdict is None else verdict.e


def warm_track(block: int = 5) -> Track:
    """A track that knows answers of 10 to 19 tokens."""
    track = Track(Answers(), block, WARMUP)
    for number in range(200):
        step(track, request(number, 10 + number % 10))
    return track


def test_nothing_is_judged_before_the_warmup_is_over() -> None:
    track = Track(Answers(), 1, WARMUP)
    for number in range(WARMUP):
        assert not track.warm
        assert step(track, request(number, 90)) == 1.0
    assert track.warm
    assert track.evidence.statistic <= 1.0


def test_a_strange_request_wins_the_bet_and_a_usual_one_loses_it() -> None:
    track = warm_track()
    strange, usual = track.judge(request(1, 95)), track.judge(request(2, 12))
    assert strange is not None
    assert usual is not None
    assert strange.p < 0.01 < usual.p
    assert strange.e > 5
    assert usual.e < 1


def test_judging_changes_nothing(dumped: Callable[[Any], bytes]) -> None:
    track = warm_track()
    before = dumped(track)
    track.judge(request(1, 95))
    assert dumped(track) == before


def test_a_request_that_the_signal_cannot_score_is_no_evidence() -> None:
    track = warm_track()
    statistic = track.evidence.statistic
    for number in range(50):
        assert step(track, request(number, MISSING)) is None
    assert track.evidence.statistic == statistic


def test_a_run_of_strange_requests_becomes_evidence_and_usual_ones_spend_it() -> None:
    track = warm_track()
    for number in range(25):
        step(track, request(number, 95), learning=False)
    high = track.evidence.statistic
    assert high > 1000
    assert track.share(1000.0) == high / 1000
    for number in range(200):
        step(track, request(number, 10), learning=False)
    assert track.evidence.statistic < 10


def test_without_learning_the_baseline_stays_as_it_was() -> None:
    track = warm_track()
    signal = track.signal
    assert isinstance(signal, Answers)
    before, learned = track.judge(request(1, 95)), signal.learned
    for number in range(100):
        step(track, request(number, 95), learning=False)
    assert track.judge(request(1, 95)) == before
    assert signal.learned == learned
    assert signal.observed == 300


def test_what_is_learned_is_no_longer_strange() -> None:
    track = warm_track()
    for number in range(100):
        step(track, request(number, 95))
    verdict = track.judge(request(1, 95))
    assert verdict is not None
    assert verdict.p > 0.2


def test_a_reading_tells_the_recent_from_the_usual() -> None:
    track = warm_track()
    for number in range(100):
        step(track, request(number, 90), learning=False)
    observed, expected = track.reading()
    assert observed == pytest.approx(90, abs=2)
    assert 0 < expected < 20


def test_a_restored_track_goes_on_as_it_would(
    dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any]
) -> None:
    track = warm_track()
    restored = loaded(Track(Answers(), 5, WARMUP), dumped(track))
    assert dumped(restored) == dumped(track)
    for number in range(40):
        assert step(track, request(number, 3 * number)) == step(restored, request(number, 3 * number))
    assert dumped(restored) == dumped(track)
