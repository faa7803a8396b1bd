"""All that is known of one tenant, and what one more request makes of it."""

from __future__ import annotations

from math import log10

from models.codec import MOST_COUNT, Reader, Writer
from models.config import DetectorConfig
from models.episode import HOUR_MS, Episode, Statement
from models.errors import SnapshotError
from models.evidence.shiryaev_roberts import ShiryaevRoberts
from models.evidence.track import Track, Verdict
from models.finding import UID_CHARS, Activity, Finding, SignalReading, episode_uid
from models.repeats import Repeats
from models.resampling import Resampling
from models.signals.novelty import Novelty
from models.signals.rate import Rate
from models.signals.shape import RequestShape
from models.signals.topics import TopicEntropy
from models.sketch import Sketch
from models.suspects import STRANGE, Suspects
from models.sweep import LogitSweep

DAY_MS = 24 * HOUR_MS
SHORTEST_DAYS = 0.25
LONGEST_DAYS = 14.0
LITTLE_CONTENT = 0.1
"""Below this share of requests with content a tenant is judged on metadata, without waiting for novelty."""

RATE_WEIGHT = 0.1
RATE_CEILING = 2.0
"""The rate's e-value counts for no more than this: too little to alert where nothing else is strange."""

RIVER_VERSION = "0.26.1"
"""Whose bytes stand in the snapshots."""


Part = Track | ShiryaevRoberts | LogitSweep | Resampling | Suspects | Repeats | Episode


class TenantModel:
    """The signals of one tenant, their evidence and the episode they lead to.

    Evidence runs in four streams: novelty, topic entropy and request shape each by itself, and the mean of
    the e-values of novelty, shape and, with little weight, rate. Topic entropy looks back over a window and
    so has longer blocks. The Shiryaev-Roberts statistics of the streams are averaged, which keeps the bound
    on the run length whatever the dependence between them.
    """

    def __init__(self, name: str, config: DetectorConfig) -> None:
        self.name = name
        self._config = config
        block, warmup = config.block_requests, config.warmup_requests
        self._rate = Track(Rate(), block, warmup)
        self._novelty = Track(Novelty(), block, warmup)
        self._shape = Track(RequestShape(), block, warmup)
        self._topics = Track(TopicEntropy(), config.entropy_block_requests, warmup)
        self._joint = ShiryaevRoberts(block)
        self._rules = (LogitSweep(), Resampling())
        self._suspects = Suspects()
        self._repeats = Repeats()
        self.episode = Episode(config)
        self.offset = -1
        """The last offset that was applied; not part of what `dump` writes."""
        self.time = 0
        """Event time of the newest request, in Unix milliseconds."""
        self.events = 0
        self.late = 0
        self.repeated = 0
        self._content = 0
        self._rated = 0.0  # requests from `_rated_from` on
        self._rated_from = 0
        self._uid = ""

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The signals, the strongest first at equal evidence."""
        return (self._novelty, self._topics, self._shape, self._rate)

    @property
    def evidence(self) -> float:
        """The combined Shiryaev-Roberts statistic."""
        streams = [stream.statistic for stream in self._streams()]
        return max(sum(streams) / len(streams), self._ruled * self.threshold)

    @property
    def fresh_evidence(self) -> float:
        """The same of late alone, bounded, so that it fades within a few hundred usual requests."""
        streams = [stream.fresh for stream in self._streams()]
        return max(sum(streams) / len(streams), self._ruled * self.threshold)

    @property
    def threshold(self) -> float:
        """The evidence that opens an episode: the blocks that the tenant fills within its budget."""
        days = max(SHORTEST_DAYS, (self.time - self._rated_from) / DAY_MS)
        config = self._config
        shares = (3.0 / config.block_requests + 1.0 / config.entropy_block_requests) / 4.0
        return max(config.least_threshold, config.budget_days * self._rated / days * shares)

    @property
    def requests_a_day(self) -> float:
        """Mean rate over the tenant's known life, at most two weeks of it."""
        return self._rated / max(SHORTEST_DAYS, (self.time - self._rated_from) / DAY_MS)

    def apply(self, x: Sketch) -> list[Finding]:
        """Judge one request, then learn it, unless it is a repeat. Returns what is to be said, in order."""
        if self._repeats.seen(x):
            self.repeated += 1
            return []
        now = self._move_time(x)
        findings = self._close(now)
        verdicts = [track.judge(x) for track in self.tracks]
        if self.episode.learning:
            for track, verdict in zip(self.tracks, verdicts, strict=True):
                track.learn(x, verdict)
        for track, verdict in zip(self.tracks, verdicts, strict=True):
            track.observe(x, verdict, now)
        self._gather(x, verdicts, now)
        evidence, fresh = self.evidence, self.fresh_evidence
        statement = self.episode.weigh(
            now, evidence, self.threshold, fresh=fresh, warm=self._warm() or self._ruled >= 1
        )
        if statement is not None:
            if statement.activity is Activity.CREATE:
                self._uid = episode_uid(self.name, x.id)
            findings.append(self._finding(statement))
        return findings

    def expire(self, now: int) -> list[Finding]:
        """Let time pass without a request, in event time; an open episode may close."""
        return self._close(now)

    def _move_time(self, x: Sketch) -> int:
        self.late += x.time < self.time
        self.time = max(self.time, x.time)
        self.events += 1
        self._content += bool(x.embedding)
        if self._rated_from == 0:
            self._rated_from = x.time
        if self.time - self._rated_from > LONGEST_DAYS * DAY_MS:
            self._rated /= 2
            self._rated_from += (self.time - self._rated_from) // 2
        self._rated += 1
        return self.time

    def _gather(self, x: Sketch, verdicts: list[Verdict | None], now: int) -> None:
        """Take the request into the joint evidence, the rule and the list of suspects."""
        for rule in self._rules:
            rule.observe_one(x)
        e = self._joint_e(x, verdicts)
        if e is not None:
            self._joint.update(e, now)
        if any(verdict is not None and verdict.p <= STRANGE for verdict in verdicts[:3]) or x.flags:
            self._suspects.add(x)

    def _joint_e(self, x: Sketch, verdicts: list[Verdict | None]) -> float | None:
        """Average the e-values, never multiply them: valid whatever the dependence between signals."""
        novelty, _, shape, rate = verdicts
        judged = [verdict.e for verdict in (novelty, shape) if verdict is not None]
        if not judged or not self._warm():
            return None
        e = sum(judged) / len(judged)
        if rate is not None:
            e += RATE_WEIGHT * (min(RATE_CEILING, rate.e) - e)
        return max(e, self._config.flag_strength) if x.flags else e

    @property
    def _ruled(self) -> float:
        """How much of an alert the plain rules have seen."""
        return max(rule.share for rule in self._rules)

    def _warm(self) -> bool:
        return self._novelty.warm or (self._shape.warm and self._content < LITTLE_CONTENT * self.events)

    def _streams(self) -> tuple[ShiryaevRoberts, ...]:
        return (self._novelty.evidence, self._topics.evidence, self._shape.evidence, self._joint)

    def _close(self, now: int) -> list[Finding]:
        was = self.episode.state
        statement = self.episode.elapse(now)
        closed = [] if statement is None else [self._finding(statement)]
        if was is not self.episode.state:  # closed, or cooled down: the evidence of the episode is spent
            for stream in self._streams():
                stream.reset()
            for rule in self._rules:
                rule.reset()
            self._suspects.clear()
        return closed

    def _finding(self, statement: Statement) -> Finding:
        evidence, threshold = self.evidence, self.threshold
        ratio = evidence / threshold
        strongest = max(self._streams(), key=lambda stream: stream.statistic)
        return Finding(
            uid=self._uid,
            activity=statement.activity,
            tenant=self.name,
            time=statement.time,
            start_time=min(strongest.start or self.episode.opened, self.episode.opened),
            severity=statement.severity,
            risk_score=_risk(ratio),
            confidence_score=round(100 * (1 - 1 / (1 + 9 * ratio))),
            evidence=evidence,
            threshold=threshold,
            budget_days=self._config.budget_days,
            count=max(1, strongest.count),
            signals=self._readings(threshold),
            requests=self._suspects.all(),
            content_seen=self._content > 0,
            config_digest=self._config.digest(),
        )

    def _readings(self, threshold: float) -> tuple[SignalReading, ...]:
        readings = [
            SignalReading(track.signal.name, *track.reading(), track.signal.unit, track.share(threshold))
            for track in self.tracks
        ]
        readings += [rule.reading() for rule in self._rules if rule.share]
        return tuple(sorted(readings, key=lambda reading: -reading.evidence))

    def dump(self) -> bytes:
        """Return the whole state as bytes; equal events give equal bytes."""
        out = Writer()
        out.text(RIVER_VERSION)
        for part in self._parts():
            part.dump(out)
        for number in (self.time, self.events, self.late, self.repeated, self._content):
            out.number(number)
        out.real(self._rated)
        out.number(self._rated_from)
        out.text(self._uid)
        return out.finish()

    def load(self, body: bytes) -> None:
        """Replace the whole state.

        Raises
        ------
        SnapshotError
            The bytes are not a tenant's state, or one that another release of river wrote.
        """
        source = Reader(body)
        if (river := source.text(32)) != RIVER_VERSION:
            raise SnapshotError(
                f"the snapshot was written with river {river}, this program uses {RIVER_VERSION}"
            )
        for part in self._parts():
            part.load(source)
        self.time, self.events = source.time(), source.count()
        self.late, self.repeated, self._content = source.count(), source.count(), source.count()
        self._rated = source.real(0.0, MOST_COUNT)
        self._rated_from = source.time()
        self._uid = source.text(UID_CHARS)
        source.end()

    def _parts(self) -> tuple[Part, ...]:
        return (*self.tracks, self._joint, *self._rules, self._suspects, self._repeats, self.episode)


def _risk(ratio: float) -> int:
    """Grade evidence from 50 at the threshold to 100 at a million times it."""
    return min(100, max(0, round(50 + 50 * log10(max(ratio, 1e-9)) / 6)))
