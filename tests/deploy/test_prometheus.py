"""The rules for Prometheus: what promtool says of them, and whether each has all that a person needs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.metric_names import registered, scraped
from tests.prometheus_tools import program

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/prometheus"
RUNBOOKS = ROOT / "docs/runbooks"
SECTIONS = ["Investigate", "Rule out a false alarm", "Respond"]
RULES: list[dict[str, Any]] = [
    rule
    for file in sorted((FOLDER / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDS = {rule["record"]: rule for rule in RULES if "record" in rule}
TESTS: list[dict[str, Any]] = [
    test
    for file in sorted((FOLDER / "tests").glob("*.yml"))
    for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]
]
# What Prometheus knows of a target without asking it.
BUILT_IN = {"up"}


def promtool(*words: str) -> None:
    """Run promtool; what it complains of is the failure."""
    done = subprocess.run(
        [program("promtool"), *words], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_configuration_and_its_rules() -> None:
    promtool("check", "config", "prometheus.yml")


@pytest.mark.parametrize("file", sorted(file.name for file in (FOLDER / "tests").glob("*.yml")))
def test_the_unit_tests_of_the_rules_hold(file: str) -> None:
    promtool("test", "rules", f"tests/{file}")


def test_every_alert_is_tested_to_fire_and_to_keep_quiet() -> None:
    fires, quiet = set(), set()
    for test in TESTS:
        for case in test.get("alert_rule_test", []):
            (fires if case.get("exp_alerts") else quiet).add(case["alertname"])
    assert fires == quiet == set(ALERTS)


def test_every_recording_rule_is_tested() -> None:
    asked = " ".join(case["expr"] for test in TESTS for case in test.get("promql_expr_test", []))
    assert [name for name in RECORDS if name not in asked] == []


@pytest.mark.parametrize("name", RECORDS)
def test_a_recording_rule_is_named_by_level_metric_and_operations(name: str) -> None:
    level, metric, operations = name.split(":")
    assert level.split("_")[0] in {"job", "instance"}
    assert metric.startswith("distillwatch_")
    assert re.fullmatch(r"[a-z0-9_]+", operations)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_uses_metrics_and_recording_rules_that_exist(rule: dict[str, Any]) -> None:
    named = set(re.findall(r"\b(?:\w+:)?(?:distillwatch|process)_\w+(?::\w+)?|\bup\b", rule["expr"]))
    assert named
    assert named - scraped() - set(RECORDS) - BUILT_IN == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_filters_and_groups_by_labels_that_the_metrics_have(rule: dict[str, Any]) -> None:
    known = {label for kind in registered().values() for label in kind.labels} | {"job", "instance", "le"}
    known |= {"sha256", "version"}  # of the two infos
    grouped = re.findall(r"\b(?:by|on) \(([^)]*)\)", rule["expr"])
    filtered = re.findall(r"(\w+)=~?\"", rule["expr"])
    labels = {label.strip() for words in grouped for label in words.split(",")} | set(filtered)
    assert labels - known == set()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_what_it_is_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert re.fullmatch(r"Distillwatch([A-Z][a-z]+)+", name)
    assert set(rule["labels"]) == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    notes = rule["annotations"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    # The summary is the same for all alerts of a group, so that one notification can stand for many.
    assert notes["summary"].endswith(".")
    assert "{{" not in notes["summary"]
    assert notes["description"].endswith(".")
    assert notes["runbook_url"] == f"docs/runbooks/{name}.md"


def test_there_is_one_runbook_for_each_alert() -> None:
    assert {file.stem for file in RUNBOOKS.glob("*.md")} == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_says_how_to_look_what_may_be_wrong_and_what_to_do(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    for part in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]:
        assert re.search(r"^(1\.|-) ", part, re.MULTILINE)


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_names_metrics_that_exist(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:\w+:)?(?:distillwatch|process)_\w+(?::\w+)?", text))
    assert named - scraped() - set(registered()) - set(RECORDS) == set()


def test_the_document_lists_every_alert_with_its_severity() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(Distillwatch\w+)\]\(runbooks/(\w+)\.md\) \| (\w+) \|", text, re.MULTILINE)
    assert [name for name, runbook, _ in rows if name != runbook] == []
    assert {name: severity for name, _, severity in rows} == {
        name: rule["labels"]["severity"] for name, rule in ALERTS.items()
    }
