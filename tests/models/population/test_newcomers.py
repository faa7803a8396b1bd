from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.config import DetectorConfig
from models.errors import SnapshotError
from models.finding import Activity, Finding
from models.population.newcomers import BATCH_MS, LATEST_MS, LEAST_INTERVALS, LEAST_PEERS, QUIET_MS, Newcomers
from models.population.profile import EarlyProfile
from models.population.statement import rarest
from tests.models.population.crowd import DAY_MS, HOUR_MS, MINUTE_MS, START_MS, harvest, ordinary, profile

CONFIG = DetectorConfig()
LATER = START_MS + DAY_MS + 6 * HOUR_MS
PEERS = ordinary(110)
"""Four an hour from the start on, a day and more of them before `LATER`."""


def told(
    newcomers: Newcomers, profiles: Iterable[EarlyProfile], until: int = LATER + DAY_MS // 2
) -> list[Finding]:
    """Add profiles and close the batches."""
    for one in profiles:
        newcomers.add(one)
    return newcomers.close(until)


def after_a_day() -> Newcomers:
    """Return newcomers with a ripe baseline."""
    newcomers = Newcomers(CONFIG)
    assert told(newcomers, PEERS, LATER - HOUR_MS) == []
    assert newcomers.ready
    return newcomers


def test_a_newcomer_unlike_its_peers_is_accused_at_the_end_of_its_batch() -> None:
    newcomers = after_a_day()
    (found,) = told(newcomers, [harvest("thief", LATER + MINUTE_MS), *ordinary(3, LATER, seed=4)])
    assert (found.activity, found.tenant, found.count) == (Activity.CREATE, "thief", 50)
    assert found.time == LATER - LATER % BATCH_MS + BATCH_MS
    assert found.start_time == LATER + MINUTE_MS - 2 * HOUR_MS
    assert found.evidence >= found.threshold == rarest(CONFIG)
    assert found.population
    assert [reading.name for reading in found.signals][:2] == ["newcomer", "tokens beside the prompt"]
    assert found.requests == (harvest("thief", LATER + MINUTE_MS).request,)
    assert newcomers.accused == 1


def test_a_batch_is_not_judged_before_it_is_over() -> None:
    newcomers = after_a_day()
    border = LATER - LATER % BATCH_MS + BATCH_MS
    assert told(newcomers, [harvest("thief", LATER)], border - 1) == []
    assert [found.tenant for found in newcomers.close(border)] == ["thief"]


def test_the_version_names_the_baseline_that_judged() -> None:
    newcomers = after_a_day()
    newcomers.close(LATER)
    version = newcomers.version
    (found,) = told(newcomers, [harvest("thief", LATER)])
    assert found.population == version
    assert newcomers.version != version
    assert version.startswith("2026-03-05T06:00Z-")


def test_the_version_does_not_depend_on_when_empty_batches_were_closed() -> None:
    newcomers = after_a_day()
    (found,) = told(newcomers, [harvest("thief", LATER)])
    assert found.population.startswith("2026-03-05T06:00Z-")


def mixed() -> list[EarlyProfile]:
    """Return ordinary tenants of many ages, some that harvest, and one that goes on with it."""
    crowd = [*ordinary(200), *(replace(one, age=75) for one in ordinary(180, START_MS + HOUR_MS))]
    hostile = [harvest(f"thief-{number}", LATER + number * 47 * MINUTE_MS) for number in range(8)]
    grown = [harvest("thief-1", LATER + 3 * HOUR_MS, age=75, answers=9.0)]
    return [*crowd, *hostile, *grown]


@pytest.mark.parametrize("seed", range(6))
def test_what_is_said_does_not_depend_on_the_order_of_arrival(seed: int) -> None:
    profiles, end = mixed(), START_MS + 5 * DAY_MS
    at_once = Newcomers(CONFIG)
    expected = told(at_once, profiles, end)
    assert len(expected) > 10

    chance, newcomers, findings = random.Random(seed), Newcomers(CONFIG), []
    chance.shuffle(profiles)
    times = sorted(chance.randrange(START_MS, end) for _ in range(20))
    for until in [*times, end]:
        border = until - until % BATCH_MS
        findings += told(newcomers, [one for one in profiles if one.time < border], until)
        profiles = [one for one in profiles if one.time >= border]
    assert findings == expected
    assert newcomers.dump() == at_once.dump()


def test_a_profile_that_comes_again_changes_nothing() -> None:
    once, twice = Newcomers(CONFIG), Newcomers(CONFIG)
    profiles = mixed()
    expected = told(once, profiles)
    found = told(twice, [one for one in profiles for _ in range(2)])
    found += told(twice, profiles)
    assert found == expected
    assert twice.dump() == once.dump()


def test_a_late_profile_is_judged_in_the_next_batch() -> None:
    newcomers = after_a_day()
    newcomers.close(LATER)
    (found,) = told(newcomers, [harvest("thief", LATER - 2 * HOUR_MS)])
    assert found.time == LATER - LATER % BATCH_MS + BATCH_MS
    assert newcomers.late == 0


def test_a_profile_of_weeks_ago_is_counted_and_not_judged() -> None:
    newcomers = after_a_day()
    newcomers.close(LATER)
    assert told(newcomers, [harvest("thief", LATER - LATEST_MS - BATCH_MS)]) == []
    assert newcomers.late == 1


def test_more_profiles_than_may_wait_are_counted_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.population.newcomers.MOST_PENDING", 3)
    newcomers = Newcomers(CONFIG)
    for one in (*PEERS[:5], *PEERS[:2]):
        newcomers.add(one)
    assert newcomers.late == 2
    newcomers.close(LATER)
    assert newcomers.peers == 3


def test_of_too_many_accused_the_first_is_closed_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.population.newcomers.MOST_ACCUSED", 2)
    newcomers = after_a_day()
    thieves = [harvest(f"thief-{number}", LATER + number * BATCH_MS) for number in range(3)]
    findings = told(newcomers, thieves)
    assert [(one.activity, one.tenant) for one in findings] == [
        (Activity.CREATE, "thief-0"),
        (Activity.CREATE, "thief-1"),
        (Activity.CREATE, "thief-2"),
        (Activity.CLOSE, "thief-0"),
    ]
    again = Newcomers(CONFIG)
    again.load(newcomers.dump())
    assert again.accused == 2


def accused(newcomers: Newcomers, *profiles: EarlyProfile) -> bool:
    return bool(told(newcomers, profiles))


def test_nobody_is_accused_in_the_first_day_of_the_baseline() -> None:
    crowd = ordinary(100, apart=10 * MINUTE_MS)
    assert not accused(Newcomers(CONFIG), *crowd, harvest("thief", START_MS + DAY_MS - 1))
    assert accused(Newcomers(CONFIG), *crowd, harvest("thief", START_MS + DAY_MS))


def test_nobody_is_accused_among_too_few_peers() -> None:
    for count, expected in ((LEAST_PEERS - 1, False), (LEAST_PEERS, True)):
        assert accused(Newcomers(CONFIG), *ordinary(count), harvest("thief", LATER)) is expected


def test_peers_are_those_of_the_same_age() -> None:
    assert not accused(after_a_day(), harvest("thief", LATER, age=75))


def test_what_took_a_few_minutes_is_a_batch_and_not_accused() -> None:
    for count, expected in ((LEAST_INTERVALS - 1, False), (LEAST_INTERVALS, True)):
        assert accused(after_a_day(), harvest("thief", LATER, intervals=count)) is expected


def test_a_batch_is_no_peer_of_those_that_go_on() -> None:
    batches = [replace(one, intervals=LEAST_INTERVALS - 1) for one in PEERS]
    assert not accused(Newcomers(CONFIG), *batches, harvest("thief", LATER))


def test_who_converses_is_not_accused() -> None:
    for share, expected in ((0.89, False), (0.9, True)):
        assert accused(after_a_day(), harvest("thief", LATER, first_turns=share)) is expected


def test_who_asks_again_is_not_accused() -> None:
    for share, expected in ((0.94, False), (0.95, True)):
        assert accused(after_a_day(), harvest("thief", LATER, new_prompts=share)) is expected


def test_an_episode_is_updated_where_an_older_age_says_more() -> None:
    newcomers = after_a_day()
    older = [replace(one, age=75) for one in PEERS]
    newcomers.load(newcomers.dump())
    told(newcomers, older, LATER)
    first = harvest("thief", LATER + MINUTE_MS, overhead=3.5, principals=0.3)
    (created,) = told(newcomers, [first], LATER + HOUR_MS)
    (updated,) = told(newcomers, [harvest("thief", LATER + 2 * HOUR_MS, age=75)], LATER + 3 * HOUR_MS)
    assert (updated.activity, updated.uid, updated.count) == (Activity.UPDATE, created.uid, 75)
    assert updated.evidence >= created.evidence * CONFIG.update_step
    assert updated.start_time == created.start_time + 2 * HOUR_MS - MINUTE_MS


def test_an_episode_closes_a_quiet_day_later_and_is_not_opened_again() -> None:
    newcomers = after_a_day()
    (created,) = told(newcomers, [harvest("thief", LATER)], LATER + HOUR_MS)
    assert newcomers.close(created.time + QUIET_MS - BATCH_MS) == []
    (closed,) = newcomers.close(created.time + 2 * QUIET_MS)
    assert (closed.activity, closed.uid) == (Activity.CLOSE, created.uid)
    assert closed.time == created.time + QUIET_MS
    again = harvest("thief", created.time + 2 * QUIET_MS + HOUR_MS, age=75)
    assert told(newcomers, [again], created.time + 4 * QUIET_MS) == []


def halves(profiles: Sequence[EarlyProfile], at: int) -> tuple[list[EarlyProfile], list[EarlyProfile]]:
    return [one for one in profiles if one.time < at], [one for one in profiles if one.time >= at]


@pytest.mark.parametrize("at", [LATER - 3, LATER + 2 * HOUR_MS + 7, LATER + 9 * HOUR_MS])
def test_a_state_that_is_written_and_read_goes_on_as_if_nothing_had_been(at: int) -> None:
    before, after = halves(mixed(), at)
    whole, first, second = Newcomers(CONFIG), Newcomers(CONFIG), Newcomers(CONFIG)
    end = START_MS + 5 * DAY_MS
    expected = told(whole, mixed(), end)
    found = told(first, before, at)
    second.load(first.dump())
    assert second.dump() == first.dump()
    assert (second.peers, second.accused) == (first.peers, first.accused)
    assert found + told(second, after, end) == expected
    assert second.version == whole.version


def small() -> bytes:
    """Return a state with a little of everything, with a profile that is not judged yet."""
    newcomers = Newcomers(CONFIG)
    told(newcomers, [*ordinary(60), harvest("thief", LATER)], LATER + HOUR_MS)
    newcomers.add(harvest("open", LATER + 2 * HOUR_MS))
    assert newcomers.accused == 1
    return newcomers.dump()


SMALL = small()


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_damaged_bytes_are_refused_or_a_state_that_works(data: st.DataObject) -> None:
    damaged = bytearray(SMALL)
    for place in data.draw(st.lists(st.integers(0, len(SMALL) - 1), max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))
    newcomers = Newcomers(CONFIG)
    try:
        newcomers.load(bytes(damaged[: data.draw(st.integers(0, len(SMALL)))]))
        newcomers.load(bytes(damaged))
    except SnapshotError:
        return
    for one in (*ordinary(5, LATER, seed=3), harvest("other", LATER)):
        newcomers.add(one)
    newcomers.close(LATER + 3 * DAY_MS)
    assert newcomers.version
    Newcomers(CONFIG).load(newcomers.dump())


def test_another_version_is_refused() -> None:
    with pytest.raises(SnapshotError, match="not a population baseline of version 1"):
        Newcomers(CONFIG).load(b"\x02" + SMALL[1:])


def test_every_tenant_is_accused_once_and_remembered() -> None:
    newcomers = after_a_day()
    found = told(newcomers, [harvest("thief", LATER), profile("shop", LATER + 1)], LATER + HOUR_MS)
    found += told(newcomers, [harvest("thief", LATER + 2 * HOUR_MS, age=100)], LATER + 3 * HOUR_MS)
    assert [one.tenant for one in found] == ["thief"]


def test_who_is_excused_at_the_end_of_its_batch_is_not_accused_anew() -> None:
    newcomers = after_a_day()
    newcomers.add(harvest("thief", LATER))
    newcomers.add(harvest("other", LATER))
    asked: list[tuple[str, int]] = []

    def excused(tenant: str, time: int) -> bool:
        asked.append((tenant, time))
        return tenant == "thief"

    border = LATER - LATER % BATCH_MS + BATCH_MS
    assert [found.tenant for found in newcomers.close(border, excused)] == ["other"]
    assert sorted(asked) == [("other", border), ("thief", border)]
    assert newcomers.accused == 1
    newcomers.add(harvest("other", border + MINUTE_MS, 75))
    asked.clear()
    newcomers.close(border + BATCH_MS, lambda *_: True)
    assert newcomers.accused == 1


def test_who_is_excused_is_no_peer_like_any_other() -> None:
    spared, accused = after_a_day(), after_a_day()
    for newcomers in (spared, accused):
        newcomers.add(harvest("thief", LATER))
    spared.close(LATER + BATCH_MS, lambda *_: True)
    accused.close(LATER + BATCH_MS)
    assert spared.version == accused.version


def test_the_next_batch_of_which_something_is_said_is_known() -> None:
    newcomers = after_a_day()
    assert newcomers.due is None
    newcomers.add(harvest("thief", LATER + HOUR_MS))
    border = LATER + HOUR_MS - (LATER + HOUR_MS) % BATCH_MS + BATCH_MS
    assert newcomers.due == border
    assert newcomers.close(border - BATCH_MS) == []
    assert len(newcomers.close(border)) == 1
    assert newcomers.due == border + QUIET_MS
    assert newcomers.close(border + QUIET_MS - 1) == []
    assert [found.activity for found in newcomers.close(border + QUIET_MS)] == [Activity.CLOSE]
    assert newcomers.due is None


def test_a_verdict_closes_the_episode_of_a_newcomer_who_is_not_accused_again() -> None:
    newcomers = after_a_day()
    (found,) = told(newcomers, [harvest("thief", LATER + MINUTE_MS)])
    assert newcomers.answer({found.uid: found.time - HOUR_MS - 1}) == []  # it opened later
    answered = found.time + 20 * DAY_MS
    (closed,) = newcomers.answer({found.uid: answered})
    assert (closed.uid, closed.activity, closed.time) == (found.uid, Activity.CLOSE, answered)
    assert newcomers.answer({found.uid: answered}) == []
    assert newcomers._open == set()
    again = Newcomers(CONFIG)
    again.load(newcomers.dump())
    assert again.answer({found.uid: answered}) == []
    assert told(newcomers, [harvest("thief", LATER + DAY_MS)], LATER + 3 * DAY_MS) == []
