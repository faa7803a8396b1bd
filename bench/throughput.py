"""How many events a worker gets through over a real Apache Kafka, each beside its limit, in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench.broker import fill, settings_for
from bench.embedding import embedding
from bench.figure import Figure, Sample, at_least, beside, stated
from bench.limit import limit
from bench.offline import sketches
from bench.options import Options
from bench.pace import Pace
from bench.traffic import TENANTS, events
from bench.worker import Running, free_port, pace, speed, wait_for, worker
from streams.settings import Settings

from local_kafka import LocalKafka  # isort: skip  kafka-python warns unless ours imports it first

DETECT_SHARE = 0.15
INTAKE_SHARE = 0.8
FUSED_A_CORE = 50_000.0
FUSED = {"source.keyed_by_tenant": True}
WALL, CPU = "events/s", "events/CPU s"
SHARED = {
    "split": "whole pipeline with text, an intake and a detect process",
    "two": "whole pipeline with text, two workers that share it",
}


@dataclass(frozen=True, slots=True)
class Stand:
    """A broker with everything to read in it.

    Parameters
    ----------
    texts
        The records with text, for topics that are filled while workers wait.
    """

    broker: LocalKafka
    options: Options
    texts: Sequence[tuple[bytes, bytes]]
    sketches: str
    native: str
    text: str

    def settings(self, **changes: object) -> Settings:
        """Return settings with topics of their own but those named."""
        return settings_for(self.broker.bootstrap, free_port(), **changes)


@dataclass(slots=True)
class Paces:
    """What each run of each measurement found, by name."""

    found: dict[str, list[Pace]] = field(default_factory=dict)

    def add(self, name: str, pace: Pace) -> None:
        """Keep one more run."""
        self.found.setdefault(name, []).append(pace)

    def of(self, name: str, read: Callable[[Pace], float]) -> Sample:
        """Return what the runs of a name say."""
        return Sample.of(map(read, self.found[name]))

    def wall(self, name: str) -> Sample:
        """Return events a second."""
        return self.of(name, lambda pace: pace.a_second)

    def cpu(self, name: str) -> Sample:
        """Return events a second of computing."""
        return self.of(name, lambda pace: pace.a_cpu_second)


def throughput(options: Options) -> list[Figure]:
    """Measure each stage, the whole pipeline and the limits in turn, as often as asked."""
    paces = Paces()
    with LocalKafka() as broker:
        stand = prepare(broker, options)
        for _ in range(options.runs):
            for name, measure in MEASUREMENTS.items():
                paces.add(name, measure(stand))
    return figures(paces)


def prepare(broker: LocalKafka, options: Options) -> Stand:
    """Fill the topics that all runs read."""
    tenants = max(1, TENANTS * options.texts // options.events)  # each sends as much as in the longer runs
    here, texts = broker.bootstrap, list(events(options.texts, text=True, tenants=tenants))
    detect, fused, whole = (settings_for(here, free_port()) for _ in range(3))
    fill(here, detect.topics.sketches, sketches(events(options.events, text=True), "offline"))
    fill(here, fused.source.topic, events(options.events, text=False))
    fill(here, whole.source.topic, texts)
    return Stand(broker, options, texts, detect.topics.sketches, fused.source.topic, whole.source.topic)


def native_limit(stand: Stand) -> Pace:
    """Read and decode the events without text."""
    return limit(stand.broker.bootstrap, stand.native, stand.options.events)


def detect(stand: Stand) -> Pace:
    """Judge sketches."""
    settings = stand.settings(**{"topics.sketches": stand.sketches})
    return speed(settings, "detect", stand.options.events, broker=stand.broker.pid)


def fused(stand: Stand) -> Pace:
    """Take in and judge events without text in one stage."""
    settings = stand.settings(**FUSED, **{"source.topic": stand.native})
    return speed(settings, "detect", stand.options.events, broker=stand.broker.pid)


def intake(stand: Stand) -> Pace:
    """Make sketches of events with text, and nothing else."""
    settings = stand.settings(**{"source.topic": stand.text})
    with worker(settings, "intake") as process:
        return pace([(settings, process)], "intake", stand.options.texts, broker=stand.broker.pid)


def alone(stand: Stand) -> Pace:
    """Tokenise and embed the same texts alone."""
    return embedding("ours", stand.options.texts)


def plainly(stand: Stand) -> Pace:
    """Tokenise and embed the same texts the plain way."""
    return embedding("plain", stand.options.texts)


def whole(stand: Stand) -> Pace:
    """Run both stages in one process, text in, findings out."""
    settings = stand.settings(**{"source.topic": stand.text})
    with worker(settings) as process:
        return through(stand, [(settings, process)])


def split(stand: Stand) -> Pace:
    """Run intake in one process and detect in another."""
    first = stand.settings(**{"source.topic": stand.text})
    second = stand.settings(**{"source.topic": stand.text, "topics.sketches": first.topics.sketches})
    with worker(second, "detect") as judge:
        wait_for([second])
        with worker(first, "intake") as taker:
            return through(stand, [(first, taker), (second, judge)])


def two(stand: Stand) -> Pace:
    """Run two workers that share both stages; the topic is filled when both have their partitions."""
    first = stand.settings()
    metrics = first.metrics.model_copy(update={"port": free_port()})
    second = first.model_copy(update={"metrics": metrics})
    with ExitStack() as stack:
        workers = [(settings, stack.enter_context(worker(settings))) for settings in (first, second)]
        wait_for([first, second])
        fill(stand.broker.bootstrap, first.source.topic, stand.texts)
        return through(stand, workers)


def through(stand: Stand, workers: Sequence[Running]) -> Pace:
    """Measure from the first stage to the last."""
    return pace(workers, "detect", stand.options.texts, first="intake", broker=stand.broker.pid)


MEASUREMENTS: dict[str, Callable[[Stand], Pace]] = {
    "limit": native_limit,
    "detect": detect,
    "fused": fused,
    "alone": alone,
    "intake": intake,
    "plainly": plainly,
    "whole": whole,
    "split": split,
    "two": two,
}
"""In the order in which each run takes them: a figure stands next to what it is compared with."""


def figures(paces: Paces) -> list[Figure]:
    """Return the rows of the table."""
    text, limits = "intake alone, text of 20 to 100 tokens", "getmany + orjson, native events"
    rows = (
        ("detect worker, sketches in, all signals", "detect", limits, "limit", DETECT_SHARE),
        ("fused worker, metadata only, all signals", "fused", limits, "limit", None),
        (text, "intake", "embedding alone", "alone", INTAKE_SHARE),
        (text, "intake", "embedding the plain way", "plainly", INTAKE_SHARE),
        ("embedding alone", "alone", "embedding the plain way", "plainly", None),
    )
    return [
        *(
            beside(what, WALL, paces.wall(n), peer, paces.wall(p), least=least)
            for what, n, peer, p, least in rows
        ),
        *(beside(what, CPU, paces.cpu(n), peer, paces.cpu(p)) for what, n, peer, p, _ in rows),
        at_least("fused worker, metadata only, of one process", WALL, paces.wall("fused"), FUSED_A_CORE),
        at_least("fused worker, metadata only, of one core", CPU, paces.cpu("fused"), FUSED_A_CORE),
        stated("whole pipeline with text, one process", WALL, paces.wall("whole")),
        *(
            beside(what, WALL, paces.wall(name), "one process", paces.wall("whole"))
            for name, what in SHARED.items()
        ),
        *(
            stated(f"{what}, computing", "CPU us/event", paces.of(name, lambda pace: 1e6 / pace.a_cpu_second))
            for name, what in {"whole": "whole pipeline with text, one process", **SHARED}.items()
        ),
        *(
            stated(f"broker beside {name}, computing", "CPU us/event", paces.of(name, broker_microseconds))
            for name in ("detect", "fused", "whole")
        ),
    ]


def broker_microseconds(pace: Pace) -> float:
    """Return what the broker computed for an event."""
    return 1e6 * pace.broker_seconds / pace.events
