"""All that is known of one tenant, and what one more request makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from models import state
from models.answer import answer
from models.codec import Reader, Writer
from models.config import DetectorConfig
from models.control.records import SLACK_MS, Change, Judged
from models.core import episode as life
from models.core import evidence
from models.core.layout import BLANK
from models.core.streams import STREAMS
from models.episode import Episode, State
from models.finding import UID_CHARS, Activity, Finding, RequestRef, Severity, SignalReading, episode_uid
from models.grading import confidence_of, risk_of
from models.judging import judge_many
from models.population.early import early_profile
from models.population.profile import EarlyProfile
from models.readings import RATE_NAME, growth_readings, readings_of, rule_readings, silenced
from models.requests import table_of
from models.score import Score
from models.sketch import Sketch
from models.slab import Slab
from models.steering import Steering
from models.suspects import Suspects
from models.weighting import DEFAULT, Weighting

_NOWHERE = np.array([-1])


class TenantModel:
    """One tenant: a state that the compiled core works on, and the names that a finding needs.

    Parameters
    ----------
    name
        Of the tenant.
    config
        Settings of the detector.
    slab
        Where its state is to live; alone if not given.
    steering
        What `models.steering` made of `config`, so that many tenants share it.
    weighting
        What each signal counts for; the detector's own choice unless a benchmark asks.
    """

    __slots__ = ("_config", "_name_size", "_slab", "_steering", "_uid", "name", "row", "suspects")

    def __init__(
        self,
        name: str,
        config: DetectorConfig,
        *,
        slab: Slab | None = None,
        steering: Steering | None = None,
        weighting: Weighting = DEFAULT,
    ) -> None:
        self.name = name
        self._config = config
        self._steering = Steering(config, weighting) if steering is None else steering
        self._slab = Slab(1) if slab is None else slab
        self.row = self._slab.take()
        """The number of its state in the slab."""
        self._name_size = len(name.encode())
        self.state["name_size"] = self._name_size
        self.steer()
        self.suspects = Suspects()
        self._uid = ""

    @property
    def state(self) -> Any:
        """The record of `models.core.layout.STATE`."""
        return self._slab.state(self.row)

    @property
    def _settings(self) -> Any:
        """The record of `models.core.layout.SETTINGS` that holds at its newest event time."""
        return self._steering.at(self.state)

    def steer(self) -> None:
        """Be judged by the rules as they are now; whoever calls it has seen to it that none was before."""
        if self._steering.selective:
            self.state["rule"] = self._steering.number_of(self.name)

    @property
    def offset(self) -> int:
        """The last offset that was applied, -1 for none; not part of what `dump` writes."""
        return int(self.state["offset"])

    @offset.setter
    def offset(self, offset: int) -> None:
        self.state["offset"] = offset

    @property
    def time(self) -> int:
        """Event time of the newest request, in Unix milliseconds."""
        return int(self.state["time"])

    @property
    def events(self) -> int:
        """Requests that were judged."""
        return int(self.state["events"])

    @property
    def late(self) -> int:
        """Requests that were older than one before them."""
        return int(self.state["late"])

    @property
    def repeated(self) -> int:
        """Requests that were sent twice."""
        return int(self.state["repeated"])

    @property
    def episode(self) -> Episode:
        """How its episode stands."""
        return Episode(State(int(self.state["state"])), int(self.state["opened"]))

    @property
    def episode_uid(self) -> str:
        """The uid of its last episode; empty before the first."""
        return self._uid

    @property
    def evidence(self) -> float:
        """The combined Shiryaev-Roberts statistic."""
        return float(evidence.combined(self.state, self._settings))

    @property
    def fresh_evidence(self) -> float:
        """The same of late alone, bounded, so that it fades within a few hundred usual requests."""
        return float(evidence.fresh(self.state, self._settings))

    @property
    def threshold(self) -> float:
        """The evidence that opens an episode: the blocks that the tenant fills within its budget."""
        return float(evidence.threshold(self.state, self._settings))

    @property
    def requests_a_day(self) -> float:
        """Mean rate over the tenant's known life, at most two weeks of it."""
        return float(evidence.requests_a_day(self.state))

    @property
    def readings(self) -> dict[str, SignalReading]:
        """What each signal saw, by name."""
        return readings_of(self.state, self.threshold)

    def apply(self, x: Sketch) -> list[Finding]:
        """Judge one request, then learn it, unless it is a repeat. Returns what is to be said, in order."""
        rows = np.array([self.row])
        given = table_of([x]), rows, _NOWHERE, self._slab, self._steering.records
        outcome = judge_many(*given, tenant_at=lambda _row: self)
        return [finding for _, finding in outcome.findings]

    def expire(self, now: int) -> list[Finding]:
        """Let time pass without a request, in event time; an open episode may close."""
        before = int(self.state["state"])
        if life.elapse(self.state, self._settings, now) == life.CLOSE:
            return [self.close()]
        if self.state["state"] != before:
            self.spend()
        return []

    def close(self) -> Finding:
        """State that the episode closed, and forget its evidence."""
        closed = int(self.state["cool_until"]) - int(self._settings["cooldown_ms"])
        finding = self._finding(Activity.CLOSE, closed)
        self.spend()
        return finding

    def answer(self, answered: Change) -> list[Finding]:
        """Close the episode that a verdict is about, at the time of the verdict; nothing if it is not open.

        An episode of the same name that opened later is another one.
        The close is never earlier than what was said before, so that it is the last of its episode.
        """
        what = answered.what
        is_open = self.state["state"] == life.ALERTING
        if not (is_open and isinstance(what, Judged) and what.finding == self._uid):
            return []
        if self.state["opened"] > answered.time + SLACK_MS:
            return []
        finding = self._finding(Activity.CLOSE, max(answered.time, int(self.state["stated_at"])))
        answer(self.state, self._settings, what.verdict)
        self.spend()
        return [finding]

    def state_episode(self, activity: int, request_id: str) -> Finding:
        """State that an episode opened at a request, or changed."""
        if activity == life.CREATE:
            self._uid = episode_uid(self.name, request_id)
        return self._finding(Activity(activity), self.time)

    def spend(self) -> None:
        """Forget the evidence of an episode that is over."""
        evidence.spend(self.state)
        self.suspects.clear()

    def score(self) -> Score:
        """State how the tenant stands at the end of the interval of its newest request."""
        threshold, interval = self.threshold, int(self._settings["score_ms"])
        standing = self.episode.state
        return Score(
            tenant=self.name,
            time=(self.time // interval + 1) * interval,
            last=self.time,
            requests=self.events,
            state=standing,
            evidence=self.evidence,
            threshold=threshold,
            episode=self._uid if standing is State.ALERTING else "",
            signals=(*readings_of(self.state, threshold).values(), *rule_readings(self.state)),
            content_seen=bool(self.state["content"] > 0),
            config_digest=self._config.digest(),
        )

    def come_of_age(self, request: RequestRef) -> EarlyProfile | None:
        """Return how it looks to its peers after so many requests, the last of which is given."""
        return early_profile(self.name, self.state, request)

    def begin_anew(self) -> None:
        """Forget everything."""
        self._slab.put(self.row, BLANK[0])
        self.state["name_size"] = self._name_size
        self.steer()
        self.suspects.clear()
        self._uid = ""

    def release(self) -> None:
        """Give the state back to the slab; the model is not to be used any more."""
        self._slab.give_back(self.row)

    def _finding(self, activity: Activity, time: int) -> Finding:
        s, found, threshold = self.state, self.evidence, self.threshold
        ratio, opened, strongest = found / threshold, int(s["opened"]), self._strongest()
        started = min(int(s["start"][strongest]) or opened, opened)
        return Finding(
            uid=self._uid,
            activity=activity,
            tenant=self.name,
            time=time,
            start_time=started,
            severity=Severity(int(s["stated_severity"])),
            risk_score=risk_of(ratio),
            confidence_score=confidence_of(ratio),
            evidence=found,
            threshold=threshold,
            budget_days=float(self._settings["budget_days"]),
            count=max(1, int(s["count"][strongest])),
            signals=self._signals(threshold),
            requests=self.suspects.since(started),
            content_seen=bool(s["content"] > 0),
            config_digest=self._config.digest(),
        )

    def _strongest(self) -> int:
        """Return the stream that says most, among those that count."""
        said = [float(value) for value in self.state["statistic"] * (self._settings["weights"] > 0)]
        return max(range(STREAMS), key=said.__getitem__)

    def _signals(self, threshold: float) -> tuple[SignalReading, ...]:
        found = [*readings_of(self.state, threshold).values(), *rule_readings(self.state)]
        silent = silenced(self._settings)
        found.sort(key=lambda said: (said.name in silent, said.name == RATE_NAME, -said.evidence))
        return (*found, *growth_readings(self.state))

    def dump(self) -> bytes:
        """Return the whole state as bytes; equal events give equal bytes."""
        out = Writer()
        out.label(self._uid)
        self.suspects.dump(out)
        return state.dump(self.state) + out.finish()

    def load(self, body: bytes) -> None:
        """Replace the whole state; bytes that are refused change nothing.

        Raises
        ------
        SnapshotError
            The bytes are not a tenant's state.
        """
        source = Reader(body)
        read = state.load(source)
        uid, suspects = source.label(UID_CHARS), Suspects()
        suspects.load(source)
        source.end()
        read["offset"], read["name_size"] = self.offset, self._name_size
        self._slab.put(self.row, read)
        self.steer()
        self._uid, self.suspects = uid, suspects
