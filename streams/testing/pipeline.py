"""The whole pipeline over a list of events, in this process and without Kafka."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from models.score import Score
from streams.annotate import Annotate
from streams.backtest_control import control_of
from streams.backtest_trial import backtest_of, fleet_of
from streams.event_files import Line
from streams.file_intake import Reject, intake_plan, sketch_files
from streams.metrics import Metrics
from streams.score_record import score_to_json
from streams.settings import Settings
from streams.snapshot_store import SnapshotStore
from streams.testing.sink import AlertRecord

Event = Mapping[str, object] | bytes
"""A record: as bytes as it would stand on its topic, or as an object that is written as JSON."""

_TOPIC = "events"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the pipeline made of events.

    Parameters
    ----------
    records
        What the worker would have written to the alert topic, in order.
    rejects
        Events that became dead letters; `line` is the event's place in the list, from 1 on.
    scores
        What would stand on the scores topic, decoded.
    events
        How many were judged.
    """

    records: list[AlertRecord] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    events: int = 0

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The values of the records, decoded."""
        return [record.finding for record in self.records]


def run_pipeline(
    events: Iterable[Event],
    settings: Settings | None = None,
    *,
    control: Iterable[Event] = (),
    sink: Callable[[AlertRecord], object] | None = None,
) -> Outcome:
    """Judge events as a worker does: decode, sketch, detect, compare newcomers, search for campaigns.

    Parameters
    ----------
    events
        In the order in which they are to be judged, of the format `source.format`.
    settings
        As the worker would have them; the defaults unless given. Nothing is read from files or the
        environment.
    control
        What operators changed, as records of the control topic; see docs/control.md. A verdict takes effect
        when the events have reached its time.
    sink
        Called with each alert record, in order; what it raises ends the run.

    Raises
    ------
    SettingsError
        A control record is refused: names its place and the reason.
    """
    chosen = settings or Settings()
    rejects: list[Reject] = []
    scores: list[dict[str, Any]] = []
    records: list[AlertRecord] = []

    changes = control_of(enumerate(map(_encoded, control), 1), "control")
    annotate = Annotate(Metrics(), shadow=chosen.control.shadow)
    annotate.follow(changes)

    def on_score(score: Score) -> None:
        scores.append(score_to_json(score))

    with SnapshotStore(chosen.state.folder) as store:
        score_ms = chosen.scores.interval_ms
        backtest = backtest_of(chosen, store, fleet_of(chosen), changes, score_ms=score_ms, on_score=on_score)
        plan = intake_plan(chosen, int(time.time() * 1000) + chosen.source.max_ahead_ms)
        found = backtest.run(sketch_files(_lines(events), plan, 0), rejects.append)
        for key, value, headers in annotate.records(found):
            record = AlertRecord(key, value, tuple(headers))
            records.append(record)
            if sink is not None:
                sink(record)
        return Outcome(records, rejects, scores, backtest.summary.events)


def _lines(events: Iterable[Event]) -> Iterator[Line]:
    for number, event in enumerate(events, 1):
        yield Line(_TOPIC, number, _encoded(event))


def _encoded(event: Event) -> bytes:
    return event if isinstance(event, bytes) else orjson.dumps(event)
