"""What was said of a member alone is said again with its campaign."""

from __future__ import annotations

from models.campaign.campaigns import LATEST_MS, Campaigns
from models.finding import Activity, Finding
from models.population.newcomers import BATCH_MS
from tests.models.campaign.fleet import (
    CONFIG,
    DAY_MS,
    END,
    HOUR_MS,
    LATER,
    accounts,
    again,
    background,
    episode,
    joining,
    opened,
    stated,
    told,
)

THIEVES = accounts(40)
WHEN = LATER + 40 * HOUR_MS
"""A time at which the campaign is open and has named nearly all."""


def with_notes(*notes: Finding, until: int = END) -> tuple[str, list[Finding]]:
    """Return the campaign's name, and what is said again of single tenants."""
    campaigns = Campaigns(CONFIG)
    for one in notes:
        campaigns.note(one)
    said = told(campaigns, [*background(), *joining(THIEVES)], until)
    return opened(said)[0].uid, again(said)


def test_an_episode_before_its_tenant_is_named_is_said_again_when_it_is() -> None:
    note = episode("thief-3", LATER)
    uid, (said,) = with_notes(note)
    assert (said.activity, said.campaign, said.uid) == (Activity.UPDATE, uid, note.uid)
    assert said.time > LATER + HOUR_MS
    assert said.time % BATCH_MS == 0


def test_an_episode_after_its_tenant_was_named_is_said_again_at_once() -> None:
    uid, (said,) = with_notes(episode("thief-3", WHEN))
    assert (said.campaign, said.time) == (uid, WHEN - WHEN % BATCH_MS + BATCH_MS)


def test_each_statement_of_an_episode_is_said_again_until_it_closes() -> None:
    notes = [
        episode("thief-3", WHEN),
        episode("thief-3", WHEN + HOUR_MS, Activity.UPDATE, evidence=5000.0),
        episode("thief-3", WHEN + 2 * HOUR_MS, Activity.CLOSE),
    ]
    _, said = with_notes(*notes)
    assert [(one.activity, one.evidence) for one in said] == [
        (Activity.UPDATE, 2000.0),
        (Activity.UPDATE, 5000.0),
    ]


def test_an_episode_that_closed_before_its_tenant_was_named_is_not_said_again() -> None:
    assert with_notes(episode("thief-3", LATER), episode("thief-3", LATER + 5, Activity.CLOSE))[1] == []


def test_nothing_is_said_again_of_those_who_take_no_part_nor_when_the_campaign_is_over() -> None:
    assert with_notes(episode("old-1-1", WHEN))[1] == []
    assert with_notes(episode("thief-3", END + HOUR_MS), until=END + DAY_MS)[1] == []


def test_what_names_a_campaign_already_is_no_note() -> None:
    assert with_notes(episode("thief-3", WHEN, campaign="c" * 36))[1] == []


def test_a_note_that_comes_again_changes_nothing() -> None:
    campaigns, notes = (
        Campaigns(CONFIG),
        [episode("thief-3", WHEN), episode("thief-3", WHEN + 9, Activity.UPDATE)],
    )
    for one in notes * 2:
        campaigns.note(one)
    said = again(told(campaigns, [*background(), *joining(THIEVES)], WHEN + HOUR_MS))
    assert len(said) == 1
    before = campaigns.dump()
    for one in notes:
        campaigns.note(one)
    assert campaigns.dump() == before
    assert again(campaigns.close(WHEN + 2 * HOUR_MS)) == []


def test_notes_of_weeks_ago_are_not_kept() -> None:
    campaigns = Campaigns(CONFIG)
    campaigns.close(WHEN + LATEST_MS + HOUR_MS)
    before = campaigns.dump()
    campaigns.note(episode("thief-3", WHEN))
    assert campaigns.dump() == before


def test_who_was_named_is_known_by_time_until_the_campaign_ends() -> None:
    campaigns = Campaigns(CONFIG)
    said = stated(told(campaigns, [*background(), *joining(THIEVES)], WHEN))
    for one in said:
        for member in one.members:
            assert campaigns.named_before(member.tenant, one.time)
            assert not campaigns.named_before(member.tenant, one.time - 1)
    assert not campaigns.named_before("old-1-1", END)
    campaigns.close(END)
    assert not campaigns.named_before("thief-3", END)
