"""Findings in Elasticsearch: the ingest pipeline and the index template that the documents give."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from models.finding import Activity
from tests.consumers.ingest import run
from tests.consumers.paths import FINDINGS, FOLDER
from tests.streams.notify.findings import campaign_record, record

PIPELINE = json.loads((FOLDER / "elastic/pipeline.json").read_text(encoding="utf-8"))
TEMPLATE = json.loads((FOLDER / "elastic/index_template.json").read_text(encoding="utf-8"))
README = (FOLDER / "README.md").read_text(encoding="utf-8")
TYPES = {
    "keyword": str,
    "match_only_text": str,
    "date": str,
    "long": int,
    "float": (int, float),
    "double": (int, float),
}


def indexed(found: dict[str, Any]) -> dict[str, Any]:
    """What is indexed of a finding."""
    return run(PIPELINE, {"message": json.dumps(found)})


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its dotted name, but for the finding itself."""
    if path == "ocsf":
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


def mapped(properties: dict[str, Any], path: str = "") -> dict[str, str]:
    """The type of every field of a mapping."""
    fields: dict[str, str] = {}
    for name, field in properties.items():
        full = f"{path}.{name}".lstrip(".")
        fields |= mapped(field["properties"], full) if "properties" in field else {full: field["type"]}
    return fields


FIELDS = mapped(TEMPLATE["template"]["mappings"]["properties"])


@pytest.mark.parametrize("found", FINDINGS)
def test_every_field_that_the_pipeline_writes_is_mapped_with_its_type(found: dict[str, Any]) -> None:
    for name, value in leaves(indexed(found)):
        if name != "_id":
            assert isinstance(value, TYPES[FIELDS[name]]), name


def test_every_mapped_field_is_written_by_some_finding() -> None:
    written = {name for found in FINDINGS for name, _ in leaves(indexed(found))}
    assert set(FIELDS) - written == {"ocsf", "error.message"}


def test_an_alert_becomes_what_ecs_calls_one() -> None:
    document = indexed(record())
    assert document["@timestamp"] == "2026-03-04T00:00:00.500+00:00"
    assert document["_id"] == document["event"]["id"] == f"{record()['finding_info']['uid']}/1/1772582400500"
    event = document["event"]
    assert (event["kind"], event["action"]) == ("alert", "finding-opened")
    assert (event["category"], event["type"]) == (["intrusion_detection"], ["info"])
    assert (event["severity"], event["risk_score"]) == (4, 78)
    assert event["start"] == "2026-03-03T23:00:00.000+00:00"
    assert document["rule"]["name"] == "Requests look like an extraction of the model"
    assert document["threat"]["technique"]["subtechnique"]["id"] == ["AML.T0024.002"]
    assert document["organization"]["id"] == "acme"
    assert document["distillwatch"]["signals"] == [
        "novelty 9.5 nats of surprise, expected 3.25 nats of surprise",
        "rate 120 requests an hour, expected 15 requests an hour",
    ]


@pytest.mark.parametrize("mark", ["suppressed", "experimental", "replay"])
def test_what_pages_nobody_is_an_event_with_a_tag(mark: str) -> None:
    document = indexed(record(mark))
    assert (document["event"]["kind"], document["tags"]) == ("event", [mark])


def test_only_the_opening_of_an_episode_is_an_alert() -> None:
    kinds = [indexed(record(activity=activity))["event"]["kind"] for activity in Activity]
    assert kinds == ["alert", "event", "event"]


def test_a_campaign_names_its_members() -> None:
    document = indexed(campaign_record())
    assert document["related"]["user"] == ["acme", "Überbank"]
    assert document["distillwatch"]["accounts"] == 60
    assert document["distillwatch"]["campaign"] == document["distillwatch"]["episode"]
    assert len(document["threat"]["tactic"]["id"]) == 2


def test_the_template_uses_the_pipeline_that_the_readme_creates() -> None:
    name = TEMPLATE["template"]["settings"]["index.default_pipeline"]
    assert f"_ingest/pipeline/{name}" in README


def test_the_readme_lists_every_ecs_field_and_no_other() -> None:
    table = README.split("| ECS field |")[1].split("\n\n")[0]
    rows = {row.split("|")[1].strip(" `") for row in table.splitlines()[2:]}
    assert rows == set(FIELDS) - {"error.message"}
