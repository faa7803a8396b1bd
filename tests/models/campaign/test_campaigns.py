"""Which fleets hold a campaign, and what is said of it."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from models.campaign.campaigns import LATEST_MS, Campaigns
from models.campaign.config import CampaignConfig
from models.campaign.finding import MOST_NAMED, campaign_uid
from models.campaign.fingerprint import Fingerprint
from models.finding import Activity, Severity
from models.population.newcomers import BATCH_MS
from tests.models.campaign.fleet import (
    CONFIG,
    DAY_MS,
    END,
    HARVEST,
    HOUR_MS,
    LATER,
    START_MS,
    accounts,
    background,
    found,
    hashed,
    joining,
    named,
    opened,
    stated,
    told,
    use,
    uses,
)

THIEVES = accounts(40)


def test_the_background_is_no_campaign() -> None:
    for seed in range(3):
        assert told(Campaigns(CONFIG), background(seed=seed)) == []


def test_accounts_that_take_up_a_template_together_are_a_campaign() -> None:
    said = found(joining(THIEVES))
    (first,) = opened(said)
    assert first.members
    assert first.time % BATCH_MS == 0
    assert first.evidence >= first.threshold >= 1000.0
    assert LATER - 2 * HOUR_MS <= first.start_time <= LATER + 12 * HOUR_MS
    assert first.templates == (HARVEST,)
    assert first.uid in {campaign_uid(HARVEST, one.request.request_id) for one in joining(THIEVES)}
    assert first.disjoint > 0.9
    assert {reading.name for reading in first.signals} == {"pace", "new accounts", "shared network"}
    assert first.config_digest == CONFIG.digest()
    assert len(named(said)) >= 36
    assert set(named(said)) <= set(THIEVES)


def test_the_statements_of_a_campaign_have_one_name_and_name_nobody_twice() -> None:
    said = stated(found(joining(THIEVES)))
    assert len({one.uid for one in said}) == 1
    assert [one.activity for one in said] == [
        Activity.CREATE,
        *[Activity.UPDATE] * (len(said) - 2),
        Activity.CLOSE,
    ]
    assert len(named(said)) == len(set(named(said))) == said[-1].accounts
    assert all(one.members for one in said[1:-1])
    assert all(one.time < other.time for one, other in pairwise(said))
    assert said[-1].severity is Severity.HIGH


def test_a_member_is_told_by_its_own_use() -> None:
    said = found(joining(THIEVES, requests=16, started=LATER - 9 * DAY_MS))
    members = {member.tenant: member for one in stated(said) for member in one.members}
    for tenant, member in members.items():
        assert member.joined >= LATER
        assert member.started == LATER - 9 * DAY_MS
        assert 60 <= member.confidence <= 99
        assert member.share == member.count / 16
        assert tenant in THIEVES


def test_a_campaign_closes_when_it_was_quiet_for_days() -> None:
    prints = joining(THIEVES)
    said = stated(found(prints))
    assert said[-1].activity is Activity.CLOSE
    assert said[-1].time == max(one.time for one in prints) + int(CONFIG.quiet_days * DAY_MS)
    assert said[-1].members == ()
    sooner = stated(found(prints, config=CampaignConfig(quiet_days=0.5)))
    assert sooner[-1].time == max(one.time for one in prints) + DAY_MS // 2


def test_a_campaign_that_comes_again_has_another_name() -> None:
    config = CampaignConfig(quiet_days=0.5)
    second = joining(accounts(60, "later"), first=LATER + 4 * DAY_MS, a_day=200.0)
    said = told(Campaigns(config), [*background(9.0), *joining(THIEVES), *second], LATER + 8 * DAY_MS)
    first, again = opened(said)
    assert first.uid != again.uid
    assert set(named(said, first.uid)) <= set(THIEVES)
    assert set(named(said, again.uid)) <= set(accounts(60, "later"))


def test_a_course_is_no_campaign() -> None:
    chance = random.Random(3)
    exercises = [hashed("exercise", number) for number in range(60)]
    course = [
        replace(one, slots=tuple(sorted(chance.sample(exercises, len(one.slots)))))
        for one in joining(THIEVES)
    ]
    assert opened(found(course)) == []


def test_what_many_have_always_used_and_others_join_slowly_is_no_campaign() -> None:
    chance = random.Random(4)
    old = [
        one
        for tenant in accounts(30, "old")
        for one in uses(tenant, HARVEST, START_MS + chance.randrange(DAY_MS))
    ]
    assert opened(found([*old, *joining(accounts(12, "new"), a_day=3.0)])) == []


def test_fewer_than_the_least_accounts_are_no_campaign() -> None:
    prints = joining(accounts(20), a_day=200.0, network=77)
    assert opened(found(prints, config=CampaignConfig(least_accounts=12)))
    assert opened(found(prints, config=CampaignConfig(least_accounts=21))) == []


def test_new_accounts_on_one_network_are_found_sooner() -> None:
    apart = opened(found(joining(THIEVES)))[0]
    together = opened(found(joining(THIEVES, network=0xBAD)))[0]
    assert together.time < apart.time
    assert together.signals[0].name == "shared network"


def test_nothing_is_said_in_the_first_day() -> None:
    prints = joining(THIEVES, first=START_MS + HOUR_MS, a_day=60.0)
    assert max(one.joined for one in prints) < START_MS + DAY_MS
    assert found(prints) == []


def test_updates_name_at_most_so_many() -> None:
    crowd = accounts(2 * MOST_NAMED + 100)
    prints = [use(name, HARVEST, LATER + 7 * DAY_MS // 24 + number) for number, name in enumerate(crowd)]
    said = stated(found([*joining(accounts(9, "first"), a_day=40.0), *prints]))
    sizes = [len(one.members) for one in said]
    assert max(sizes) == MOST_NAMED
    assert len({(one.uid, one.activity, one.time) for one in said}) == len(said), "consumers drop repetitions"
    assert [one.time for one in said] == sorted(one.time for one in said)
    assert sum(sizes) == len(set(named(said))) >= len(crowd)
    assert said[-1].severity is Severity.CRITICAL


def test_those_who_wait_are_named_within_an_hour_though_nothing_more_is_seen_of_them() -> None:
    said = stated(found(joining(THIEVES, a_day=400.0)))
    last = said[-2]
    assert last.activity is Activity.UPDATE
    assert last.accounts == len(set(named(said)))
    assert last.time <= max(one.joined for one in joining(THIEVES, a_day=400.0)) + HOUR_MS + 2 * BATCH_MS


def test_fingerprints_of_weeks_ago_are_counted_and_not_judged() -> None:
    campaigns = Campaigns(CONFIG)
    told(campaigns, background(), LATER + LATEST_MS)
    before = campaigns.templates
    assert told(campaigns, [use("a", HARVEST, LATER - 1)], LATER + LATEST_MS + HOUR_MS) == []
    assert (campaigns.late, campaigns.templates) == (1, before)


def test_a_late_fingerprint_is_judged_in_the_next_batch() -> None:
    campaigns = Campaigns(CONFIG)
    told(campaigns, background(), LATER)
    campaigns.add(use("a", HARVEST, LATER - HOUR_MS))
    before = campaigns.templates
    campaigns.close(LATER + BATCH_MS)
    assert (campaigns.late, campaigns.templates) == (0, before + 1)


def test_more_fingerprints_than_may_wait_are_counted_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.campaign.campaigns.MOST_PENDING", 3)
    campaigns = Campaigns(CONFIG)
    prints = [use("a", template, LATER) for template in range(1, 6)]
    for one in (*prints, *prints[:2]):
        campaigns.add(one)
    assert campaigns.late == 2
    campaigns.close(END)
    assert campaigns.templates == 3


def test_templates_that_nobody_used_for_long_are_forgotten() -> None:
    campaigns = Campaigns(CampaignConfig(memory_days=2.0))
    campaigns.add(use("a", HARVEST, LATER))
    campaigns.add(use("b", 5, LATER + 2 * DAY_MS))
    campaigns.add(use("b", 6, LATER + 3 * DAY_MS))
    campaigns.close(END)
    assert campaigns.templates == 2


def test_accounts_without_prompts_are_no_campaign_and_do_no_harm() -> None:
    assert opened(found([replace(one, slots=()) for one in joining(THIEVES)])) == []


def counts(prints: list[Fingerprint], until: int) -> tuple[int, int, int]:
    campaigns = Campaigns(CONFIG)
    told(campaigns, [*background(), *prints], until)
    return campaigns.open, campaigns.members, campaigns.templates


def test_what_is_open_is_counted() -> None:
    prints = joining(THIEVES)
    assert counts(prints, LATER) == (0, 0, 40)
    number, members, templates = counts(prints, LATER + 2 * DAY_MS)
    assert (number, templates) == (1, 41)
    assert members >= 36
    assert counts(prints, END)[:2] == (0, 0)


def test_a_verdict_closes_a_campaign_at_its_own_time_and_lets_its_members_go() -> None:
    campaigns = Campaigns(CONFIG)
    said = told(
        campaigns, [*background(4.0, 3), *joining(accounts(16), a_day=100.0, network=7)], LATER + 6 * HOUR_MS
    )
    uid = said[0].uid
    member = next(iter(campaigns._named))
    assert campaigns.answer({"another": LATER + DAY_MS}) == []
    *_, closed = campaigns.answer({uid: LATER + DAY_MS})
    assert (closed.uid, closed.activity, closed.time) == (uid, Activity.CLOSE, LATER + DAY_MS)
    assert (campaigns.open, campaigns.members) == (0, 0)
    assert not campaigns.named_before(member, LATER + DAY_MS)
    assert campaigns.answer({uid: LATER + DAY_MS}) == []


def test_who_waits_when_a_verdict_comes_is_named_by_a_statement_of_its_own() -> None:
    campaigns = Campaigns(CONFIG)
    said = told(
        campaigns, [*background(4.0, 3), *joining(accounts(16), a_day=100.0, network=7)], LATER + 6 * HOUR_MS
    )
    assert said[-1].activity is Activity.UPDATE
    (campaign,) = campaigns._open.values()
    late, _ = campaign.named.popitem()
    campaign.waiting[late] = None
    closing = campaigns.answer({said[0].uid: said[0].time})
    assert [one.activity for one in closing] == [Activity.UPDATE, Activity.CLOSE]
    stated = [(one.uid, one.activity, one.time) for one in (*said, *closing)]
    assert len(set(stated)) == len(stated)
    assert closing[0].time == closing[1].time == said[-1].time + 1


def test_a_campaigns_close_is_never_earlier_than_what_was_said_of_it() -> None:
    campaigns = Campaigns(CONFIG)
    said = told(
        campaigns, [*background(4.0, 3), *joining(accounts(16), a_day=100.0, network=7)], LATER + 6 * HOUR_MS
    )
    assert campaigns.answer({said[0].uid: said[0].time - HOUR_MS - 1}) == []  # it opened later
    *_, closed = campaigns.answer({said[0].uid: said[0].time - HOUR_MS})
    assert closed.time >= max(one.time for one in said)
