"""The whole pipeline over a list of events, in this process and without Kafka."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from models.score import Score
from streams.backtest import Backtest
from streams.backtest_trial import DAY_MS, fleet_of, judging
from streams.event_files import Line
from streams.file_intake import IntakePlan, Reject, sketch_files
from streams.score_record import score_to_json
from streams.settings import Settings
from streams.snapshot_store import SnapshotStore
from streams.testing.sink import AlertRecord, alert_record

Event = Mapping[str, object] | bytes
"""A request: as bytes as it would stand on the source topic, or as an object that is written as JSON."""

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
    sink
        Called with each alert record, in order; what it raises ends the run.
    """
    chosen = settings or Settings()
    rejects: list[Reject] = []
    scores: list[dict[str, Any]] = []
    records: list[AlertRecord] = []

    def on_score(score: Score) -> None:
        scores.append(score_to_json(score))

    with SnapshotStore(chosen.state.folder) as store:
        fleet = fleet_of(chosen)
        backtest = Backtest(
            chosen.detector,
            store,
            max_tenants=chosen.state.max_tenants,
            ttl_ms=int(chosen.state.ttl_days * DAY_MS),
            checkpoint_events=chosen.state.checkpoint_events,
            fleetwide=None if fleet is None else judging(fleet, store, chosen),
            score_ms=chosen.scores.interval_ms,
            on_score=on_score,
        )
        for finding in backtest.run(sketch_files(_lines(events), _plan(chosen), 0), rejects.append):
            record = alert_record(finding)
            records.append(record)
            if sink is not None:
                sink(record)
        return Outcome(records, rejects, scores, backtest.summary.events)


def _lines(events: Iterable[Event]) -> Iterator[Line]:
    for number, event in enumerate(events, 1):
        yield Line(_TOPIC, number, event if isinstance(event, bytes) else orjson.dumps(event))


def _plan(settings: Settings) -> IntakePlan:
    return IntakePlan(
        settings.source.format,
        settings.embedding.kind,
        settings.input_limits,
        settings.privacy.key,
        newest=int(time.time() * 1000) + settings.source.max_ahead_ms,
    )
