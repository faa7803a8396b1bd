"""One set of settings that lines are judged by in a backtest, with what it writes and what it keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict

import orjson

from models.campaign.finding import CampaignFinding
from models.control.control import Control
from models.errors import DistillwatchError, SnapshotError
from models.finding import Finding
from models.score import Score
from streams.annotate import Annotate
from streams.backtest import Backtest
from streams.backtest_control import BacktestControl
from streams.backtest_fleetwide import BacktestFleetwide
from streams.backtest_summary import Summary, keep_summary, kept_summary
from streams.baseline import load_baseline
from streams.file_intake import Reject, SketchedLines
from streams.json_lines import JsonLines
from streams.kept_store import KeptStore
from streams.metrics import Metrics
from streams.population_state import Fleetwide, fleetwide
from streams.score_record import score_to_json
from streams.settings import Settings
from streams.snapshot_store import SnapshotStore

DAY_MS = 86_400_000
Outputs = Mapping[str, str | None]
"""Names of files by what is written to them; none for what nobody wants."""

Tell = Callable[[Finding | CampaignFinding], object]


def in_full(settings: Settings, control: Control) -> Tell:
    """Return what writes findings as consumers get them: marked as a replay, with what operators say."""
    annotate = Annotate(Metrics(), shadow=settings.control.shadow)
    annotate.follow(control)
    return lambda finding: annotate.as_object(finding, replay=True)


class Trial:
    """Judges batches and writes what comes of them.

    Parameters
    ----------
    store
        Where tenants wait; with a `KeptStore` the trial goes on from what is kept there.
    files
        Where findings (`findings`, `copy`), bad lines (`rejects`) and scores (`scores`, `score_copy`) go.
    control
        What operators changed.
    tell
        How a finding is written; in full unless given.

    Raises
    ------
    DistillwatchError
        A file cannot be written, or what was kept is damaged.
    """

    def __init__(
        self,
        settings: Settings,
        store: SnapshotStore,
        files: Outputs,
        control: Control,
        tell: Tell | None = None,
    ) -> None:
        self.fleet = fleet_of(settings)
        self.position = 0
        """Batches that are judged."""
        self._store = store
        self._tell = tell or in_full(settings, control)
        score_ms = settings.scores.interval_seconds * 1000 if _scored(files) else 0
        self._backtest = backtest_of(
            settings, store, self.fleet, control, score_ms=score_ms, on_score=self._on_score
        )
        with ExitStack() as opened:
            opened.enter_context(closing(store))
            lengths = self._go_on()
            self._files = {
                what: opened.enter_context(JsonLines(name, lengths.get(what, 0)))
                for what, name in files.items()
            }
            self._opened = opened.pop_all()  # all or none

    @property
    def summary(self) -> Summary:
        """What it saw so far."""
        return self._backtest.summary

    def take(self, batch: SketchedLines) -> None:
        """Judge a batch."""
        for finding in self._backtest.run([batch], self._on_reject):
            said = self._tell(finding)
            self._write("findings", said)
            self._write("copy", said)
        self.position += 1

    def keep(self) -> None:
        """Keep all so that another process could go on from here."""
        if not isinstance(self._store, KeptStore):
            return
        state = self._backtest.keep()
        lengths = {what: file.keep() for what, file in self._files.items()}
        progress = {"position": self.position, "lengths": lengths, "summary": keep_summary(self.summary)}
        self._store.commit(orjson.dumps(progress), state)

    def close(self) -> None:
        """Close all files, and the store."""
        self._opened.close()

    def _go_on(self) -> dict[str, int]:
        """Take up what was kept and return the lengths of the files then."""
        kept = self._store.kept() if isinstance(self._store, KeptStore) else None
        if kept is None:
            return {}
        try:
            progress = orjson.loads(kept[0])
            self._backtest.go_on(kept_summary(progress["summary"]), kept[1])
        except (SnapshotError, ValueError, KeyError) as error:
            detail = f"what was kept of the backtest is damaged ({error})"
            raise DistillwatchError(f"{detail}: start without --resume") from None
        self.position = progress["position"]
        lengths: dict[str, int] = progress["lengths"]
        return lengths

    def _on_reject(self, reject: Reject) -> None:
        self._write("rejects", asdict(reject))

    def _on_score(self, score: Score) -> None:
        said = score_to_json(score)
        self._write("scores", said)
        self._write("score_copy", said)

    def _write(self, what: str, value: object) -> None:
        if what in self._files:
            self._files[what].write(value)


def _scored(files: Outputs) -> bool:
    return any(files.get(what) is not None for what in ("scores", "score_copy"))


def backtest_of(
    settings: Settings,
    store: SnapshotStore,
    fleet: Fleetwide | None,
    control: Control,
    *,
    score_ms: int,
    on_score: Callable[[Score], None],
) -> Backtest:
    """Return what judges by settings and by what operators changed; see `streams.backtest.Backtest`."""
    changes = BacktestControl(control, settings.detector, score_ms=score_ms) if control.changes else None
    return Backtest(
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


def fleet_of(settings: Settings) -> Fleetwide | None:
    """Return the models of the whole fleet, with the baseline that the settings name."""
    if not settings.population.enabled:
        return None
    start = settings.population.baseline
    newcomers = None if start is None else load_baseline(start, settings.detector)
    return fleetwide(settings.detector, settings.campaign_config, newcomers)


def _judging(fleet: Fleetwide, store: SnapshotStore, settings: Settings) -> BacktestFleetwide:
    memory_ms = int(settings.campaigns.memory_days * DAY_MS)
    return BacktestFleetwide(fleet, store, most=settings.state.max_tenants, memory_ms=memory_ms)
