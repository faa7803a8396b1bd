"""How long it takes from an event on the source topic to the finding on the alert topic, at half of the most.

The most is the highest pace of publication that the worker keeps up with, publisher and broker on the same
machine; it is sought from the pace of a backlog downwards. Then events are published at half of it, with the
present as their event time, checkpoints running as they do by default.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from confluent_kafka import Producer

from bench.alerts import Alerts, delays, percentile
from bench.broker import kafka, settings_for
from bench.figure import Figure, Sample, at_most, stated
from bench.metronome import Metronome
from bench.options import Options
from bench.sweeps import Planned, traffic
from bench.worker import BenchmarkError, free_port, pace, processed, worker
from streams.settings import Settings

MEDIAN_SECONDS, LONG_SECONDS = 0.15, 1.0
SWEEPS = 300
LEAST_FOUND = 0.95
SECONDS, QUICK_SECONDS = 20, 6
BACKLOG_RATE = 10_000.0
SHARES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Of the pace of a backlog, which nobody publishes beside."""

TRIED_SECONDS, LATE_SECONDS, LONGEST_SECONDS, SLEEP_SECONDS = 4.0, 0.5, 300.0, 0.2
KEPT_UP = 0.95
SETTLE_SECONDS = 6.0
"""Longer than the pause between two checkpoints."""

POLL_EVERY = 64
MOST_QUEUED = 500_000


@dataclass(frozen=True, slots=True)
class Measured:
    """One run.

    Parameters
    ----------
    most, rate
        Events a second: at most, and as they were published then.
    behind
        Seconds that the publisher was too late at most.
    delays
        Seconds from publication to finding, in order.
    """

    most: float
    rate: float
    behind: float
    delays: list[float]


def latency(options: Options) -> list[Figure]:
    """Measure the whole pipeline with text in one process, and metadata only with both stages in one."""
    seconds = QUICK_SECONDS if options.quick else SECONDS
    whole = measure(options.events // 4, seconds, text=True)
    fused = measure(options.events, seconds, text=False)
    return [*_figures("text, all stages in one process", whole), *_figures("metadata only, fused", fused)]


def _figures(what: str, found: Measured) -> list[Figure]:
    p50, p99 = (Sample.of([percentile(found.delays, share) * 1e3]) for share in (0.5, 0.99))
    name = f"source to alert, {what}"
    return [
        at_most(f"{name}: p50", "ms", p50, MEDIAN_SECONDS * 1e3),
        at_most(f"{name}: p99", "ms", p99, LONG_SECONDS * 1e3),
        stated(f"{name}: longest of {len(found.delays)}", "ms", Sample.of([found.delays[-1] * 1e3])),
        stated(f"{name}: pace, half of {found.most:,.0f}", "events/s", Sample.of([found.rate])),
        stated(f"{name}: publisher behind, at most", "ms", Sample.of([found.behind * 1e3])),
    ]


def measure(backlog: int, seconds: float, *, text: bool) -> Measured:
    """Run one worker: a backlog first, then an even pace.

    Raises
    ------
    BenchmarkError
        Findings are missing.
    """
    with kafka() as bootstrap:
        settings = settings_for(bootstrap, free_port(), **{} if text else {"source.keyed_by_tenant": True})
        return _measure(bootstrap, settings, backlog, seconds, text=text)


def _measure(bootstrap: str, settings: Settings, backlog: int, seconds: float, *, text: bool) -> Measured:
    publisher = Publisher(bootstrap, settings.source.topic)
    before = _now() - int(backlog / BACKLOG_RATE * 1000)
    for planned in traffic(backlog, text=text, sweeps=0, start=before, rate=BACKLOG_RATE):
        publisher.send(planned)
    publisher.finish()
    with worker(settings) as process:
        fastest = pace([(settings, process)], "detect", backlog).a_second
        most = _sustained(publisher, settings, fastest, text=text)
        time.sleep(SETTLE_SECONDS)
        rate = most / 2
        # Made beforehand: to make them takes longer than to judge them.
        coming = list(traffic(int(rate * seconds), text=text, sweeps=SWEEPS, start=_now(), rate=rate))
        with Alerts(bootstrap, settings.topics.alerts) as alerts:
            metronome = Metronome(rate)
            for number, planned in enumerate(coming):
                metronome.wait(number)
                publisher.send(planned)
            publisher.finish()
            time.sleep(SETTLE_SECONDS)
            found = delays(publisher.published, alerts.opened())
    missing = len(publisher.published) - len(found)
    if missing > (1 - LEAST_FOUND) * len(publisher.published):
        raise BenchmarkError(f"{missing} of {len(publisher.published)} findings are missing")
    return Measured(most, rate, metronome.behind, found)


def _sustained(publisher: Publisher, settings: Settings, fastest: float, *, text: bool) -> float:
    """Return the highest of some paces, in events a second, that the worker keeps up with.

    Raises
    ------
    BenchmarkError
        There is none.
    """
    for share in SHARES:
        rate = share * fastest
        count = int(rate * TRIED_SECONDS)
        coming = list(traffic(count, text=text, sweeps=0, start=_now(), rate=rate))
        metronome, looks = Metronome(rate), []
        for number, planned in enumerate(coming):
            metronome.wait(number)
            publisher.send(planned)
            if number in {count // 4, count - 1}:
                looks.append((number, processed(settings).get("detect", 0.0)))
        publisher.finish()
        _drain(publisher, settings)
        (sent, judged), (all_sent, all_judged) = looks
        if all_judged - judged >= KEPT_UP * (all_sent - sent) and metronome.behind < LATE_SECONDS:
            return rate
    raise BenchmarkError("the worker keeps up with no pace that was tried")


def _drain(publisher: Publisher, settings: Settings) -> None:
    """Wait until all that was published is judged."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while processed(settings).get("detect", 0) < publisher.sent:
        if time.monotonic() > deadline:
            raise BenchmarkError("the worker did not judge all that was published")
        time.sleep(SLEEP_SECONDS)


class Publisher:
    """Publishes records, and notes when it published the last request of each sweep."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self.sent = 0
        """Records so far."""
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "queue.buffering.max.messages": MOST_QUEUED,
                "log_level": 0,
            }
        )
        self.published: dict[str, float] = {}
        """By the uid of the episode that it opens, in seconds of `time.perf_counter`."""

    def send(self, planned: Planned) -> None:
        """Hand a record to the producer."""
        if planned.opens:
            self.published[planned.opens] = time.perf_counter()
        self._producer.produce(self._topic, planned.value, planned.key)
        self.sent += 1
        if self.sent % POLL_EVERY == 0:
            self._producer.poll(0)

    def finish(self) -> None:
        """Wait until all has arrived."""
        self._producer.flush()


def _now() -> int:
    return int(time.time() * 1000)
