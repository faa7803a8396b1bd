"""What a tenant's model finds and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from math import isfinite
from typing import Any

import pytest

from models.config import DetectorConfig
from models.episode import State
from models.finding import Activity, Finding, Severity, episode_uid
from models.tenant import TenantModel

DEFAULT = DetectorConfig()
BASELINE = 1_500
PATIENCE = 150
"""Requests of an attack within which it must be found."""


CLOSED_SOON = DetectorConfig(quiet_hours=6)


def model(config: DetectorConfig = DEFAULT) -> TenantModel:
    """A tenant of which nothing is known."""
    return TenantModel("acme", config)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_takeover_is_found_and_named(
    seed: int, traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(seed), model()
    assert judge(acme, tenant.usual(BASELINE)) == []
    attack = tenant.harvest(PATIENCE)
    created, *later = judge(acme, attack)
    assert created.activity is Activity.CREATE
    assert Activity.CREATE not in [finding.activity for finding in later]
    (opening,) = [x for x in attack if episode_uid("acme", x.id) == created.uid]
    assert created.time == opening.time
    assert created.start_time <= created.time
    assert created.evidence >= created.threshold


def test_a_finding_dates_and_counts_the_attack_and_not_the_past(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(1), model()
    judge(acme, tenant.usual(BASELINE))
    attack = tenant.harvest(PATIENCE)
    created = judge(acme, attack)[0]
    assert created.start_time >= attack[0].time - 12 * tenant.hour_ms
    assert created.count <= PATIENCE + 200


@pytest.mark.parametrize("seed", [4, 5, 6, 8])
def test_a_steady_tenant_is_left_alone(
    seed: int, traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    acme = model()
    assert judge(acme, traffic(seed).usual(4_000)) == []
    assert acme.episode.state in (State.NORMAL, State.SUSPICIOUS)


def test_a_quarter_of_strange_requests_is_found(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(8), model()
    assert judge(acme, tenant.usual(BASELINE)) == []
    mixed = [x for _ in range(PATIENCE) for x in (*tenant.usual(3), *tenant.harvest(1))]
    assert Activity.CREATE in [finding.activity for finding in judge(acme, mixed)]


@pytest.mark.parametrize("seed", [9, 10])
def test_a_burst_of_the_usual_is_no_alert(
    seed: int, traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(seed), model()
    judge(acme, tenant.usual(BASELINE))
    minute = tenant.minute_ms
    burst = tenant.usual(2_000, gap_ms=4 * minute // 50)
    assert judge(acme, burst) == []
    rate = acme.readings["rate"]
    assert rate.observed > 5 * rate.expected


def test_a_finding_is_complete(traffic: Callable[..., Any], judge: Callable[..., list[Finding]]) -> None:
    tenant, acme = traffic(11), model()
    judge(acme, tenant.usual(BASELINE))
    (created, *_) = judge(acme, tenant.harvest(PATIENCE))
    assert created.tenant == "acme"
    assert created.severity is Severity.MEDIUM
    assert 50 <= created.risk_score <= 100
    assert 0 <= created.confidence_score <= 100
    assert created.budget_days == DEFAULT.budget_days
    assert created.config_digest == DEFAULT.digest()
    assert created.content_seen
    assert 0 < created.count <= acme.events
    assert {reading.name for reading in created.signals} >= {
        "novelty",
        "topic entropy",
        "request shape",
        "habits",
        "rate",
        "slot novelty",
        "vocabulary growth",
    }
    assert all(isfinite(reading.observed) and isfinite(reading.expected) for reading in created.signals)
    ranked = [reading for reading in created.signals if reading.name != "rate"]
    assert all(earlier.evidence >= later.evidence for earlier, later in pairwise(ranked))
    assert created.signals[0].observed > created.signals[0].expected


def test_a_finding_names_requests_of_the_attack_and_their_places(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(12), model()
    judge(acme, tenant.usual(BASELINE))
    attack = tenant.harvest(PATIENCE)
    (created, *_) = judge(acme, attack)
    places = {x.id: x.origin for x in attack}
    named = [request for request in created.requests if request.request_id in places]
    assert len(named) >= len(created.requests) / 2 > 0
    assert all(places[request.request_id].offset == request.offset for request in named)


def test_an_attack_that_ends_is_closed_once_with_the_same_uid(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(13), model(CLOSED_SOON)
    judge(acme, tenant.usual(BASELINE))
    attack = judge(acme, tenant.harvest(PATIENCE))
    tenant.now += 9 * tenant.hour_ms
    (closed,) = judge(acme, tenant.usual(300))
    assert closed.activity is Activity.CLOSE
    assert {finding.uid for finding in attack} == {closed.uid}
    assert closed.time > attack[-1].time
    assert acme.episode.state in (State.NORMAL, State.SUSPICIOUS)
    assert acme.evidence < closed.threshold


def test_an_episode_closes_though_the_tenant_goes_on_as_usual(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(13), model(CLOSED_SOON)
    judge(acme, tenant.usual(BASELINE) + tenant.harvest(PATIENCE))
    assert [finding.activity for finding in judge(acme, tenant.usual(1_000))] == [Activity.CLOSE]


def test_a_close_does_not_depend_on_when_it_is_noticed(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(14), model()
    judge(acme, tenant.usual(BASELINE) + tenant.harvest(PATIENCE))
    stated = []
    for wait in (DEFAULT.quiet_hours + 1, 30, 500):
        copy = model()
        copy.load(acme.dump())
        assert copy.expire(acme.time + tenant.hour_ms) == []
        (closed,) = copy.expire(acme.time + int(wait * tenant.hour_ms))
        stated.append(closed)
    assert stated[0] == stated[1] == stated[2]


def test_two_attacks_are_two_episodes(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(15), model(CLOSED_SOON)
    judge(acme, tenant.usual(BASELINE))
    first = judge(acme, tenant.harvest(PATIENCE))
    tenant.now += 9 * tenant.hour_ms
    first += judge(acme, tenant.usual(300))
    second = judge(acme, tenant.harvest(2 * PATIENCE))
    assert first[-1].activity is Activity.CLOSE
    assert second[0].activity is Activity.CREATE
    assert second[0].uid != first[0].uid


def test_a_warning_needs_a_known_tenant(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(16), model()
    assert judge(acme, tenant.harvest(DEFAULT.warmup_requests - 1)) == []
    assert acme.episode.state is State.WARMING


def test_an_open_episode_teaches_the_baseline_nothing(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(17), model()
    judge(acme, tenant.usual(BASELINE) + tenant.harvest(PATIENCE))
    baseline = ("codes", "scores", "shape", "topics_mean", "slots_new")
    before = {name: acme.state[name].copy() for name in baseline}
    judge(acme, tenant.harvest(300))
    assert not acme.episode.learning
    assert all((acme.state[name] == before[name]).all() for name in baseline)


def test_a_tenant_without_content_is_judged_on_metadata_and_says_so(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(18), model()
    assert judge(acme, tenant.metadata(BASELINE)) == []
    strange = tenant.metadata(2 * PATIENCE, output_tokens=4000, max_tokens=4096, finish=2, temperature=1.0)
    created = judge(acme, strange)[0]
    assert created.activity is Activity.CREATE
    assert not created.content_seen
    assert created.signals[0].name == "request shape"


def test_a_steady_tenant_without_content_is_left_alone(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    assert judge(model(), traffic(19).metadata(3_000)) == []


def test_a_tenant_with_hardly_any_content_is_judged_on_metadata(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(18), model()
    judge(acme, tenant.usual(1) + tenant.metadata(BASELINE))
    strange = tenant.metadata(2 * PATIENCE, output_tokens=4000, max_tokens=4096, finish=2, temperature=1.0)
    assert Activity.CREATE in [finding.activity for finding in judge(acme, strange)]


def test_a_logit_bias_sweep_of_a_known_tenant_is_found_within_15_probes(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(20), model()
    judge(acme, tenant.usual(BASELINE))
    (prompt,) = tenant.usual(1, logprobs=1, top_logprobs=5, output_tokens=1)
    probes = [
        replace(prompt, id=f"probe-{n}", time=prompt.time + 1000 * n, logit_bias_size=n + 1)
        for n in range(15)
    ]
    created = judge(acme, probes)[0]
    assert created.activity is Activity.CREATE
    assert "logit-bias sweep" in [reading.name for reading in created.signals]


def test_flags_of_other_systems_raise_the_evidence(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    plain, flagged = model(), model()
    tenant = traffic(21)
    for acme in (plain, flagged):
        judge(acme, traffic(21).usual(BASELINE))
    tenant.usual(BASELINE)
    usual = tenant.usual(200)
    assert judge(plain, usual) == []
    findings = judge(flagged, [replace(x, flags=1) for x in usual])
    assert findings[0].activity is Activity.CREATE
    assert {request.request_id for request in findings[0].requests} <= {x.id for x in usual}


def test_flags_can_be_left_without_weight(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    acme = model(DetectorConfig(flag_strength=1))
    tenant = traffic(22)
    judge(acme, tenant.usual(BASELINE))
    assert judge(acme, tenant.usual(100, flags=1)) == []


def test_a_late_event_is_counted_and_never_moves_time_back(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(23), model()
    judge(acme, tenant.usual(300))
    newest = acme.time
    late = [replace(x, time=newest - 90 * tenant.hour_ms) for x in tenant.usual(20)]
    judge(acme, late)
    assert acme.late == 20
    assert acme.time == newest
    assert acme.events == 320


def test_findings_never_go_back_in_time(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(24), model(DetectorConfig(update_minutes=5, quiet_hours=1, least_threshold=100))
    requests = tenant.usual(900) + tenant.harvest(200) + tenant.usual(100, gap_ms=tenant.hour_ms)
    jumbled = [replace(x, time=x.time - (n % 7) * 40 * tenant.minute_ms) for n, x in enumerate(requests)]
    said = judge(acme, jumbled)
    assert [finding.activity for finding in said][:1] == [Activity.CREATE]
    assert all(earlier.time <= later.time for earlier, later in pairwise(said))
    assert all(finding.start_time <= finding.time for finding in said)


def test_an_event_of_the_far_future_is_survived(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(25), model()
    judge(acme, tenant.usual(600))
    judge(acme, [replace(tenant.usual(1)[0], time=4_102_444_799_999)])
    assert judge(acme, tenant.usual(600)) == []
    assert acme.late == 600
    assert len(acme.dump()) < 64 * 1024


def test_a_late_event_is_not_the_start_of_an_attack(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    tenant, acme = traffic(26), model()
    judge(acme, tenant.usual(BASELINE))
    attack = tenant.harvest(PATIENCE)
    late = [
        replace(x, time=x.time - 1_000 * tenant.hour_ms) if n % 3 == 0 else x for n, x in enumerate(attack)
    ]
    created = judge(acme, late)[0]
    assert created.start_time >= attack[0].time - 24 * tenant.hour_ms


def test_the_threshold_keeps_the_budget_of_blocks(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    """Twice the days or twice the requests a day are twice the blocks until a false alarm."""
    tenant = traffic(27)
    once, twice, often = model(), model(DetectorConfig(budget_days=180)), model()
    requests = tenant.usual(2_000)
    for acme in (once, twice):
        judge(acme, requests)
    judge(often, traffic(27).usual(4_000, gap_ms=2 * tenant.minute_ms))
    assert twice.threshold == pytest.approx(2 * once.threshold)
    assert often.threshold == pytest.approx(2 * once.threshold, rel=0.5)
    assert once.requests_a_day == pytest.approx(2_000 / ((requests[-1].time - requests[0].time) / 86_400_000))


def test_a_tenant_that_asks_little_keeps_a_least_threshold(
    traffic: Callable[..., Any], judge: Callable[..., list[Finding]]
) -> None:
    acme = model()
    judge(acme, traffic(28).usual(50, gap_ms=8 * 3_600_000))
    assert acme.threshold == DEFAULT.least_threshold
