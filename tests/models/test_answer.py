"""What becomes of an episode that an analyst has answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from models.config import DetectorConfig
from models.control.records import Change, Verdict
from models.episode import State
from models.finding import Activity, Finding
from models.fleet import Fleet
from models.steering import Steering
from models.tenant import TenantModel
from tests.models.control.changes import HOUR, control, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.sketch import Sketch

CONFIG = DetectorConfig()
BASELINE = 1_500
EVERY = [found.value for found in Verdict]


def apply(fleet: Fleet, requests: Sequence[Sketch]) -> list[Finding]:
    """Judge requests in order."""
    return [finding for x in requests for finding in fleet.apply(x, x.origin.offset)]


def creates(findings: list[Finding]) -> list[Finding]:
    """The openings among findings."""
    return [finding for finding in findings if finding.activity is Activity.CREATE]


class Desk:
    """A fleet whose one tenant has launched a product of which the detector thinks ill."""

    def __init__(self, traffic: Callable[..., Any], seed: int = 1) -> None:
        self._traffic, self._seed = traffic, seed
        self.steering = Steering(CONFIG)
        self.begin_anew()
        assert apply(self.fleet, self.acme.usual(BASELINE)) == []
        (self.opened,) = creates(apply(self.fleet, self.launched(60)))

    def begin_anew(self) -> None:
        """Have nothing judged yet; what was changed stays."""
        self.acme, self.product = self._traffic(self._seed), self._traffic(self._seed + 100)
        self.store: dict[str, bytes | None] = {}
        self.fleet = Fleet(CONFIG, self.store.get, steering=self.steering)
        self._offset = BASELINE + 1

    def launched(self, count: int) -> list[Sketch]:
        """Requests of the old and the new product in turn."""
        self.product.now = self.acme.now = max(self.acme.now, self.product.now)
        both = [x for _ in range(count // 2) for x in (*self.acme.usual(1), *self.product.usual(1))]
        self.product.number = self.acme.number = max(self.acme.number, self.product.number)
        return self.in_order(both)

    def in_order(self, requests: list[Sketch]) -> list[Sketch]:
        """Give requests offsets that rise."""
        first = self._offset
        self._offset += len(requests)
        return [
            replace(x, id=f"p{first + number}", origin=replace(x.origin, offset=first + number))
            for number, x in enumerate(requests)
        ]

    def answer(self, what: str, time: int | None = None) -> list[Finding]:
        """Give the verdict."""
        given = self.given(what, time)
        self.steering.follow(control(given))
        return self.fleet.answer("acme")

    def given(self, what: str, time: int | None = None) -> Change:
        """The verdict as a change."""
        return verdict(self.opened.uid, what, time=self.tenant.time + HOUR if time is None else time)

    @property
    def tenant(self) -> TenantModel:
        """The tenant's model."""
        return self.fleet.tenants["acme"]


@pytest.fixture
def desk(traffic: Callable[..., Any]) -> Desk:
    """An open episode."""
    return Desk(traffic)


@pytest.mark.parametrize("what", EVERY)
def test_a_verdict_closes_the_episode_at_its_own_time_and_spends_the_evidence(desk: Desk, what: str) -> None:
    (closed,) = desk.answer(what)
    assert (closed.uid, closed.activity) == (desk.opened.uid, Activity.CLOSE)
    assert closed.time == desk.tenant.time + HOUR
    assert desk.tenant.evidence == 0
    assert desk.tenant.episode.state is not State.ALERTING


def test_a_close_is_never_earlier_than_what_was_said(desk: Desk) -> None:
    (closed,) = desk.answer("benign", desk.opened.time - HOUR)
    assert closed.time >= desk.opened.time


@pytest.mark.parametrize("what", EVERY)
def test_a_verdict_is_not_about_an_episode_of_the_same_name_that_opened_later(desk: Desk, what: str) -> None:
    before = desk.tenant.dump()
    assert desk.answer(what, desk.opened.time - HOUR - 1) == []
    assert desk.tenant.dump() == before
    assert len(desk.answer(what, desk.opened.time - HOUR)) == 1


@pytest.mark.parametrize("what", EVERY)
def test_a_verdict_that_comes_again_says_nothing(desk: Desk, what: str) -> None:
    assert len(desk.answer(what)) == 1
    assert desk.answer(what) == []


def test_a_verdict_on_another_finding_or_on_none_changes_nothing(desk: Desk) -> None:
    before = desk.tenant.dump()
    desk.steering.follow(control(verdict("another", "benign")))
    assert desk.fleet.answer("acme") == []
    assert desk.fleet.answer("nobody") == []
    assert desk.tenant.dump() == before


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("what", ["false_positive", "benign"])
def test_what_is_released_learns_what_the_tenant_does_now_and_finds_a_harvest_still(
    traffic: Callable[..., Any], what: str, seed: int
) -> None:
    desk = Desk(traffic, seed)
    desk.answer(what)
    assert desk.tenant.episode.state is State.WARMING
    assert creates(apply(desk.fleet, desk.launched(2_000))) == []
    assert desk.tenant.episode.state in {State.NORMAL, State.SUSPICIOUS}
    desk.acme.now = desk.product.now
    assert len(creates(apply(desk.fleet, desk.in_order(desk.acme.harvest(150))))) == 1


def test_a_true_positive_keeps_out_what_was_seen_and_alerts_again_after_the_cooldown(desk: Desk) -> None:
    scores = desk.tenant.state["scores"].copy()
    desk.answer("true_positive")
    assert desk.tenant.episode.state is State.COOLING
    assert (desk.tenant.state["scores"] == scores).all()
    assert len(creates(apply(desk.fleet, desk.launched(400)))) == 1


def test_a_test_leaves_the_baseline_as_it_was(desk: Desk) -> None:
    scores = desk.tenant.state["scores"].copy()
    desk.answer("test")
    assert desk.tenant.episode.state is State.NORMAL
    assert (desk.tenant.state["scores"] == scores).all()


@pytest.mark.parametrize("what", EVERY)
def test_a_tenant_that_is_restored_meets_the_verdict_that_came_meanwhile(desk: Desk, what: str) -> None:
    desk.store.update(desk.fleet.changed())
    given = desk.given(what)
    live = desk.answer(what)
    desk.steering.follow(control(given))
    again = Fleet(CONFIG, desk.store.get, steering=desk.steering)
    assert again.answer("acme") == live
    assert again.answer("acme") == []
    assert again.tenants["acme"].dump() == desk.tenant.dump()
    assert dict(again.changed()).keys() == {"acme"}


def test_a_restored_tenant_is_answered_before_its_next_request_is_judged(desk: Desk) -> None:
    desk.store.update(desk.fleet.changed())
    desk.steering.follow(control(desk.given("benign")))
    again = Fleet(CONFIG, desk.store.get, steering=desk.steering)
    said = apply(again, desk.launched(2))
    assert [finding.activity for finding in said] == [Activity.CLOSE]
    assert again.tenants["acme"].episode.state is State.WARMING


def test_an_episode_that_is_said_anew_after_its_verdict_is_closed_at_once(desk: Desk) -> None:
    (closed,) = desk.answer("benign")
    desk.begin_anew()
    assert apply(desk.fleet, desk.acme.usual(BASELINE)) == []
    said = apply(desk.fleet, desk.launched(60))
    assert [finding.activity for finding in said[:2]] == [Activity.CREATE, Activity.CLOSE]
    assert {finding.uid for finding in said} == {desk.opened.uid}
    assert said[1].time == closed.time
