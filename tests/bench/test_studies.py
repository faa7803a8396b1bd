"""The studies measure what they say: unrest, rungs, budgets, signals switched off, foreign texts."""

from __future__ import annotations

import gzip
import random
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from bench.detection import __main__ as main
from bench.detection import ablation, command, languages, ours, poisoning, strategies, worlds
from bench.detection.calibration import Calibrated, calibration, plot
from bench.detection.counting import Account, Result
from bench.detection.drift import Changed, days_until_calm, normal_days, table
from bench.detection.evasion import Rung, caught, half_missed, thinned
from bench.detection.grammar import Grammar
from bench.detection.poisoning import Ramp, taught
from bench.detection.stage import DAY_S, Stage
from bench.detection.texts import man_page, passages, sayings, web_page
from bench.detection.worlds import evaluation_folder
from models.sketch import Origin, Sketch, encode_sketch

if TYPE_CHECKING:
    from tests.bench.conftest import Requests

FOLDER = evaluation_folder()
START_MS = 1_772_582_400_000
HOUR_MS = 3_600_000
LISTS = ("times", "levels")
DAY_MS = 24 * HOUR_MS


def sketched(
    vectors: np.ndarray, begin: int = START_MS, gap_ms: int = 60_000, name: str = "r"
) -> list[Sketch]:
    return [
        Sketch(f"{name}{k}", "t", begin + k * gap_ms, Origin("world", 0, k), embedding=vector.tobytes())
        for k, vector in enumerate(vectors)
    ]


def course(*levels: float) -> ours.Course:
    times = START_MS + HOUR_MS * np.arange(len(levels))
    return ours.Course([], times, np.array(levels, np.float32))


def test_a_day_is_normal_with_one_high_hour_but_not_with_two() -> None:
    quiet = [0.0] * 23
    levels = [*quiet, 0.5, 0.4, 0.0, 0.4, *quiet, *quiet]
    assert normal_days(course(*levels), START_MS, 0.3, 3) == [True, False, True]


def test_an_hour_without_requests_is_as_the_one_before() -> None:
    silent = ours.Course([], np.array([START_MS, START_MS + DAY_MS - 1]), np.array([0.5, 0.0], np.float32))
    assert normal_days(silent, START_MS, 0.3, 2) == [False, True]
    assert normal_days(silent, START_MS, 0.6, 2) == [True, True]


def test_changes_are_tallied() -> None:
    changed, unchanged = Changed(), Changed()
    alerted = ours.Course([START_MS, START_MS + 2 * HOUR_MS], *(getattr(course(0, 0.5, 1), x) for x in LISTS))
    for one in (alerted, course(0.9, 0.2, 0.1)):
        changed.add(one, START_MS + HOUR_MS, 0.3, 2)
        unchanged.add(course(0.0, 0.0, 0.0), START_MS + HOUR_MS, 0.3, 2)
    row, same = table({"launch": changed, "no change": unchanged}, 2, ()).rows
    assert [row[name] for name in ("alerts before", "without an alert", "with one", "with more")] == [
        1,
        1,
        1,
        0,
    ]
    assert (row["highest level, median"], row["worst"]) == (pytest.approx(0.6), ">2")
    assert (same["over within days, median"], same["worst"]) == (0, 0)


def test_a_change_is_over_after_two_normal_days_in_a_row() -> None:
    found = [days_until_calm([day == "." for day in days]) for days in ("....", "x.x..x", "x.x.", "xx..")]
    assert found == [0, 3, 5, 2]


def test_half_is_missed_between_two_rungs() -> None:
    rungs = [Rung(0.5, 4, 4), Rung(0.1, 3, 4), Rung(0.01, 1, 4)]
    beyond, share = half_missed(rungs)
    assert beyond == ""
    assert share == pytest.approx(10**-1.5)


@pytest.mark.parametrize(("outcomes", "expected"), [((0, 0), (">", 0.5)), ((4, 3), ("<", 0.1))])
def test_half_may_be_missed_beyond_the_ladder(outcomes: tuple[int, int], expected: tuple[str, float]) -> None:
    rungs = [Rung(level, number, 4) for level, number in zip((0.5, 0.1), outcomes, strict=True)]
    assert half_missed(rungs) == expected


def test_thinned_attacks_make_their_share_and_are_nested(requests: Requests) -> None:
    attacks = sketched(requests.foreign(2000))
    some, fewer = (thinned(attacks, share, "seed") for share in (0.25, 0.1))
    assert len(some) / (2000 + len(some)) == pytest.approx(0.25, abs=0.02)
    assert {x.id for x in fewer} < {x.id for x in some}
    assert thinned(attacks, 0.5, "seed") == attacks


def test_an_attack_is_caught_on_a_copy_of_the_tenant(requests: Requests) -> None:
    watched = ours.Watched("t")
    assert not any(watched.sees(sketch) for sketch in sketched(requests.usual(900)))
    later = START_MS + 900 * 60_000
    attack = sketched(requests.foreign(300), later, name="a")
    assert caught(watched.fork(), [], attack)
    assert not caught(watched.fork(), sketched(requests.usual(100), later, name="l"), [])


def test_a_signal_that_is_off_does_not_count(requests: Requests) -> None:
    vectors = np.concatenate([requests.usual(900), requests.foreign(300)])
    world = {"t": [encode_sketch(sketch) for sketch in sketched(vectors)]}
    alone = frozenset(ours.SIGNALS) - {"plain rules"}
    ways = [ours.Setup(), ours.Setup(off=alone), ours.Setup(content=False)]
    found = [ours.judge(world, way, follow=world)["t"] for way in ways]
    assert [len(one.alerts) for one in found] == [1, 0, 0]
    assert ours.judge(world)["t"].alerts == ours.alert_times("t", sketched(vectors)) == found[0].alerts
    assert len(found[0].times) == len(found[0].levels) == 1200
    assert found[0].levels.max() >= 1 > found[1].levels.max()


def test_every_way_of_the_ablation_can_be_run(requests: Requests) -> None:
    world = {"t": [encode_sketch(sketch) for sketch in sketched(requests.usual(250))]}
    ways = dict(ablation.setups(["without", "only"]))
    assert len(ways) == 2 * len(ours.SIGNALS)
    for off in ways.values():
        assert ours.judge(world, ours.Setup(off=off))["t"].alerts == []


def test_the_joint_evidence_alone_is_made_of_all_signals(requests: Requests) -> None:
    vectors = np.concatenate([requests.usual(900), requests.foreign(300)])
    world = {"t": [encode_sketch(sketch) for sketch in sketched(vectors)]}
    everything = frozenset(ours.SIGNALS)
    assert len(ours.judge(world, ours.Setup(off=everything - {"joint evidence"}))["t"].alerts) == 1
    assert ours.judge(world, ours.Setup(off=everything))["t"].alerts == []


def test_a_signal_that_only_votes_is_heard_alone_in_the_joint_evidence(requests: Requests) -> None:
    vectors = np.concatenate([requests.usual(900), requests.foreign(300)])
    world = {"t": [encode_sketch(sketch) for sketch in sketched(vectors)]}
    ways = dict(ablation.setups(["only"]))
    assert {"novelty", "rate"} >= ours.VOTES_ONLY
    assert len(ours.judge(world, ours.Setup(off=ways["only novelty"]))["t"].alerts) == 1
    assert "only rate" not in ways


def test_the_ablation_shows_what_each_way_catches_and_whom_it_accuses() -> None:
    attacked = Account("ramp", "rag", START_MS, attacked=True, clean_days=1.0, attacks=(START_MS,))
    campaign = Account("hydra", "none", START_MS, attacked=True, clean_days=0.0, attacks=(START_MS,))
    alerts = {"all": {"d": [1, START_MS]}, "without novelty": {}}
    rows = ablation.table({"d": attacked, "e": campaign}, alerts).rows
    assert [row["ramp"] for row in rows] == ["1/1 (1)", "0/1"]
    assert [row["profiles accused"] for row in rows] == ["rag 1", None]
    assert all("hydra" not in row for row in rows)


def test_realised_alerts_are_set_against_the_stated() -> None:
    found = Calibrated([10.0])
    found.add(10.0, Result(2, 40.0, {"rag": 2}, {}, {"rag": 20.0, "chat": 20.0}))
    assert [found.realised[10.0][name].ratio(10.0) for name in ("rag", "chat")] == [1.0, 0.0]
    low, high = found.realised[10.0]["rag"].interval(10.0)
    assert low == pytest.approx(0.121, abs=0.01)  # exact: 0.2422 / 2 and 7.2247 / 2
    assert high == pytest.approx(3.612, abs=0.02)
    assert [row["profile"] for row in calibration(found).rows] == ["rag", "chat", "all"]


def test_the_plot_is_a_drawing_with_a_point_for_each_profile_and_budget() -> None:
    found = Calibrated([7.0, 90.0])
    for budget in found.budgets:
        found.add(budget, Result(1, 40.0, {"rag": 1}, {}, {"rag": 30.0, "chat": 10.0}))
    root = ET.fromstring(plot(found))  # noqa: S314  it was just made here
    circles = root.findall("{*}circle")
    assert len(circles) == 3 * 2 + 3
    assert sum(circle.get("fill") == "white" for circle in circles) == 2


def test_scenarios_without_prompts_stand_beside_those_with() -> None:
    result = Result(1, 40.0, {"rag": 1}, {}, {"rag": 40.0})
    sections = [main.scenarios({"": [result], "metadata only": [result]}), main.profiles({"": [result]})]
    assert "0.0250, 0.0250 metadata only" in sections[0].title
    assert sections[1].rows == [
        {"profile": "rag", "clean tenant-days": 40.0, "false alerts": 1, "a tenant-day": 0.025}
    ]


def test_settings_are_taken_by_name() -> None:
    given = Namespace(set=["detector.block_requests=30", "budget_days=7"])
    config = command.configured(given).config
    assert (config.block_requests, config.budget_days) == (30, 7.0)


@pytest.mark.parametrize(("slow", "words"), [(1, "over 7 days"), (3, "no ramp of up to 7 days")])
def test_the_detector_is_taught_where_more_are_missed_than_caught(slow: int, words: str) -> None:
    found = {1.0: Ramp(4, [9] * 4), 7.0: Ramp(4, [9] * slow)}
    assert words in taught(found)
    assert len(poisoning.table(found, 100.0).rows) == 2


def test_a_grammar_draws_sentences_with_alternatives_options_rules_and_slots() -> None:
    source = {
        "intents": {"turn": {"data": [{"sentences": ["(turn|switch) [the] {name} <way>"]}]}},
        "expansion_rules": {"way": "(on|off)"},
        "lists": {"name": {"values": ["lamp", {"in": "fan[s]"}]}},
    }
    grammar = Grammar(source, random.Random(1))
    drawn = {grammar.sentence() for _ in range(300)}
    assert {"turn lamp on", "switch the fans off"} < drawn
    assert len(drawn) == 2 * 2 * 3 * 2


def test_rules_that_refer_to_themselves_end() -> None:
    source = {"intents": {"a": {"data": [{"sentences": ["<x>"]}]}}, "expansion_rules": {"x": "y <x>"}}
    assert set(Grammar(source, random.Random(1)).sentence().split()) == {"y"}


def test_texts_are_read_without_their_markup(tmp_path: Path) -> None:
    long = "word " * 30
    page = tmp_path / "ls.1.gz"
    page.write_bytes(gzip.compress(f".SH NAME\n\\fBls\\fP \\- {long}\n.PP\nshort\n".encode()))
    (tmp_path / "page.html").write_text(f"<p>{long}<b>bold</b></p><div>no</div>")
    assert passages(tmp_path, ".gz", man_page) == [f"ls - {long.strip()}"]
    assert passages(tmp_path, ".html", web_page) == [f"{long}bold"]


def test_sayings_are_split_and_the_offensive_left_out(tmp_path: Path) -> None:
    (tmp_path / "off").mkdir()
    for folder in (tmp_path, tmp_path / "off"):
        text = f"{folder.name} one {'x' * 60}\n%\nshort\n%\n{folder.name} two {'y' * 60}\n%\n"
        (folder / "a.u8").write_text(text)
    assert [entry.split()[1] for entry in sayings(tmp_path)] == ["one", "two"]


def test_wordings_have_one_slot_and_differ() -> None:
    found = strategies.wordings()
    assert len(set(found)) == len(found) > 100
    assert all(wording.count("{}") == 1 for wording in found)


def test_the_likest_questions_are_those_about_the_same() -> None:
    past = ["how do I reset my card pin", "my bank card was stolen"]
    questions = ["prove that the square root of two is irrational", "I have lost the pin of my bank card"]
    assert strategies.nearest(questions, past, 1) == questions[1:]


def test_a_command_says_why_it_is_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "evaluation_folder", lambda: None)
    monkeypatch.setattr("sys.argv", ["bench"])
    command.command("bench", "", lambda *_: pytest.fail("measured"))
    assert "DISTILLWATCH_EVAL" in capsys.readouterr().out


def test_a_command_prints_its_tables_and_writes_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "evaluation_folder", lambda: tmp_path)
    monkeypatch.setattr("sys.argv", ["bench", "--json", str(tmp_path / "out" / "x.json"), "--seeds", "4"])
    sections = [command.Section("a title", [{"found": 1}], ["a note"])]
    command.command("bench", "", lambda *_: sections)
    assert "a title" in (shown := capsys.readouterr().out)
    assert "a note" in shown
    assert '"found": 1' in (tmp_path / "out" / "x.json").read_text()


@pytest.mark.skipif(FOLDER is None, reason="no evaluation worlds; name their folder by DISTILLWATCH_EVAL")
def test_languages_are_cast_with_hosts_and_attackers_of_their_own() -> None:
    assert FOLDER is not None
    stage = Stage(FOLDER, 1, 2.5)
    cases = languages.cast(stage, "code", languages.tongue(stage, "code", None), 1, 2)
    assert [case.group for case in cases[:3]] == ["code benign", "code benign", "code takeover"]
    taken = list(cases[2].tagged())
    assert any(attack for _, _, attack in taken)
    assert max(time for time, _, attack in taken if not attack) <= cases[2].onset <= 2.4 * DAY_S
    assert "fr is skipped: why" in languages.table({}, {}, ["fr is skipped: why"]).notes


@pytest.mark.skipif(FOLDER is None, reason="no evaluation worlds; name their folder by DISTILLWATCH_EVAL")
def test_a_study_runs_on_a_small_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert FOLDER is not None
    monkeypatch.setattr(worlds, "CACHE", tmp_path)
    monkeypatch.setattr(poisoning, "VOLUME", (60.0, 100.0))
    options = Namespace(ramps=[0.2], hosts=1, benign=1, per_day=200.0, seeds=[1], set=[])
    [section] = poisoning.measure(FOLDER, options)
    assert section.rows[0]["caught"] in {"0/1", "1/1"}
    assert len(list(tmp_path.iterdir())) == 2
