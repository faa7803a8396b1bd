"""Synthetic tenants: sketches made from seeded numbers, without text and without an embedder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.codec import Reader, Writer
from models.embedding import DIMENSIONS, Vectors, quantise
from models.finding import Finding
from models.sketch import MISSING, Origin, Sketch
from models.sketcher import simhashes
from models.tenant import TenantModel

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
START_MS = 1_772_582_400_000  # Wednesday, 4 March 2026, 00:00 UTC

TOPICS = 10
QUESTIONS = 400
NOISE = 0.6
CLOCK_DEVIATION = 0.5


class Traffic:
    """A tenant with ten topics whose questions come again, and what it may turn to.

    Equal seeds give equal requests. Ids, offsets and times go on from one call to the next.
    """

    start_ms = START_MS
    minute_ms = MINUTE_MS
    hour_ms = HOUR_MS

    def __init__(self, seed: int = 1, tenant: str = "acme") -> None:
        self.tenant = tenant
        self.now = START_MS
        self.number = 0
        self._random = np.random.default_rng(seed)
        self._centres = self._random.standard_normal((TOPICS, DIMENSIONS))
        topics = self._random.integers(0, TOPICS, QUESTIONS)
        self._questions = self._centres[topics] + NOISE * self._random.standard_normal(
            (QUESTIONS, DIMENSIONS)
        )

    def usual(self, count: int, *, gap_ms: int = 4 * MINUTE_MS, **fields: Any) -> list[Sketch]:
        """Requests on the tenant's own topics, half of them questions that were asked before."""
        known = self._random.integers(0, QUESTIONS, count)
        fresh = self._centres[self._random.integers(0, TOPICS, count)]
        fresh = fresh + NOISE * self._random.standard_normal((count, DIMENSIONS))
        repeats = self._random.random(count) < 0.5
        pooled = np.where(repeats[:, np.newaxis], self._questions[known], fresh)
        wholes = [int(place) + 1 if repeat else 0 for place, repeat in zip(known, repeats, strict=True)]
        vectors = quantise(pooled.astype(np.float32))
        return [
            self._request(vector, simhash, gap_ms, whole, **self._usual_shape() | fields)
            for vector, simhash, whole in zip(vectors, simhashes(vectors).tolist(), wholes, strict=True)
        ]

    def harvest(self, count: int, *, gap_ms: int = 4 * MINUTE_MS, **fields: Any) -> list[Sketch]:
        """Requests all over the embedding space, each new, with answers as long as may be."""
        vectors = quantise(self._random.standard_normal((count, DIMENSIONS)).astype(np.float32))
        shape = {"max_tokens": 4096, "output_tokens": 4000, "finish": 2, "temperature": 1.0}
        return [
            self._request(vector, simhash, gap_ms, 0, **self._usual_shape() | shape | fields)
            for vector, simhash in zip(vectors, simhashes(vectors).tolist(), strict=True)
        ]

    def metadata(self, count: int, *, gap_ms: int = 4 * MINUTE_MS, **fields: Any) -> list[Sketch]:
        """Usual requests of which nothing but lengths and parameters is known."""
        return [
            replace(x, embedding=b"", simhash=0, whole=0, chars=MISSING, **fields)
            for x in self.usual(count, gap_ms=gap_ms)
        ]

    def varied(self, count: int) -> list[Sketch]:
        """Requests of every kind in turn: usual, new, without content, labelled, flagged, bare, late."""
        makers: tuple[Callable[[], Sketch], ...] = (
            lambda: self.usual(1)[0],
            lambda: self.harvest(1)[0],
            lambda: self.metadata(1)[0],
            lambda: self.usual(1, topic=self.number + 1)[0],
            lambda: self.harvest(1, flags=2, whole=self.number + 1)[0],
            self.bare,
            lambda: replace(self.usual(1)[0], time=self.now - 3 * HOUR_MS),
            lambda: self.usual(1, logit_bias_size=self.number % 50, logprobs=1, output_tokens=1, whole=77)[0],
            lambda: self.usual(1, gap_ms=2 * HOUR_MS)[0],
        )
        picks = self._random.integers(0, len(makers), count)
        return [makers[pick]() for pick in picks]

    def bare(self, gap_ms: int = MINUTE_MS, **fields: Any) -> Sketch:
        """Return a request of which nothing is known but who made it and when."""
        self.number += 1
        self.now += gap_ms
        return Sketch(
            id=f"req-{self.number}",
            tenant=self.tenant,
            time=self.now,
            origin=Origin("llm-requests", 0, self.number),
            **fields,
        )

    def _request(self, vector: Vectors, hashed: int, gap_ms: int, known_as: int, **fields: Any) -> Sketch:
        bare = self.bare(int(self._random.exponential(gap_ms)))
        known = {
            "embedding": vector.tobytes(),
            "simhash": hashed,
            "whole": known_as or (1 << 40) + self.number,
        }
        return replace(bare, **known | fields)

    def _usual_shape(self) -> dict[str, Any]:
        asked = int(self._random.lognormal(3.5, 0.4))
        answered = min(500, int(self._random.lognormal(4.0, 0.5)))
        return {
            "chars": 5 * asked,
            "words": asked,
            "input_tokens": asked + 20,
            "output_tokens": answered,
            "max_tokens": 500,
            "temperature": 0.2,
            "turn": int(self._random.integers(0, 4)),
            "finish": 1 + (answered == 500),
            "status": 200,
        }


@pytest.fixture(scope="session")
def traffic() -> Callable[..., Traffic]:
    """Make a synthetic tenant: `traffic(seed, tenant)`."""
    return Traffic


@pytest.fixture(scope="session")
def flood() -> tuple[Sketch, ...]:
    """Return 20,000 requests of every kind, made once."""
    return tuple(Traffic(10).varied(20_000))


@pytest.fixture(scope="session")
def dumped() -> Callable[[Any], bytes]:
    """Return the bytes of anything with `dump(out)`."""

    def dump(part: Any) -> bytes:
        out = Writer()
        part.dump(out)
        return out.finish()

    return dump


@pytest.fixture(scope="session")
def loaded() -> Callable[[Any, bytes], Any]:
    """Load bytes into anything with `load(source)`, all of them, and return it."""

    def load(part: Any, data: bytes) -> Any:
        source = Reader(data)
        part.load(source)
        source.end()
        return part

    return load


@pytest.fixture(scope="session")
def judge() -> Callable[[TenantModel, list[Sketch]], list[Finding]]:
    """Apply requests in order and return all findings."""

    def apply(tenant: TenantModel, requests: list[Sketch]) -> list[Finding]:
        return [finding for x in requests for finding in tenant.apply(x)]

    return apply
