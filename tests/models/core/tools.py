"""Parts of a tenant's state by themselves, as small objects that a test can feed one sketch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import state
from models.codec import Reader, Writer
from models.config import DetectorConfig
from models.core import (
    calibration,
    episode,
    novelty,
    rate,
    recall,
    repeats,
    resampling,
    reservoir,
    seasons,
    shape,
    shiryaev_roberts,
    sweep,
    topics,
)
from models.core.layout import BLANK, REQUEST
from models.core.streams import JOINT, NOVELTY
from models.episode import State
from models.finding import Activity, Severity, SignalReading
from models.readings import NAMES, readings_of, rule_readings
from models.requests import table_of
from models.sketch import Sketch
from models.weighting import settings_record


def row(x: Sketch) -> Any:
    """The record of a sketch."""
    return table_of([x]).rows[0]


class Part:
    """A state of which one part is used."""

    def __init__(self) -> None:
        self.s = BLANK.copy()[0]

    def dump(self, out: Writer) -> None:
        out.raw(state.dump(self.s))

    def load(self, source: Reader) -> None:
        self.s = state.load(source)


class Signal(Part):
    """A signal with its score, or none."""

    name = ""

    def reading(self, recent: float = 0.0, usual: float = 0.0) -> tuple[float, float]:
        for track, (name, _) in NAMES.items():
            if name == self.name:
                self.s["recent"][track], self.s["usual"][track] = recent, usual
        found = readings_of(self.s, 1.0)[self.name]
        return found.observed, found.expected


def known(score: float) -> float | None:
    return None if score < 0 else float(score)


class Novelty(Signal):
    name = "novelty"

    def score_one(self, x: Sketch) -> float | None:
        return known(novelty.score(self.s, row(x), np.empty(16, np.uint64), np.empty(reservoir.CAPACITY)))

    def learn_one(self, x: Sketch) -> None:
        novelty.learn(self.s, row(x))

    def observe_one(self, x: Sketch) -> None:
        novelty.observe(self.s, row(x))


class Rate(Signal):
    name = "rate"

    def score_one(self, x: Sketch) -> float | None:
        return known(rate.score(self.s, x.time))

    def learn_one(self, x: Sketch) -> None:
        if rate.ended(self.s, x.time):
            seasons.learn(self.s, x.time, learning=True)

    def observe_one(self, x: Sketch) -> None:
        rate.observe(self.s, x.time)


class RequestShape(Signal):
    name = "request shape"

    def score_one(self, x: Sketch) -> float | None:
        return known(shape.score(self.s, np.array(classes(x))))

    def learn_one(self, x: Sketch) -> None:
        shape.learn(self.s, np.array(classes(x)))

    def observe_one(self, x: Sketch) -> None:
        """Nothing to follow."""


def classes(x: Sketch) -> list[int]:
    found = np.empty(shape.FEATURES, np.int64)
    shape.classify(row(x), found)
    return [int(place) for place in found]


class TopicEntropy(Signal):
    name = "topic entropy"

    def score_one(self, x: Sketch) -> float | None:
        return known(topics.score(self.s, row(x)))

    def learn_one(self, x: Sketch) -> None:
        topics.learn(self.s, row(x))

    def observe_one(self, x: Sketch) -> None:
        topics.observe(self.s, row(x))

    def entropy(self) -> float:
        return float(topics.entropy(self.s))


SIGNALS = (Novelty, Rate, RequestShape, TopicEntropy)


class Reservoir(Part):
    @property
    def filled(self) -> int:
        return int(self.s["filled"])

    def cosines(self, vector: NDArray[np.int8]) -> NDArray[np.float64]:
        found = np.empty(reservoir.CAPACITY)
        reservoir.cosines(self.s, vector, np.empty(16, np.uint64), found)
        return found[: self.filled]

    def offer(self, vector: NDArray[np.int8]) -> None:
        reservoir.offer(self.s, vector)


class Recall(Part):
    def __contains__(self, word: int) -> bool:
        return bool(recall.holds(self.s["recall"], np.uint64(word)))

    def add(self, word: int) -> None:
        recall.add(self.s["recall"], np.uint64(word))


class Calibration(Part):
    """The scores of the first track."""

    def p_value(self, score: float) -> float:
        return float(calibration.p_value(self.s, NOVELTY, float(score)))

    def learn(self, score: float) -> None:
        calibration.learn(self.s, NOVELTY, float(score))

    @property
    def total(self) -> int:
        return int(self.s["scored"][NOVELTY])


class ShiryaevRoberts(Part):
    """The joint stream."""

    def __init__(self, block: int) -> None:
        super().__init__()
        self._block = block

    def update(self, e: float, time: int) -> None:
        shiryaev_roberts.update(self.s, JOINT, self._block, float(e), time)

    def reset(self) -> None:
        shiryaev_roberts.reset(self.s, JOINT)

    @property
    def statistic(self) -> float:
        return float(self.s["statistic"][JOINT])

    @property
    def fresh(self) -> float:
        return float(self.s["fresh"][JOINT])

    @property
    def start(self) -> int:
        return int(self.s["start"][JOINT])

    @property
    def count(self) -> int:
        return int(self.s["count"][JOINT])


class Repeats(Part):
    def seen(self, x: Sketch) -> bool:
        return bool(repeats.seen(self.s, row(x), np.frombuffer(x.id.encode(), np.uint8)))


class LogitSweep(Part):
    def observe_one(self, x: Sketch) -> None:
        sweep.observe(self.s, row(x))

    @property
    def share(self) -> float:
        return float(sweep.share(self.s))

    def reading(self) -> SignalReading:
        return rule_readings(self.s)[0]

    def reset(self) -> None:
        self.s["sweep_hits"] = 0


class Resampling(Part):
    def observe_one(self, x: Sketch) -> None:
        resampling.observe(self.s, row(x))

    @property
    def share(self) -> float:
        return float(resampling.share(self.s))

    def reading(self) -> SignalReading:
        return rule_readings(self.s)[0]

    def reset(self) -> None:
        self.s["resampling_hits"] = 0


Statement = tuple[Activity, int, Severity]
"""That an episode opened, changed or closed, when, and how severe it is."""


class Episode(Part):
    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self._c = settings_record(config)[0]

    @property
    def state(self) -> State:
        return State(int(self.s["state"]))

    @property
    def opened(self) -> int:
        return int(self.s["opened"])

    @property
    def learning(self) -> bool:
        return bool(episode.learning(self.s, self._c))

    def elapse(self, now: int) -> Statement | None:
        if episode.elapse(self.s, self._c, now) == episode.NOTHING:
            return None
        return self._statement(Activity.CLOSE, int(self.s["cool_until"] - self._c["cooldown_ms"]))

    def weigh(
        self, now: int, evidence: float, threshold: float, *, fresh: float, warm: bool
    ) -> Statement | None:
        numbers = float(evidence), float(threshold), float(fresh)
        said = episode.weigh(self.s, self._c, now, *numbers, warm)
        return self._statement(Activity(said), now) if said else None

    def _statement(self, activity: Activity, time: int) -> Statement:
        return activity, time, Severity(int(self.s["stated_severity"]))


def request(**fields: Any) -> Any:
    """A record with these fields."""
    found = np.zeros(1, REQUEST)[0]
    for name, value in fields.items():
        found[name] = value
    return found
