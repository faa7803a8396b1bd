"""Casts are merged in time and counted into the truth, and are made with the evaluation's own builder."""

from __future__ import annotations

import json
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bench.detection import stage as staged
from bench.detection import worlds
from bench.detection.command import Section, cell, table
from bench.detection.counting import accounts_of, count
from bench.detection.newcomers import Tally, add, attack_table, benign_table
from bench.detection.ours import Course
from bench.detection.stage import DAY_S, Case, Stage, Worded, after, before, load, study
from bench.detection.worlds import evaluation_folder, sketch_lines, tenant_sketches, without_content
from models.native import decode_native
from models.requests import table_of

FOLDER = evaluation_folder()
EPOCH = 1_772_582_400.0
needs_evaluation = pytest.mark.skipif(
    FOLDER is None, reason="no evaluation worlds; name their folder by DISTILLWATCH_EVAL"
)


def asked(
    text: str, count: int, begin: float = 0.0, gap: float = 60.0
) -> list[tuple[float, dict[str, object]]]:
    return [(begin + gap * number, {"prompt": f"{text} {number}"}) for number in range(count)]


@pytest.fixture
def small(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[dict[str, object], dict[str, list[bytes]]]:
    """A study of a benign tenant and of one that is attacked from the second hour on."""
    monkeypatch.setattr(worlds, "CACHE", tmp_path)
    monkeypatch.setattr(staged, "digest", lambda *_: "0")
    stage = SimpleNamespace(module=SimpleNamespace(EPOCH=EPOCH), end=DAY_S)
    cases = [
        Case("a", "takeover", "rag", iter(asked("what is", 50)), iter(asked("write", 9, 7200)), 7200.0),
        Case("b", "benign", "rag", iter(asked("who is", 20)), notes={"change": 5.0}),
    ]
    return study(tmp_path, "small", lambda: (stage, cases), __file__)


def test_a_study_is_cast_in_order_and_counted(small: tuple[dict, dict]) -> None:
    truth, world = small
    first, second = truth["tenants"]
    assert (first["benign"], first["attack"], second["benign"], second["attack"]) == (50, 9, 20, 0)
    assert first["onset"] == first["attack_times"][0] == round(1000 * EPOCH) + 7_200_000
    assert second["notes"] == {"change": 5.0}
    assert truth["end"] - truth["start"] == 1000 * DAY_S
    times = [sketch.time for sketch in tenant_sketches("a", world["a"])]
    assert times == sorted(times)
    assert (len(times), len(world["b"])) == (59, 20)


def test_the_truth_of_a_study_is_counted_as_a_world_is(small: tuple[dict, dict]) -> None:
    accounts = accounts_of(small[0])
    alert = accounts["a"].attacks[3]
    result = count(accounts, {"a": [alert], "b": [alert]})
    assert result.scenarios["takeover"].queries == [4]
    assert result.by_profile == {"rag": 1}
    assert result.days_by_profile["rag"] == pytest.approx(1 + 2 / 24)


def test_a_study_is_made_once(small: tuple[dict, dict], tmp_path: Path) -> None:
    def never() -> tuple[Stage, list[Case]]:
        raise AssertionError

    assert study(tmp_path, "small", never, __file__) == small


def test_a_sketch_without_content_is_the_sketch_of_an_event_without_a_prompt() -> None:
    event = {"id": "a", "time": 1_772_582_400_000, "tenant": "t", "input_tokens": 9, "model": "m"}
    whole, bare = sketch_lines([json.dumps(event | more).encode() for more in ({"prompt": "who"}, {})])
    assert decode_native(json.dumps(event).encode()) is not None
    kept, expected = without_content(table_of([whole])), table_of([bare])
    assert kept.rows["input_tokens"] == 9
    names = [name for name in expected.rows.dtype.names if name != "offset"]
    assert all(np.array_equal(kept.rows[name], expected.rows[name]) for name in names)
    assert (kept.id(0), len(kept)) == ("a", 1)


def test_requests_are_cut_at_a_time() -> None:
    assert [time for time, _ in after(iter(asked("a", 4)), 60.0)] == [60.0, 120.0, 180.0]
    assert [time for time, _ in before(iter(asked("a", 4)), 60.0)] == [0.0]


def test_one_wording_is_a_template_and_many_paraphrase() -> None:
    pool = SimpleNamespace(fresh=lambda: "{x}")
    one = Worded(pool, ("say {}",), random.Random(1))
    many = Worded(pool, ("say {}", "{} now"), random.Random(1))
    assert {one.fresh() for _ in range(20)} == {"say {x}"}
    assert {many.fresh() for _ in range(20)} == {"say {x}", "{x} now"}


def test_a_file_is_imported_by_its_path_once(tmp_path: Path) -> None:
    path = tmp_path / "imported_by_a_test.py"
    path.write_text("VALUE = 3\n")
    assert load(path).VALUE == 3
    assert load(path) is load(path)


def test_newcomers_are_tallied_by_profile_and_attackers_by_style(small: tuple[dict, dict]) -> None:
    truth, _ = small
    found: dict[tuple[str, str], Tally] = {}
    tenants = [truth["tenants"][0], truth["tenants"][1] | {"scenario": "newcomer"}]
    alerts = {"a": [truth["tenants"][0]["attack_times"][1]], "b": []}
    nothing = (np.empty(0, np.int64), np.empty(0, np.float32))
    courses = {name: Course(times, *nothing, by_peers=times) for name, times in alerts.items()}
    add(found, tenants, accounts_of(truth), courses)
    benign, attack = benign_table(found), attack_table(found)
    assert [(row["profile"], row["accused"]) for row in benign.rows] == [("rag", "0/1"), ("all", "0/1")]
    [row] = attack.rows
    assert (row["caught"], row["by peers"], row["median queries"]) == ("1/1", 1, 2)


def test_numbers_are_written_to_three_figures_without_exponents() -> None:
    assert [cell(value) for value in (None, 0.01234, 12345.6, 3, "x")] == ["-", "0.0123", "12346", "3", "x"]
    assert table(Section("t", [{"a": 1, "b": None}])).row_count == 1


@needs_evaluation
def test_the_evaluations_builder_casts_hosts_and_newcomers() -> None:
    assert FOLDER is not None
    stage = Stage(FOLDER, 1, 0.5)
    onset = 0.25 * DAY_S
    taken = stage.hosted("takeover", "support", 400.0, onset, style="broad", per_day=400.0, takeover=True)
    mixed = stage.hosted("mix", "rag", 400.0, onset, style="template", per_day=100.0)
    for case in (taken, mixed, stage.newcomer("new", "rubric", 500.0, onset, stage.end)):
        requests = list(case.tagged())
        assert requests == sorted(requests, key=lambda request: request[0])
        assert min(time for time, _, attack in requests if attack) >= onset
        assert all(event["prompt"] for _, event, _ in requests)
        if case is taken:
            assert max(time for time, _, attack in requests if not attack) < onset


@needs_evaluation
def test_alerts_are_counted_as_the_evaluations_score_counts_them(small: tuple[dict, dict]) -> None:
    assert FOLDER is not None
    truth, _ = small
    attacks = truth["tenants"][0]["attack_times"]
    alerts = {"a": [truth["start"] + 1, attacks[4], attacks[6]], "b": [attacks[0]]}
    scored = load(FOLDER / "eval" / "score.py").score(truth, alerts, [])
    result = count(accounts_of(truth), alerts)
    assert scored["false_alerts"] == result.false_alerts == 2
    assert scored["clean_tenant_days"] == round(result.clean_days, 1)
    assert scored["scenarios"]["takeover"]["median_queries"] == result.scenarios["takeover"].median == 5
