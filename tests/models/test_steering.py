"""What operators change, and what it does to tenants by the event time of their requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.config import DetectorConfig
from models.control.signals import RULES, SWITCHES, TENANT_SIGNALS
from models.core.layout import BLANK
from models.core.streams import JOINT, NOVELTY, RATE, SHAPE, TOPICS
from models.finding import Activity, Finding
from models.fleet import Fleet
from models.readings import NAMES, silenced
from models.steering import ALWAYS, Steering
from models.weighting import settings_record
from tests.models.control.changes import HOUR, TIME, change, control

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.control.records import Change
    from models.sketch import Sketch

CONFIG = DetectorConfig()
BASELINE = 1_500
ATTACK = 150
DAY = 24 * HOUR


def window(name: str = "w", tenant: str = "acme", begins: int = TIME, until: int = TIME + HOUR) -> Change:
    """Planned load."""
    return change("window", name, tenant=tenant, purpose="load", **{"from": begins, "until": until})


def frozen(name: str = "f", tenant: str = "acme", begins: int = TIME, until: int = TIME + HOUR) -> Change:
    """A while without learning."""
    fields = {"reason": "red team", "actions": ["do_not_learn"], "from": begins, "until": until}
    return change("suppress", name, tenant=tenant, **fields)


def override(name: str = "o", tenant: str = "acme", begins: int = TIME, **fields: object) -> Change:
    """Settings of a tenant's own."""
    return change("override", name, tenant=tenant, **{"from": begins} | fields)


def steered(*changes: Change) -> Steering:
    """The settings under changes."""
    steering = Steering(CONFIG)
    steering.follow(control(*changes))
    return steering


def settings_at(steering: Steering, tenant: str, time: int) -> Any:
    """What holds for a tenant at an event time."""
    state = BLANK.copy()[0]
    state["rule"], state["time"] = steering.number_of(tenant), time
    return steering.at(state)


def fleet_of(*changes: Change) -> Fleet:
    """Tenants under changes."""
    return Fleet(CONFIG, lambda _: None, steering=steered(*changes))


def apply(fleet: Fleet, requests: Sequence[Sketch]) -> list[Finding]:
    """Judge requests that nobody else sent."""
    return [finding for x in requests for finding in fleet.apply(x, x.origin.offset)]


def dump(fleet: Fleet, tenant: str = "acme") -> bytes:
    """A tenant's state as bytes."""
    return fleet.tenants[tenant].dump()


@pytest.fixture
def usual(traffic: Callable[..., Any]) -> tuple[Any, list[Sketch]]:
    """A tenant and its past."""
    acme = traffic(1)
    return acme, acme.usual(BASELINE)


def test_a_tenant_without_a_rule_is_judged_by_the_settings() -> None:
    assert settings_at(steered(), "acme", TIME)["budget_days"] == CONFIG.budget_days
    other = steered(override(budget_days=5))
    assert settings_at(other, "globex", TIME)["budget_days"] == CONFIG.budget_days
    assert other.number_of("globex") == 0


@pytest.mark.parametrize(
    ("time", "weighs", "learns"), [(-1, 1, 1), (0, 0, 0), (HOUR - 1, 0, 0), (HOUR, 1, 1)]
)
def test_a_window_holds_from_its_begin_to_before_its_end(time: int, weighs: int, learns: int) -> None:
    found = settings_at(steered(window()), "acme", TIME + time)
    assert (found["weighs"], found["learns"]) == (weighs, learns)


def test_a_window_for_all_holds_for_those_with_and_without_a_rule_of_their_own() -> None:
    steering = steered(window(tenant="*"), override(budget_days=5))
    for tenant in ("acme", "globex"):
        assert settings_at(steering, tenant, TIME)["weighs"] == 0
        assert settings_at(steering, tenant, TIME + HOUR)["weighs"] == 1
    assert settings_at(steering, "acme", TIME + HOUR)["budget_days"] == 5
    assert settings_at(steering, "globex", TIME + HOUR)["budget_days"] == CONFIG.budget_days


def test_without_learning_a_tenant_is_weighed_all_the_same() -> None:
    found = settings_at(steered(frozen(tenant="ac*")), "acme", TIME)
    assert (found["weighs"], found["learns"]) == (1, 0)


def test_of_two_overrides_the_later_record_holds_where_it_holds_and_the_earlier_elsewhere() -> None:
    steering = steered(
        override("o1", budget_days=5),
        override("o2", begins=TIME + HOUR, budget_days=7, until=TIME + 2 * HOUR),
    )
    days = [settings_at(steering, "acme", TIME + hours * HOUR)["budget_days"] for hours in (-1, 0, 1, 2)]
    assert days == [CONFIG.budget_days, 5, 7, 5]


@pytest.mark.parametrize("off", SWITCHES)
def test_a_signal_that_is_off_counts_for_nothing(off: str) -> None:
    found = settings_at(steered(override(signals_off=[off])), "acme", TIME)
    assert silenced(found) == {off}
    assert found["weights"].sum() == pytest.approx(1)


def test_without_novelty_and_shape_there_is_no_joint_evidence() -> None:
    found = settings_at(steered(override(signals_off=["novelty", "request shape"])), "acme", TIME)
    assert found["weights"][[JOINT, SHAPE]].tolist() == [0, 0]
    assert found["weights"][TOPICS] > 0
    assert found["votes"][[NOVELTY, SHAPE, RATE]].tolist() == [0, 0, pytest.approx(0.1)]


def test_operators_call_the_signals_as_findings_do() -> None:
    assert {name: track for track, (name, _) in NAMES.items()} == TENANT_SIGNALS
    assert RULES == ("logit-bias sweep", "resampling")


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.sampled_from("wfo")), max_size=8),
    st.integers(-1, 41),
)
def test_chains_say_what_the_rules_say(spans: list[tuple[int, int, str]], at: int) -> None:
    makers: dict[str, Any] = {"w": window, "f": frozen}
    made = []
    for number, (begin, length, kind) in enumerate(spans):
        begins, until = TIME + begin * HOUR, TIME + (begin + length) * HOUR
        if kind == "o":
            made.append(override(f"n{number}", begins=begins, until=until, budget_days=number + 1))
        else:
            made.append(makers[kind](f"n{number}", begins=begins, until=until))
    found = settings_at(steered(*made), "acme", TIME + at * HOUR)
    here = [
        (number, kind) for number, (begin, length, kind) in enumerate(spans) if begin <= at < begin + length
    ]
    kinds = {kind for _, kind in here}
    budgets = [CONFIG.budget_days, *(number + 1 for number, kind in here if kind == "o")]
    assert found["weighs"] == ("w" not in kinds)
    assert found["learns"] == (not {"w", "f"} & kinds)
    assert found["budget_days"] == budgets[-1]


def test_many_rules_of_one_tenant_count_as_far_as_the_newest() -> None:
    made = [
        override(f"o{number}", begins=TIME + number * HOUR, until=TIME + (number + 1) * HOUR, budget_days=5)
        for number in range(300)
    ]
    steering = steered(*made)
    assert settings_at(steering, "acme", TIME)["budget_days"] == CONFIG.budget_days
    assert settings_at(steering, "acme", TIME + 299 * HOUR)["budget_days"] == 5


def test_of_many_rules_those_that_hold_still_count_though_they_are_old() -> None:
    nightly = [
        window(f"w{number}", "*", begins=TIME + number * HOUR, until=TIME + (number + 1) * HOUR)
        for number in range(400)
    ]
    steering = steered(override(budget_days=5), frozen(tenant="*", until=TIME + 1_000 * HOUR), *nightly)
    found = settings_at(steering, "acme", TIME + 500 * HOUR)
    assert (found["budget_days"], found["learns"]) == (5, 0)
    assert settings_at(steering, "globex", TIME + 500 * HOUR)["learns"] == 0


def test_settings_are_made_once_for_all_times_at_which_the_same_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []

    def counted(*given: Any) -> Any:
        made.append(given)
        return settings_record(*given)

    monkeypatch.setattr("models.steering.settings_record", counted)
    nightly = [
        window(f"w{number}", "*", begins=TIME + number * DAY, until=TIME + number * DAY + HOUR)
        for number in range(200)
    ]
    steering = steered(*nightly, override(budget_days=5))
    made.clear()
    steering.follow(control(*nightly, override(budget_days=6)))
    assert settings_at(steering, "acme", TIME + 100 * DAY + HOUR)["budget_days"] == 6
    assert len(made) <= 5


def test_the_same_rules_make_no_new_version() -> None:
    steering = steered(window())
    before = steering.version
    steering.follow(control(window(), change("sample", "s", tenant="acme")))
    assert steering.version == before
    steering.follow(control(window(), frozen()))
    assert steering.version > before


def test_rules_for_others_change_nothing(usual: tuple[Any, list[Sketch]]) -> None:
    _, past = usual
    rules = window(tenant="globex"), frozen(tenant="glo*"), override(tenant="x", budget_days=1)
    plain, ruled = fleet_of(), fleet_of(*rules)
    assert apply(plain, past) == apply(ruled, past)
    assert dump(plain) == dump(ruled)


def test_a_harvest_in_a_window_is_counted_and_not_weighed_nor_learned(
    usual: tuple[Any, list[Sketch]],
) -> None:
    acme, past = usual
    begin = acme.now
    load = acme.harvest(400, gap_ms=1_000)
    after = acme.usual(300)
    fleet, quiet = fleet_of(window(begins=begin, until=after[0].time)), fleet_of()
    assert apply(fleet, past) == apply(quiet, past) == []
    before = fleet.tenants["acme"]
    evidence = before.evidence
    codes = before.state["codes"].copy()
    scored = before.state["scored"].copy()
    assert apply(fleet, load) == []
    tenant = fleet.tenants["acme"]
    assert tenant.events == BASELINE + 400
    assert tenant.evidence == evidence
    assert np.array_equal(tenant.state["codes"], codes)
    assert np.array_equal(tenant.state["scored"], scored)
    assert apply(fleet, after) == []
    assert [finding.activity for finding in apply(quiet, load)][:1] == [Activity.CREATE]


def test_planned_load_leaves_rate_and_threshold_as_they_were(usual: tuple[Any, list[Sketch]]) -> None:
    acme, past = usual
    load = acme.harvest(400, gap_ms=HOUR)
    fleet = fleet_of(window(begins=load[0].time, until=load[-1].time + 1))
    apply(fleet, past)
    tenant = fleet.tenants["acme"]
    before = tenant.requests_a_day, tenant.threshold
    apply(fleet, load)
    assert (tenant.requests_a_day, tenant.threshold) == before


def test_after_a_window_a_harvest_is_found_as_ever(usual: tuple[Any, list[Sketch]]) -> None:
    acme, past = usual
    begin = acme.now
    load, attack = acme.harvest(400, gap_ms=1_000), acme.harvest(ATTACK)
    fleet = fleet_of(window(begins=begin, until=attack[0].time))
    apply(fleet, [*past, *load])
    assert [finding.activity for finding in apply(fleet, attack)][:1] == [Activity.CREATE]


def test_while_nothing_is_learned_the_baseline_stays_and_a_harvest_is_found(
    usual: tuple[Any, list[Sketch]],
) -> None:
    acme, past = usual
    begin, more = acme.now, acme.usual(200)
    attack = acme.harvest(ATTACK)
    fleet = fleet_of(frozen(begins=begin, until=begin + 30 * DAY))
    apply(fleet, past)
    scored = fleet.tenants["acme"].state["scored"].copy()
    apply(fleet, more)
    assert np.array_equal(fleet.tenants["acme"].state["scored"], scored)
    assert [finding.activity for finding in apply(fleet, attack)][:1] == [Activity.CREATE]


def test_a_budget_of_a_tenants_own_sets_its_threshold_and_stands_in_its_findings(
    usual: tuple[Any, list[Sketch]],
) -> None:
    acme, past = usual
    attack = acme.harvest(ATTACK)
    plain, ruled = fleet_of(), fleet_of(override(begins=TIME - DAY, budget_days=900))
    apply(plain, past)
    apply(ruled, past)
    assert ruled.tenants["acme"].threshold == pytest.approx(10 * plain.tenants["acme"].threshold)
    (created, *_) = apply(ruled, attack)
    assert created.budget_days == 900
    assert apply(plain, attack)[0].budget_days == CONFIG.budget_days


def test_a_signal_that_is_off_is_named_last(usual: tuple[Any, list[Sketch]]) -> None:
    acme, past = usual
    attack = acme.harvest(ATTACK)
    fleet, plain = fleet_of(override(begins=TIME - DAY, signals_off=["habits", "novelty"])), fleet_of()
    apply(fleet, past)
    apply(plain, past)
    created = next(finding for finding in apply(fleet, attack) if finding.activity is Activity.CREATE)
    ranked = [reading.name for reading in created.signals if reading.name in TENANT_SIGNALS]
    assert set(ranked[-2:]) == {"habits", "novelty"}


def test_rules_that_come_and_go_while_tenants_live_count_as_if_they_had_always_been_there(
    usual: tuple[Any, list[Sketch]],
) -> None:
    acme, past = usual
    begin = acme.now + 1
    load, after = acme.harvest(200, gap_ms=1_000), acme.usual(100)
    rule = window(begins=begin, until=after[0].time)
    early = fleet_of(rule)
    steering = Steering(CONFIG)
    late = Fleet(CONFIG, lambda _: None, steering=steering)
    apply(late, past)
    steering.follow(control(rule))
    late.steer()
    apply(early, past)
    for fleet in (early, late):
        assert apply(fleet, [*load, *after]) == []
    assert dump(early) == dump(late)
    steering.follow(control())
    late.steer()
    assert late.tenants["acme"].state["rule"] == 0


def test_rules_hold_for_a_tenant_that_is_restored_and_for_one_that_starts_anew(
    usual: tuple[Any, list[Sketch]],
) -> None:
    acme, past = usual
    begin, load = acme.now, acme.harvest(200, gap_ms=1_000)
    steering = steered(window(begins=begin, until=load[-1].time + 1))
    store: dict[str, bytes | None] = {}
    first = Fleet(CONFIG, store.get, steering=steering)
    apply(first, past)
    store.update(first.changed())
    second = Fleet(CONFIG, store.get, ttl_ms=DAY, steering=steering)
    assert apply(second, load) == []
    apply(first, load)
    assert dump(first) == dump(second)
    origin = replace(load[-1].origin, offset=10**6)
    back = replace(load[0], id="back", time=load[-1].time + 3 * DAY, origin=origin)
    number = second.tenants["acme"].state["rule"]
    apply(second, [back])
    assert second.tenants["acme"].events == 1
    assert second.tenants["acme"].state["rule"] == number > 0


def test_the_first_record_of_every_chain_has_always_held() -> None:
    records = steered(window(), window("w2", "*"), override(budget_days=3)).records
    assert (records["begins"] == ALWAYS).sum() >= 1
    assert records[0]["weighs"] == 1
