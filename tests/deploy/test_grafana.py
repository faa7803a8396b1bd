"""The dashboards for Grafana: generated, and by the rules of Grafana's own dashboard linter."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from generate_dashboards import BOARDS as GENERATED
from generate_dashboards import rendered

from tests.dashboards import BOARDS, EVERY, FOLDER, NAME, panels, target
from tests.metric_names import registered, scraped

ROOT = Path(__file__).resolve().parents[2]
PROVISIONING = ROOT / "deploy/grafana/provisioning"
UNITS = {
    *("short", "none", "percentunit", "s", "cps", "bytes", "Bps", "dateTimeAsIso"),
}
# Of the linter: a panel of these types has a unit.
WITH_UNIT = {"stat", "table", "timeseries", "gauge", "bargauge", "statetimeline", "heatmap"}
COUNTERS = {name for name, kind in registered().items() if kind.type == "counter"}
CUMULATIVE = COUNTERS | {name for name in scraped() if name.endswith(("_bucket", "_sum", "_count"))}
VARIABLES = {"job", "instance", "tenant", "signal", "__rate_interval", "__range"}


def variables(board: dict[str, Any], kind: str = "query") -> dict[str, dict[str, Any]]:
    """The template variables of a kind, by name."""
    return {one["name"]: one for one in board["templating"]["list"] if one["type"] == kind}


@pytest.mark.parametrize("name", GENERATED)
def test_generating_the_dashboards_anew_changes_nothing(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == rendered(name), "run `make dashboards`"


def test_nothing_but_what_is_generated_is_provisioned() -> None:
    assert set(BOARDS) == set(GENERATED)
    assert {path.name for path in FOLDER.parent.iterdir()} == {"distillwatch"}


def test_every_dashboard_has_an_identity_of_its_own() -> None:
    uids = [board["uid"] for board in BOARDS.values()]
    titles = [board["title"] for board in BOARDS.values()]
    assert len(set(uids)) == len(set(titles)) == len(BOARDS)
    assert all(uid.startswith("distillwatch-") and len(uid) <= 40 for uid in uids)


@pytest.mark.parametrize("name", BOARDS)
def test_template_datasource_rule(name: str) -> None:
    (source,) = variables(BOARDS[name], "datasource").values()
    assert (source["name"], source["label"], source["query"]) == ("datasource", "Data source", "prometheus")


@pytest.mark.parametrize("variable", ["job", "instance"])
@pytest.mark.parametrize("name", BOARDS)
def test_template_job_rule_and_template_instance_rule(name: str, variable: str) -> None:
    found = variables(BOARDS[name])[variable]
    assert found["datasource"]["uid"] == "${datasource}"
    assert found["label"] == variable.title()
    assert found["multi"] is True
    assert found["includeAll"] is True
    assert found["allValue"] == ".+"


@pytest.mark.parametrize("name", BOARDS)
def test_template_label_promql_rule(name: str) -> None:
    for found in variables(BOARDS[name]).values():
        asked = re.fullmatch(r"label_values\((\w+)(?:\{[^}]*\})?, (\w+)\)", found["query"]["query"])
        assert asked, found["query"]
        metric, label = asked.groups()
        assert label in {*registered()[metric].labels, "job", "instance"}


@pytest.mark.parametrize("name", BOARDS)
def test_template_on_time_change_reload_rule(name: str) -> None:
    assert {found["refresh"] for found in variables(BOARDS[name]).values()} == {2}


@pytest.mark.parametrize("name", BOARDS)
def test_panel_datasource_rule(name: str) -> None:
    for panel in panels(BOARDS[name]):
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("name", BOARDS)
def test_panel_title_description_rule(name: str) -> None:
    titles = [panel["title"] for panel in panels(BOARDS[name])]
    assert all(titles)
    assert len(set(titles)) == len(titles)
    assert [panel["title"] for panel in panels(BOARDS[name]) if not panel["description"].endswith(".")] == []


@pytest.mark.parametrize("name", BOARDS)
def test_panel_units_rule(name: str) -> None:
    for panel in panels(BOARDS[name]):
        assert panel["type"].replace("-", "") in WITH_UNIT
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS


@pytest.mark.parametrize("name", BOARDS)
def test_panel_no_targets_rule(name: str) -> None:
    assert [panel["title"] for panel in panels(BOARDS[name]) if not panel["targets"]] == []


@pytest.mark.parametrize("name", BOARDS)
def test_uneditable_dashboard_rule(name: str) -> None:
    assert BOARDS[name]["editable"] is False


@pytest.mark.parametrize("place", EVERY, ids=" / ".join)
def test_target_job_rule_and_target_instance_rule(place: tuple[str, str, str]) -> None:
    expression = target(*place)["expr"]
    selected = re.findall(r"\b(?:distillwatch|process)_\w+(\{[^}]*\})?", expression)
    assert selected
    for filters in selected:
        assert 'job=~"$job"' in filters
        assert 'instance=~"$instance"' in filters


@pytest.mark.parametrize("place", EVERY, ids=" / ".join)
def test_target_rate_interval_rule(place: tuple[str, str, str]) -> None:
    expression = target(*place)["expr"]
    assert set(re.findall(r"\brate\([^\[]*\[([^\]]*)\]", expression)) <= {"$__rate_interval"}


@pytest.mark.parametrize("place", EVERY, ids=" / ".join)
def test_target_counter_agg_rule(place: tuple[str, str, str]) -> None:
    expression = target(*place)["expr"]
    wrapped = set(re.findall(r"\b(?:rate|increase)\((\w+)\{[^}]*\}\[", expression))
    assert set(NAME.findall(expression)) & CUMULATIVE - wrapped == set()
    assert wrapped <= CUMULATIVE


@pytest.mark.parametrize("place", EVERY, ids=" / ".join)
def test_target_histogram_rule(place: tuple[str, str, str]) -> None:
    expression = target(*place)["expr"]
    if "histogram_quantile" in expression:
        assert re.search(r"by \([^)]*\ble\b[^)]*\)", expression)


@pytest.mark.parametrize("place", EVERY, ids=" / ".join)
def test_every_metric_of_a_query_exists(place: tuple[str, str, str]) -> None:
    named = set(NAME.findall(target(*place)["expr"]))
    assert named
    assert named - scraped() == set()


@pytest.mark.parametrize("place", EVERY, ids=" / ".join)
def test_a_query_groups_and_labels_by_what_its_metrics_have(place: tuple[str, str, str]) -> None:
    found = target(*place)
    known = {"job", "instance", "le"}
    known |= {label for name in registered() if name in found["expr"] for label in registered()[name].labels}
    known |= {"le"} if "_bucket" in found["expr"] else set()
    grouped = re.findall(r"\bby \(([^)]*)\)", found["expr"])
    labels = {label.strip() for words in grouped for label in words.split(",")}
    legend = set(re.findall(r"\{\{(\w+)\}\}", found["legendFormat"]))
    assert labels | legend <= known
    assert not grouped or legend <= labels


@pytest.mark.parametrize("name", BOARDS)
def test_every_variable_that_is_used_exists(name: str) -> None:
    used = {
        variable
        for panel in panels(BOARDS[name])
        for text in (panel["title"], *(one["expr"] for one in panel["targets"]))
        for variable in re.findall(r"\$(\w+)", text)
    }
    assert used <= VARIABLES
    assert used - {"__rate_interval", "__range"} <= set(variables(BOARDS[name]))


@pytest.mark.parametrize("name", BOARDS)
def test_panels_do_not_lie_over_one_another(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARDS[name]["panels"]:
        place = panel["gridPos"]
        across, down = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        fields = set(product(across, down))
        assert max(across) < 24
        assert not fields & taken, panel["title"]
        taken |= fields


def test_dashboards_and_data_source_are_provisioned_from_where_they_are_mounted() -> None:
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards/distillwatch.yml").read_text(encoding="utf-8"))[
        "providers"
    ]
    assert provider["allowUiUpdates"] is False
    assert provider["options"] == {"path": "/etc/distillwatch/dashboards", "foldersFromFilesStructure": True}
    (source,) = yaml.safe_load((PROVISIONING / "datasources/prometheus.yml").read_text(encoding="utf-8"))[
        "datasources"
    ]
    assert (source["uid"], source["type"], source["editable"]) == ("prometheus", "prometheus", False)
    scrape = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    assert source["jsonData"]["timeInterval"] == scrape["global"]["scrape_interval"]
