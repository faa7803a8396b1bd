"""The measurements of campaigns cast, simulate and count what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.detection.campaigns import __main__ as main
from bench.detection.campaigns import hiding, paraphrased, scale, sharers, stages, wordings
from bench.detection.campaigns.observed import Observed, _read, _records
from bench.detection.campaigns.replay import Outcome, replay
from bench.detection.campaigns.simulated import CAMPAIGN, RECORD, START_MS, UNFILLED, Size, records
from bench.detection.stage import DAY_S, Case, Stage, load
from bench.detection.worlds import evaluation_folder
from models.campaign.config import CampaignConfig
from models.campaign.fingerprint import Fingerprint
from models.config import DetectorConfig
from models.finding import RequestRef

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = evaluation_folder()
HOUR_MS = 3_600_000
needs_data = pytest.mark.skipif(
    FOLDER is None, reason="no evaluation worlds; name their folder by DISTILLWATCH_EVAL"
)
SMALL = Size(2000, days=2.0)


@pytest.fixture(scope="module")
def told() -> np.ndarray:
    return records(SMALL, seed=1)


@pytest.fixture(scope="module")
def stage() -> Stage:
    assert FOLDER is not None
    return Stage(FOLDER, 1, 3.0)


def fingerprint(tenant: str = "a", hour: int = 1, count: int = 4) -> Fingerprint:
    time = START_MS + hour * HOUR_MS
    where = RequestRef("r", "requests", 0, count, f"{7:016x}")
    moments = {"time": time, "started": START_MS, "since": START_MS, "joined": time}
    return Fingerprint(
        tenant,
        7,
        **moments,
        count=count,
        requests=9,
        slots=(1, 2),
        simhash=3,
        network=0,
        weak=0.5,
        request=where,
    )


@needs_data
def test_a_campaign_has_its_template_in_five_wordings_of_the_evaluations_own(stage: Stage) -> None:
    found = wordings.families(stage.module)
    assert [family[0] for family in found] == list(stage.module.TEMPLATES)
    for family in found:
        assert len({" ".join(wording.split()[:4]) for wording in family}) >= 4
        assert all(wording.count("{}") == 1 for wording in family)


@pytest.mark.parametrize(
    "texts", [wordings.PREAMBLES, wordings.EXAMPLES, wordings.TOOLS, wordings.TRENDS], ids=len
)
def test_what_sharers_write_has_one_slot(texts: tuple[str, ...]) -> None:
    assert all(text.count("{}") == 1 for text in texts)
    assert len(set(texts)) == len(texts)


@needs_data
def test_each_account_has_a_wording_or_each_request_draws_one(stage: Stage) -> None:
    words = tuple(f"wording {number}: {{}}" for number in range(5))
    for way, most in (("account", 1), ("request", 5)):
        plan = paraphrased.Plan("hydra-0", way, words, accounts=6, per_day=100.0)
        used = [{prompt[:9] for prompt in prompts(case)} for case in paraphrased.campaign(stage, plan)]
        assert max(map(len, used)) == most
        assert len(set().union(*used)) == 5


@needs_data
def test_no_two_accounts_of_a_campaign_ask_the_same(stage: Stage) -> None:
    plan = paraphrased.Plan("hydra-resold-0", "account", ("{}",), accounts=5, resold=True)
    cases = paraphrased.campaign(stage, plan)
    asked = [event["prompt"] for case in cases for _, event in case.attack]
    assert len(set(asked)) == len(asked) > 20
    assert all(next(case.benign) for case in cases)
    assert {case.notes["campaign"] for case in cases} == {"hydra-resold-0"}
    assert {case.group for case in cases} == {"hydra-resold"}


@needs_data
def test_sharers_share_a_template_and_never_attack(stage: Stage) -> None:
    cases = sharers.cast(stage, each=3, others=2)
    assert all(case.onset is None for case in cases)
    groups = [case.group for case in cases]
    assert {name: groups.count(name) for name in groups} == {
        "benign": 2,
        "library": 4 * 3,
        "sdk": 2 * 6,
        "tool": 2 * 3,
    }
    tool = [case for case in cases if case.group == "tool"][:3]
    assert len({prompts(case)[0][:100] for case in tool}) == 1


@needs_data
def test_who_tries_an_example_goes_its_own_way(stage: Stage) -> None:
    [case] = sharers.sdk(stage, "example: {}", 1)
    tried = [prompt.startswith("example: ") for prompt in prompts(case)]
    assert 3 <= sum(tried) <= 40
    assert tried == sorted(tried, reverse=True)


@needs_data
def test_readers_of_an_article_adopt_its_template_within_six_hours(stage: Stage) -> None:
    cases = sharers.article(stage, "as the article says: {}", 6)
    times = [
        [time for time, event, _ in case.tagged() if "article says" in event["prompt"]] for case in cases
    ]
    first = [found[0] for found in times if found]
    assert len(first) >= 4
    assert max(first) - min(first) < DAY_S
    assert {case.profile == "new" for case in cases} == {True, False}


def prompts(case: Case) -> list[str]:
    return [event["prompt"] for _, event, _ in case.tagged()]


def test_a_simulated_fleet_has_fingerprints_in_order_that_can_be(told: np.ndarray) -> None:
    assert (np.diff(told["time"]) >= 0).all()
    for early, late in (("started", "since"), ("since", "joined"), ("joined", "time"), ("count", "requests")):
        assert (told[early] <= told[late]).all()
    filled = told["slots"] != UNFILLED
    assert filled.any()
    assert (filled.sum(1) <= told["count"]).all()
    assert (told["slots"][:, 1:] >= told["slots"][:, :-1]).all()


def test_a_simulated_campaign_begins_after_a_day_with_new_accounts_and_disjoint_prompts(
    told: np.ndarray,
) -> None:
    mine = told[told["tenant"] >= SMALL.tenants]
    assert set(mine["template"].tolist()) == {CAMPAIGN}
    assert len(set(mine["tenant"].tolist())) > 0.8 * SMALL.campaign
    assert mine["started"].min() >= START_MS + 24 * HOUR_MS
    latest = {row["tenant"]: set(row["slots"].tolist()) - {UNFILLED} for row in mine}
    assert len(set().union(*latest.values())) == sum(map(len, latest.values()))


def test_few_templates_are_shared_and_few_of_them_by_many(told: np.ndarray) -> None:
    pairs = np.unique(told[["template", "tenant"]])
    users = np.sort(np.unique(pairs["template"], return_counts=True)[1])[::-1]
    assert (users == 1).mean() > 0.9
    assert users[0] > 0.05 * SMALL.tenants


def test_who_asks_for_the_same_things_has_prompts_in_common() -> None:
    found = records(replace(SMALL, same=1.0), seed=1)
    popular = np.bincount(np.unique(found["template"], return_inverse=True)[1]).argmax()
    rows = found[found["template"] == np.unique(found["template"])[popular]]
    slots = rows["slots"][rows["count"] >= 100]
    assert len(np.unique(slots)) < 0.2 * slots.size


def test_both_stages_run_over_a_file_of_fingerprints(told: np.ndarray, tmp_path: Path) -> None:
    told.tofile(tmp_path / "told")
    hidden = stages.hide(tmp_path / "told", 100, 500)
    assert hidden.cost.fingerprints == len(told)
    passed = told[hidden.passed]
    users = {int(row["template"]): set[int]() for row in told}
    for row in told:
        users[int(row["template"])].add(int(row["tenant"]))
    assert {int(row["template"]) for row in passed} == {
        name for name, mine in users.items() if len(mine) >= 3
    }
    assert hidden.templates == len(users)
    assert hidden.cost.state > 0
    passed.tofile(tmp_path / "passed")
    found = stages.search(tmp_path / "passed")
    assert found.cost.fingerprints == len(passed)
    assert stages.peak() >= stages.resident() > 0


def test_a_fingerprint_is_made_of_a_record(told: np.ndarray, tmp_path: Path) -> None:
    told[:2].tofile(tmp_path / "told")
    [first, second] = next(stages._batches(tmp_path / "told"))
    assert (first.count, first.time) == (told["count"][0], told["time"][0])
    assert second.request.offset == 1
    assert RECORD.itemsize * 2 == (tmp_path / "told").stat().st_size


def test_the_tables_of_scale_say_when_a_campaign_was_seen_and_what_grows() -> None:
    size = Size(1000)
    begun = START_MS + 24 * HOUR_MS
    named = {f"tenant-{number:08d}": begun + 2 * HOUR_MS for number in (999, *range(1000, 1020))}
    cost = stages.Cost(10, 2.0, 2**20, 2**20, 0.1)
    found = stages.Found(
        cost, {"x": begun + HOUR_MS, "y": begun}, {"x": named, "y": {"tenant-00000001": begun}}
    )
    run = scale.Run(size, stages.Hidden(cost), found)
    [row] = scale.detection([run]).rows
    assert (row["opened, h"], row["half, h"], row["named in 24 h"]) == (1.0, 2.0, 20 / 25)
    assert row["precision"] == pytest.approx(20 / 21)
    assert row["false campaigns"] == 1
    larger = scale.Run(Size(2000), stages.Hidden(replace(cost, seconds=3.0)), found)
    [grown] = scale.growth([run, larger]).rows
    assert (grown["times"], grown["templates: CPU"], grown["templates: memory"]) == (2.0, 1.5, 1.0)
    assert len(scale.costs([run, larger]).rows) == 4


def test_what_was_said_of_a_world_is_read_back() -> None:
    said = Observed(fingerprints=[fingerprint("a"), fingerprint("b", 2)])
    found = Observed()
    _read(b"".join(_records(said)), found)
    assert found == said
    assert found.fingerprint_bytes > 100


def test_a_replay_ends_with_the_last_that_was_said() -> None:
    said = Observed(fingerprints=[fingerprint(name) for name in "abc"])
    assert replay(said, DetectorConfig(), CampaignConfig()).passed == 3
    assert replay(Observed(), DetectorConfig(), CampaignConfig()) == Outcome()


@needs_data
def test_campaigns_are_counted_by_the_evaluations_own_scorer() -> None:
    assert FOLDER is not None
    onset = START_MS + 48 * HOUR_MS
    truth = {"start": START_MS, "end": START_MS + 96 * HOUR_MS, "tenants": []}
    for name in ("a", "b", "c", "d", "honest", "quiet"):
        guilty = len(name) == 1
        truth["tenants"].append(
            {
                "tenant": name,
                "profile": "rag",
                "scenario": "hydra" if guilty else "benign",
                "onset": onset if guilty else None,
                "campaign": "hydra-0" if guilty else None,
                "benign": 0 if guilty else 9,
                "attack": 9 if guilty else 0,
                "attack_times": [onset] if guilty else [],
            }
        )
    outcome = Outcome(campaigns={"u": dict.fromkeys(("a", "b", "honest"), onset + HOUR_MS)})
    score = load(FOLDER / "eval" / "score.py").score(truth, outcome.opened, outcome.scored())
    judged = main.Judged(truth, Observed({"honest": 9}, {"honest": START_MS}, 100), outcome, score)
    found = {"main": {1: judged}}
    [row] = main.campaigns(found).rows
    assert (row["named"], row["hours to half"], row["precision"]) == ("2/4", 1.0, 0.667)
    [kind] = main.summary(found).rows
    assert (kind["kind"], kind["half named"]) == ("hydra", "1/1")
    [wrong] = main.wrongly_named(found).rows
    assert (wrong["false"], wrong["wrongly named"], wrong["since the first request"]) == (0, "rag 1", 4.0)
    [size] = main.volume(found).rows
    assert size["fingerprints"] == 0


def test_the_share_of_a_campaign_seen_is_of_the_best_finding() -> None:
    members = dict.fromkeys("abcd", START_MS)
    late = START_MS + 3 * HOUR_MS
    assert hiding.seen({"x": {"a": START_MS}, "y": {"b": late, "c": late, "z": late}}, members) == (0.5, 3.0)
    assert hiding.seen({}, members) == (0.0, None)
    found = {way: [(0.5, 3.0), (1.0, None)] for way in hiding.WAYS}
    rows = hiding.table(found).rows
    assert len(rows) == len(hiding.SPREADS) * len(hiding.WORDINGS)
    assert rows[0]["60"] == "0.75 (3 h)"


@needs_data
def test_campaigns_that_hide_end_some_days_after_their_last_account_began(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hiding, "BENIGN", 1)
    monkeypatch.setattr(hiding, "WAYS", [hiding.Way(3, 0.1, 2)])
    monkeypatch.setattr(hiding, "WATCHED_DAYS", 1.0)
    mine = [case for case in hiding.cast(stage) if case.onset is not None]
    assert len(mine) == 3
    assert {case.notes["campaign"] for case in mine} == {"hidden-0.1-2-3"}
    times = [(time - (case.onset or 0.0)) / DAY_S for case in mine for time, _ in case.attack]
    assert 0.0 <= min(times) <= max(times) < 1.1
