"""One signal of one tenant with its calibration and its evidence."""

from __future__ import annotations

from dataclasses import dataclass

from models.codec import Reader, Writer
from models.evidence.betting import power_bet
from models.evidence.calibration import Calibration
from models.evidence.shiryaev_roberts import ShiryaevRoberts
from models.signals.base import Signal
from models.sketch import Sketch

RECENT = 0.05
USUAL = 0.002
HIGHEST_SCORE = 1e6
"""Beyond the score of any signal."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a track makes of one request.

    Parameters
    ----------
    score
        Of the signal.
    p
        Conformal p-value; 1 while warming.
    e
        The bet on it; 1, no evidence either way, while warming.
    """

    score: float
    p: float = 1.0
    e: float = 1.0


class Track:
    """Scores, calibrates and accumulates one signal.

    Parameters
    ----------
    signal
        The model.
    block
        Requests whose e-values are averaged.
    warmup
        Scores to learn before any is judged.
    """

    def __init__(self, signal: Signal, block: int, warmup: int) -> None:
        self.signal = signal
        self.evidence = ShiryaevRoberts(block)
        self._calibration = Calibration(signal.highest)
        self._warmup = warmup
        self._recent = 0.0
        self._usual = 0.0

    @property
    def warm(self) -> bool:
        """Whether enough scores are known to judge the next."""
        return self._calibration.total >= self._warmup

    def judge(self, x: Sketch) -> Verdict | None:
        """Score a request against the state before it; `None` where the signal cannot score it."""
        score = self.signal.score_one(x)
        if score is None:
            return None
        if not self.warm:
            return Verdict(score)
        p = self._calibration.p_value(score)
        return Verdict(score, p, power_bet(p))

    def learn(self, x: Sketch, verdict: Verdict | None) -> None:
        """Take a request into the baseline."""
        self.signal.learn_one(x)
        if verdict is not None:
            self._calibration.learn(verdict.score)
            self._usual += USUAL * (verdict.score - self._usual)

    def observe(self, x: Sketch, verdict: Verdict | None, now: int) -> None:
        """Follow the present and take in the evidence, at the tenant's newest event time in ms."""
        self.signal.observe_one(x)
        if verdict is not None:
            self._recent += RECENT * (verdict.score - self._recent)
            if self.warm:
                self.evidence.update(verdict.e, now)

    def reading(self) -> tuple[float, float]:
        """Return observed and expected in the signal's unit."""
        return self.signal.reading(self._recent, self._usual)

    def share(self, threshold: float) -> float:
        """Return the track's own evidence as a share of a threshold, 0 or more."""
        return self.evidence.statistic / threshold

    def dump(self, out: Writer) -> None:
        """Write the state."""
        self.signal.dump(out)
        self.evidence.dump(out)
        self._calibration.dump(out)
        out.real(self._recent)
        out.real(self._usual)

    def load(self, source: Reader) -> None:
        """Read the state."""
        self.signal.load(source)
        self.evidence.load(source)
        self._calibration.load(source)
        self._recent = source.real(0.0, HIGHEST_SCORE)
        self._usual = source.real(0.0, HIGHEST_SCORE)
