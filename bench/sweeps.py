"""Traffic in which it is known which requests open episodes: usual tenants, and new ones that sweep biases.

The plain rule for logit-bias sweeps needs no past: a tenant's episode opens at its `TO_OPEN`-th probe, and is
named after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import orjson

from bench.traffic import events
from models.core.sweep import ALARM
from models.finding import episode_uid

TO_OPEN = round(ALARM) + 1
AT_ONCE = 20
"""Tenants that sweep side by side."""

VARIETY = 10_000
_PROBE = {
    "operation": "completion",
    "model": "large",
    "input_tokens": 30,
    "output_tokens": 1,
    "max_tokens": 1,
    "logprobs": True,
    "top_logprobs": 5,
}
_PROMPT = "Complete the sentence with one word and nothing else: the capital of the northern country is"


@dataclass(frozen=True, slots=True)
class Planned:
    """A record to publish.

    Parameters
    ----------
    opens
        The uid of the episode that it opens; empty for all but the last probe of a sweep.
    """

    key: bytes
    value: bytes
    opens: str = ""


def traffic(count: int, *, text: bool, sweeps: int, start: int, rate: float) -> Iterator[Planned]:
    """Yield `count` records, sweeps evenly among usual requests.

    Parameters
    ----------
    text
        Whether there are prompts.
    sweeps
        How many tenants sweep; `TO_OPEN` requests each.
    start
        Event time of the first in Unix milliseconds.
    rate
        Events in a second of event time.
    """
    usual = _usual(text=text)
    probes = _probes(sweeps, text=text)
    every = max(2, count // max(1, sweeps * TO_OPEN))
    for number in range(count):
        event_time = start + int(number * 1000 / rate)
        if number % every == every - 1 and (probe := next(probes, None)):
            yield _planned(number, event_time, *probe)
        else:
            yield _planned(number, event_time, *usual[number % len(usual)])


def _planned(number: int, event_time: int, tenant: str, rest: bytes, last: bool = False) -> Planned:  # noqa: FBT001, FBT002
    name = f"req-{number:09}"
    value = b'{"id":"%b","time":%d,%b' % (name.encode(), event_time, rest)
    return Planned(tenant.encode(), value, episode_uid(tenant, name) if last else "")


@cache  # it takes a while, in which nothing would be published
def _usual(*, text: bool) -> Sequence[tuple[str, bytes]]:
    found = []
    for key, value in events(VARIETY, text=text):
        record = orjson.loads(value)
        del record["id"], record["time"]
        found.append((key.decode(), orjson.dumps(record)[1:]))
    return found


def _probes(sweeps: int, *, text: bool) -> Iterator[tuple[str, bytes, bool]]:
    """Yield tenant, record without id and time, and whether it opens an episode."""
    for first in range(0, sweeps, AT_ONCE):
        for bias in range(1, TO_OPEN + 1):
            for sweep in range(first, min(sweeps, first + AT_ONCE)):
                tenant = f"sweeper-{sweep:05}"
                probe = {"tenant": tenant, **_PROBE, "logit_bias_size": bias}
                if text:
                    probe["prompt"] = f"{_PROMPT} {sweep}"
                yield tenant, orjson.dumps(probe)[1:], bias == TO_OPEN
