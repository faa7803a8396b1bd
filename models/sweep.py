"""The logit-bias sweep: a plain rule, no statistics.

The last layer of a model is read out by asking the same prompts again and again for one token with
log-probabilities, each time under another logit bias (Carlini et al. 2024, arXiv 2403.06634).
"""

from __future__ import annotations

from models.codec import Reader, Writer
from models.finding import SignalReading
from models.sketch import Sketch

ALARM = 8.0
"""Hits that make an alert."""

MOST_HITS = 4 * ALARM
FORGET = 1 / 64
PROMPTS = 16
SHORT_ANSWER = 4


class LogitSweep:
    """Counts requests that repeat a prompt with log-probabilities under a changed logit bias."""

    def __init__(self) -> None:
        self._biases: dict[int, int] = {}
        self._hits = 0.0

    @property
    def share(self) -> float:
        """How much of an alert was seen: 1 or more is a sweep."""
        return self._hits / ALARM

    def reading(self) -> SignalReading:
        """Return the probes counted against none expected."""
        return SignalReading("logit-bias sweep", self._hits, 0.0, "probes of one prompt", self.share)

    def observe_one(self, x: Sketch) -> None:
        """Look at a request."""
        if not _is_probe(x):
            self._hits = max(0.0, self._hits - FORGET)
            return
        bias = self._biases.pop(x.whole, None)
        self._biases[x.whole] = x.logit_bias_size
        if bias is not None and bias != x.logit_bias_size:
            self._hits = min(MOST_HITS, self._hits + 1.0)
        if len(self._biases) > PROMPTS:
            del self._biases[next(iter(self._biases))]

    def reset(self) -> None:
        """Forget the hits."""
        self._hits = 0.0

    def dump(self, out: Writer) -> None:
        """Write the state."""
        out.real(self._hits)
        out.number(len(self._biases))
        for prompt, bias in self._biases.items():
            out.word(prompt)
            out.number(bias)

    def load(self, source: Reader) -> None:
        """Read the state."""
        self._hits = source.real(0.0, MOST_HITS)
        self._biases = {source.word(): source.count() for _ in range(source.count(PROMPTS))}


def _is_probe(x: Sketch) -> bool:
    asks = x.logit_bias_size > 0 and (x.logprobs == 1 or x.top_logprobs > 0)
    return asks and x.output_tokens <= SHORT_ANSWER
