"""A whole backtest: lines in, findings to a file, a summary back, and a report where one is asked for."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import orjson

from models.control.control import Control
from models.errors import DistillwatchError
from models.finding import Activity, Severity
from models.score import Score
from streams.annotate import Annotate
from streams.backtest import Backtest, Summary
from streams.backtest_control import BacktestControl, load_control
from streams.backtest_fleetwide import BacktestFleetwide
from streams.baseline import load_baseline, save_baseline
from streams.event_files import Line
from streams.file_intake import IntakePlan, Reject, sketch_files
from streams.metrics import Metrics
from streams.population_state import Fleetwide, fleetwide
from streams.score_record import score_to_json
from streams.settings import Settings
from streams.snapshot_store import SnapshotStore

STDOUT = "-"
DAY_MS = 86_400_000
Counts = Counter[tuple[Activity, Severity]]


def run_backtest(
    settings: Settings,
    lines: Iterator[Line],
    alerts: str,
    report: str | None,
    processes: int,
    *,
    save_baseline_to: Path | None = None,
    scores: str | None = None,
    control_from: Path | None = None,
) -> str:
    """Judge all lines and return the summary as text.

    Parameters
    ----------
    alerts
        File for the findings, a JSON line each; `-` is stdout.
    report
        Folder for `summary.json` and `dead-letters.jsonl`; made when it does not exist.
    processes
        How many sketch; see `streams.file_intake.sketch_files`.
    control_from
        File with what operators changed; see `streams.backtest_control.load_control`.
    save_baseline_to
        File for the population baseline as it is at the end.
    scores
        File for how each tenant stands once an interval, a JSON line each, whether `scores.enabled` or not.

    Raises
    ------
    DistillwatchError
        A file cannot be read or written.
    """
    begin = time.monotonic()
    source = settings.source
    plan = IntakePlan(
        source.format,
        settings.embedding.kind,
        source.options(settings.embedding.size).limits,
        settings.privacy.key,
        newest=int(time.time() * 1000) + source.max_ahead_ms,
        tenant=source.tenant,
        fields=tuple(source.fields.items()),
    )
    fleet = _fleetwide(settings)
    control = Control() if control_from is None else load_control(control_from)
    annotate = Annotate(Metrics(), shadow=settings.control.shadow)
    annotate.follow(control)
    with ExitStack() as stack:
        write_finding = stack.enter_context(_json_lines(alerts))
        write_reject = stack.enter_context(_json_lines(_in_folder(report, "dead-letters.jsonl")))
        write_score = stack.enter_context(_json_lines(scores))
        store = stack.enter_context(SnapshotStore(settings.state.folder))

        def on_score(score: Score) -> None:
            write_score(score_to_json(score))

        score_ms = 0 if scores is None else settings.scores.interval_seconds * 1000
        changes = BacktestControl(control, settings.detector, score_ms=score_ms) if control.changes else None
        backtest = Backtest(
            settings.detector,
            store,
            max_tenants=settings.state.max_tenants,
            ttl_ms=int(settings.state.ttl_days * DAY_MS),
            checkpoint_events=settings.state.checkpoint_events,
            fleetwide=None if fleet is None else _judging(fleet, store, settings),
            score_ms=score_ms,
            on_score=on_score,
            control=changes,
        )

        def on_reject(reject: Reject) -> None:
            write_reject(asdict(reject))

        findings = backtest.run(sketch_files(lines, plan, processes), on_reject)
        for found in annotate.objects(findings, replay=True):
            write_finding(found)
    if fleet is not None and save_baseline_to is not None:
        save_baseline(save_baseline_to, fleet.newcomers)
    seconds = time.monotonic() - begin
    with _json_lines(_in_folder(report, "summary.json")) as write:
        write(summary_record(backtest.summary, seconds))
    return summary_text(backtest.summary, seconds)


def _fleetwide(settings: Settings) -> Fleetwide | None:
    """Return the models of the whole fleet, with the baseline that the settings name."""
    if not settings.population.enabled:
        return None
    start = settings.population.baseline
    newcomers = None if start is None else load_baseline(start, settings.detector)
    return fleetwide(settings.detector, settings.campaign_config, newcomers)


def _judging(fleet: Fleetwide, store: SnapshotStore, settings: Settings) -> BacktestFleetwide:
    memory_ms = int(settings.campaigns.memory_days * DAY_MS)
    return BacktestFleetwide(fleet, store, most=settings.state.max_tenants, memory_ms=memory_ms)


def summary_record(summary: Summary, seconds: float) -> dict[str, object]:
    """The summary for programs."""
    return {
        "events": summary.events,
        "tenants": len(summary.tenants),
        "blank_lines": summary.empty,
        "seconds": round(seconds, 3),
        "findings": _counts(summary.findings),
        "campaigns": _counts(summary.campaigns),
        "dead_letters": [
            {"reason": reason, "count": count, "first": summary.places[reason]}
            for reason, count in sorted(summary.dead_letters.items())
        ],
    }


def _counts(findings: Counts) -> list[dict[str, object]]:
    return [
        {"activity": activity.name.lower(), "severity": severity.name.lower(), "count": count}
        for (activity, severity), count in sorted(findings.items())
    ]


def summary_text(summary: Summary, seconds: float) -> str:
    """The summary for people."""
    rate = summary.events / max(seconds, 1e-9)
    tenants = len(summary.tenants)
    text = [f"{summary.events:,} events of {tenants:,} tenants in {seconds:.1f} s ({rate:,.0f} a second)"]
    for kind, findings in (("", summary.findings), (" campaigns", summary.campaigns)):
        for (activity, severity), count in sorted(findings.items()):
            text.append(f"  {activity.name.lower():<7} {severity.name.lower():<13} {count:>7,}{kind}")
    if not summary.findings and not summary.campaigns:
        text.append("  no findings")
    for reason, count in sorted(summary.dead_letters.items()):
        places = summary.places[reason]
        more = ", ..." if count > len(places) else ""
        text.append(f"  dead letters: {count:,} {reason} ({', '.join(places)}{more})")
    if summary.empty:
        text.append(f"  blank lines left out: {summary.empty:,}")
    return "\n".join(text)


def _in_folder(folder: str | None, name: str) -> str | None:
    if folder is None:
        return None
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DistillwatchError(f"cannot make the folder {folder}: {error.strerror}") from None
    return str(Path(folder) / name)


@contextmanager
def _json_lines(name: str | None) -> Iterator[Callable[[object], None]]:
    """Open a file for JSON lines; without a name they go nowhere."""
    if name is None:
        yield lambda _value: None
        return
    file = sys.stdout.buffer if name == STDOUT else _create(name)
    try:
        yield lambda value: _write(file, name, value)
    finally:
        with _told(name):
            file.flush() if name == STDOUT else file.close()


def _write(file: BinaryIO, name: str, value: object) -> None:
    with _told(name):
        file.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DistillwatchError(f"cannot write {name}: {error.strerror}") from None


def _create(name: str) -> BinaryIO:
    with _told(name):
        return Path(name).open("wb")
