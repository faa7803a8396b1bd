"""The logit-bias sweep: found within a few probes, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from models.core.sweep import PROMPTS
from models.sketch import Origin, Sketch
from tests.models.core.tools import LogitSweep

PROBE = Sketch(
    id="r1",
    tenant="acme",
    time=1,
    origin=Origin("t", 0, 0),
    whole=77,
    logprobs=1,
    top_logprobs=5,
    logit_bias_size=10,
    output_tokens=1,
)


def watched(requests: list[Sketch]) -> LogitSweep:
    """A rule that saw these requests."""
    sweep = LogitSweep()
    for x in requests:
        sweep.observe_one(x)
    return sweep


def probes(count: int, prompts: int = 1) -> list[Sketch]:
    """Probes of a few prompts in turn, each under another bias."""
    return [
        replace(PROBE, whole=100 + place % prompts, logit_bias_size=1 + place // prompts % 300)
        for place in range(count)
    ]


def test_a_sweep_of_one_prompt_is_found_within_15_probes() -> None:
    assert watched(probes(4)).share < 1
    assert watched(probes(15)).share >= 1


def test_a_sweep_over_a_few_prompts_is_found_soon() -> None:
    assert watched(probes(15 + 4, prompts=4)).share >= 1


def test_a_sweep_between_other_requests_is_found() -> None:
    usual = replace(PROBE, logprobs=0, top_logprobs=0, logit_bias_size=0, output_tokens=50)
    mixed = [x for probe in probes(20) for x in (probe, replace(usual, whole=probe.logit_bias_size))]
    assert watched(mixed).share >= 1


def test_a_classifier_with_one_bias_never_alarms() -> None:
    """It asks for one token with log-probabilities all day, and its items come again."""
    items = [replace(PROBE, whole=number % 40, logit_bias_size=2) for number in range(5_000)]
    assert watched(items).share == 0
    assert watched([PROBE] * 5_000).share == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"logit_bias_size": 0},
        {"logprobs": 0, "top_logprobs": 0},
        {"logprobs": -1, "top_logprobs": -1},
        {"output_tokens": 200},
    ],
    ids=str,
)
def test_what_does_not_read_log_probabilities_under_a_bias_is_no_probe(fields: dict[str, Any]) -> None:
    changing = [replace(x, **fields) for x in probes(200)]
    if "logit_bias_size" not in fields:
        assert len({x.logit_bias_size for x in changing}) > 100
    assert watched(changing).share == 0


def test_prompts_that_are_never_asked_twice_are_no_sweep() -> None:
    assert watched([replace(PROBE, whole=n, logit_bias_size=n % 7 + 1) for n in range(3_000)]).share == 0


def test_usual_requests_make_it_forget() -> None:
    usual = replace(PROBE, logit_bias_size=0)
    sweep = watched(probes(12))
    assert sweep.share >= 1
    for _ in range(5_000):
        sweep.observe_one(usual)
    assert sweep.share == 0


def test_the_share_is_bounded() -> None:
    assert watched(probes(20_000)).share <= 4


def test_it_keeps_the_last_few_prompts() -> None:
    sweep = watched(probes(5_000, prompts=1_000))
    assert sweep.s["sweep_prompts"].tolist() == list(range(100 + 1_000 - PROMPTS, 100 + 1_000))


def test_its_reading_counts_probes_where_none_is_expected() -> None:
    reading = watched(probes(15)).reading()
    assert reading.expected == 0
    assert reading.observed >= 8
    assert reading.evidence >= 1


def test_a_reset_forgets_the_hits() -> None:
    sweep = watched(probes(50))
    sweep.reset()
    assert sweep.share == 0


@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_a_restored_rule_goes_on_as_it_would(
    count: int, dumped: Callable[[Any], bytes], loaded: Callable[[Any, bytes], Any]
) -> None:
    sweep = watched(probes(count, prompts=20))
    restored = loaded(LogitSweep(), dumped(sweep))
    for x in probes(30, prompts=18):
        sweep.observe_one(x)
        restored.observe_one(x)
    assert dumped(restored) == dumped(sweep)
    assert restored.share == sweep.share
