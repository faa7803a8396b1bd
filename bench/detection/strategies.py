"""What an attacker who knows the detector asks: strategies as pools of texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from bench.detection.stage import Stage, Timed, Worded
from streams.embedders import load_embedder

STYLES = ("broad", "template", "rubric")
"""Of the plain attacker, in turn."""
KINDS = ("alpaca", "math", "leetcode", "rubric", "wiki-news")
"""Pools between which the attacker changes from request to request, or from which the likest are taken."""
NEAREST = 0.1
"""The share of all questions that an imitator asks: those nearest to what the tenant has asked."""

OPENINGS = (
    "Please work through this.",
    "Here is something to solve.",
    "I need help with the following.",
    "Consider the question below.",
    "Let us look at this one together.",
    "",
)
REQUESTS = (
    "Show how you get to the answer.",
    "Give every step of your reasoning.",
    "Think aloud before you conclude.",
    "Explain it so that a beginner can follow.",
    "Write down what you consider at each point.",
    "Justify each step.",
)
FORMS = ("{0}\n{2}\n{1}", "{0} {1}\n\n{2}", "{2}\n\n{0} {1}", "{1}\n{2}", "{2}\n{1}", "{0}\n\n{2}\n\n{1}")


def wordings() -> tuple[str, ...]:
    """Return many ways to ask for the reasoning behind an answer, each with one slot."""
    found = (
        form.format(opening, request, "{}") for opening, request, form in product(OPENINGS, REQUESTS, FORMS)
    )
    return tuple(dict.fromkeys(wording.strip() for wording in found))


class Shuffled:
    """Draws from several harvests in turn, at random."""

    def __init__(self, stage: Stage, pools: Sequence[Any]) -> None:
        self._pools, self._rng = pools, stage.rng

    def fresh(self) -> str:
        """Return the next text of one of them."""
        return str(self._rng.choice(self._pools).fresh())


def dilute(stage: Stage, number: int, _past: Sequence[str]) -> Any:
    """Ask plainly, in one style; only the share of the traffic hides it."""
    style = STYLES[number % len(STYLES)]
    if style != "template":
        return stage.harvest(style)
    return Worded(stage.harvest(style), (stage.rng.choice(stage.module.TEMPLATES),), stage.rng)


def paraphrase(stage: Stage, _number: int, _past: Sequence[str]) -> Any:
    """Ask for reasoning in ever other words."""
    return Worded(stage.harvest("template"), wordings(), stage.rng)


def shuffle(stage: Stage, _number: int, _past: Sequence[str]) -> Any:
    """Ask questions of several kinds in turn."""
    return Shuffled(stage, [stage.pool(stage.pools[name].texts, harvest=True) for name in KINDS])


def imitate(stage: Stage, _number: int, past: Sequence[str]) -> Any:
    """Ask only what lies nearest to what the tenant has asked, pairs of it when it runs out."""
    texts = [text for name in KINDS for text in stage.pools[name].texts]
    return stage.pool(nearest(texts, past, round(NEAREST * len(texts))), harvest=True)


def nearest(texts: Sequence[str], past: Sequence[str], count: int) -> list[str]:
    """Return the texts with the highest cosine to any of the past, the highest first."""
    known, asked = (_directions(found) for found in (past, texts))
    best = np.concatenate([(part @ known.T).max(1) for part in np.array_split(asked, len(asked) // 500 + 1)])
    return [texts[place] for place in np.argsort(-best, kind="stable")[:count]]


def _directions(texts: Sequence[str]) -> Any:
    rows = load_embedder("wordllama").embed_many(list(texts)).astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


STRATEGIES: Mapping[str, Callable[[Stage, int, Sequence[str]], Any]] = {
    "dilutes": dilute,
    "paraphrases": paraphrase,
    "shuffles topics": shuffle,
    "imitates the past": imitate,
}
"""Each makes the questions for the tenant of a number, with what it has asked until then."""

REPEATED = 0.1
"""The share of requests in which an own account asks what it asked just before."""
APPLICATIONS = ("support", "rag", "agent")

Span = tuple[float, float]
"""From when until when, in seconds since the world began."""


def plain(stage: Stage, _number: int, style: str, rate: float, span: Span) -> Timed:
    """Ask as a script does."""
    return stage.attack(style, rate, *span)


def dressed(stage: Stage, number: int, style: str, rate: float, span: Span) -> Timed:
    """Ask with an application's system prompt, parameters and end users, at its hours."""
    habits = stage.world.habits(APPLICATIONS[number % len(APPLICATIONS)])
    return stage.attack(style, rate, *span, habits, flat=False)


def repeating(stage: Stage, _number: int, style: str, rate: float, span: Span) -> Timed:
    """Ask some questions twice."""
    last = None
    for time, event in stage.attack(style, rate, *span):
        again = last is not None and stage.rng.random() < REPEATED
        if not again:
            last = event["prompt"]
        yield time, event | {"prompt": last}


DISGUISES: Mapping[str, Callable[[Stage, int, str, float, Span], Timed]] = {
    "slows down": plain,
    "looks like an application": dressed,
    "repeats one in ten": repeating,
}
"""Each makes the requests of an own account of a number: in a style, so many a day, within a span."""
