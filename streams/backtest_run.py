"""A whole backtest: lines in, findings to a file, a summary back, and a report where one is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from models.control.control import Control
from models.errors import DistillwatchError
from streams import backtest_folder as names
from streams.backtest_correlation import CorrelationSample
from streams.backtest_folder import BacktestFolder
from streams.backtest_summary import summary_record, summary_text, to_json
from streams.backtest_trial import Outputs, Trial
from streams.backtest_tries import in_short
from streams.backtest_work import Work, plan_of
from streams.baseline import save_baseline
from streams.event_files import Line
from streams.file_intake import BATCH, intake_plan, sketch_files
from streams.kept_store import KeptStore
from streams.settings import Settings
from streams.snapshot_store import SnapshotStore

KEEP_SECONDS = 10.0
"""Between two moments that a backtest with a report can go on from."""


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What is asked of a backtest beside its settings.

    Parameters
    ----------
    alerts
        File for the findings, a JSON line each; `-` is stdout.
    processes
        How many sketch; see `streams.file_intake.sketch_files`.
    report
        Folder for the report and all that it is made of; made when it does not exist.
    scores
        File for how each tenant stands once an interval, a JSON line each, whether `scores.enabled` or not.
    control
        What operators changed; holds for the tries as well.
    save_baseline
        File for the population baseline as it is at the end.
    tries
        Other settings to judge the same lines by, by what they are called.
    work
        What is kept for a run that goes on after this one was ended.
    inputs
        Describes the input so that another one is noticed.
    """

    alerts: str
    processes: int
    report: Path | None = None
    scores: str | None = None
    control: Control = field(default_factory=Control)
    save_baseline: Path | None = None
    tries: Mapping[str, Settings] = field(default_factory=dict)
    work: Work | None = None
    inputs: object = None

    def in_report(self, name: str) -> str | None:
        """Return the path of a file of the report; none without one."""
        return None if self.report is None else str(self.report / name)


def run_backtest(
    settings: Settings,
    lines: Iterator[Line],
    options: BacktestOptions,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Judge all lines and return the summary as text.

    Parameters
    ----------
    clock
        Seconds; tells when it is time to keep what was done.

    Raises
    ------
    DistillwatchError
        A file cannot be read or written.
    SettingsError
        It goes on from a backtest of another input or by other settings.
    """
    begin = clock()
    plan = intake_plan(settings, _newest(settings, options))
    sample = CorrelationSample(settings.detector) if options.report is not None else None
    with ExitStack() as stack:
        trials = list(_trials(settings, options, stack))
        batches = sketch_files(_rest(lines, trials), plan, options.processes)
        keeping = clock()
        for number, batch in enumerate(batches, min(trial.position for trial in trials)):
            for trial in trials:
                if trial.position == number:
                    trial.take(batch)
            if sample is not None:
                sample.take(batch.records)
            if clock() - keeping >= KEEP_SECONDS:
                for trial in trials:
                    trial.keep()
                keeping = clock()
    main = trials[0]
    seconds = clock() - begin
    if main.fleet is not None and options.save_baseline is not None:
        save_baseline(options.save_baseline, main.fleet.newcomers)
    if sample is not None:
        _write_report(settings, trials, options, sample, seconds)
    return summary_text(main.summary, seconds)


def _newest(settings: Settings, options: BacktestOptions) -> int:
    """Return the event time beyond which a line is refused; the same for a run that goes on."""
    newest = int(time.time() * 1000) + settings.source.max_ahead_ms
    if options.work is None:
        return newest
    outputs = (options.alerts, options.scores)
    plan = plan_of(settings, options.inputs, outputs, list(options.tries), options.control)
    options.work.begin(plan | {"newest": options.work.plan.get("newest", newest)})
    return int(options.work.plan["newest"])


def _rest(lines: Iterator[Line], trials: Sequence[Trial]) -> Iterator[Line]:
    """Leave out the lines that all trials have judged."""
    return islice(lines, min(trial.position for trial in trials) * BATCH, None)


def _trials(settings: Settings, options: BacktestOptions, stack: ExitStack) -> Iterator[Trial]:
    """Yield what judges: by the settings first, then by the others that are tried."""
    files: Outputs = {
        "findings": options.alerts,
        "copy": options.in_report(names.FINDINGS),
        "rejects": options.in_report(names.DEAD_LETTERS),
        "scores": options.scores,
        "score_copy": options.in_report(names.SCORES),
    }
    yield _opened(Trial(settings, _store(settings, options, 0), files, options.control), stack)
    for number, (name, tried) in enumerate(options.tries.items(), 1):
        file = options.in_report(names.TRIED.replace("*", str(number)))
        store = _store(settings, options, number)
        trial = Trial(tried, store, {"findings": file}, options.control, in_short(name))
        yield _opened(trial, stack)


def _opened(trial: Trial, stack: ExitStack) -> Trial:
    stack.callback(trial.close)
    return trial


def _store(settings: Settings, options: BacktestOptions, number: int) -> SnapshotStore:
    return (
        SnapshotStore(settings.state.folder) if options.work is None else KeptStore(options.work.file(number))
    )


def _write_report(
    settings: Settings,
    trials: Sequence[Trial],
    options: BacktestOptions,
    sample: CorrelationSample,
    seconds: float,
) -> None:
    """Write the rest of the report's files, the summary last: it says that the others are whole."""
    told = {
        "settings": {
            "detector": settings.model_dump(mode="json")["detector"],
            "campaigns": settings.model_dump(mode="json")["campaigns"],
            "score_seconds": settings.scores.interval_seconds,
            "format": settings.source.format,
        },
        "tried": [
            {"settings": name, **summary_record(trial.summary, seconds)}
            for name, trial in zip(options.tries, trials[1:], strict=True)
        ],
    }
    main = trials[0]
    _write_whole(options.in_report(names.CORRELATION), to_json(sample.measured()))
    _write_whole(options.in_report(names.SUMMARY), to_json(summary_record(main.summary, seconds) | told))
    if options.report is not None:
        from streams.report.page import write_report  # noqa: PLC0415 - loads what draws

        write_report(BacktestFolder(options.report))
    if options.work is not None:
        options.work.finish()


def _write_whole(name: str | None, body: bytes) -> None:
    path = Path(name or "")
    try:
        path.write_bytes(body)
    except OSError as error:
        raise DistillwatchError(f"cannot write {path}: {error.strerror}") from None
