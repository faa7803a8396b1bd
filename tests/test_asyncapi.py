"""The AsyncAPI document is one, and says what the code does."""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import fields as fields_of
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given

from models.control.annotation import Annotation
from models.control.encoding import change_fields, encode_change
from models.control.parsing import parse_change
from models.control.records import Change
from models.episode import State
from models.errors import DecodeError
from models.event import RequestEvent
from models.finding import Activity, Severity
from models.native import decode_native
from models.score import Score
from streams.dead_letters import DeadLetter
from streams.notify.rights import group_of
from streams.ocsf import to_ocsf, to_record
from streams.score_record import score_to_json
from streams.settings import Settings
from streams.topic_specs import TopicSpec, wanted_topics
from tests.asyncapi import DOCUMENT, FILE, SCHEMAS, complaints, resolved
from tests.models.control.changes import changes, every_change, verdict
from tests.streams.test_ocsf import FINDING
from tests.streams.test_ocsf_campaign import CAMPAIGN

with warnings.catch_warnings():
    # Two of its models name a field as pydantic names a method.
    warnings.filterwarnings("ignore", 'Field name "schema"', UserWarning)
    from asyncapi3 import AsyncAPI3

CHANNELS: dict[str, Any] = DOCUMENT["channels"]
OPERATIONS: dict[str, Any] = DOCUMENT["operations"]
EVERY = Settings.model_validate({"scores": {"enabled": True}})
SPECS = {spec.role: spec for spec in wanted_topics(EVERY, EVERY.topics.partitions)}
NUMBERS = {"retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes"}
NAMED = ("metadata", "finding_info", "unmapped")


def references(value: object) -> Iterator[dict[str, str]]:
    """Every reference of the document."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def configuration(spec: TopicSpec) -> dict[str, Any]:
    """What a topic is created with, as the Kafka binding writes it."""
    return {
        name: value.split(",") if name == "cleanup.policy" else int(value) if name in NUMBERS else value
        for name, value in spec.creation_config().items()
    }


def test_it_is_an_asyncapi_3_document_with_kafka_bindings() -> None:
    assert AsyncAPI3.model_validate(DOCUMENT).asyncapi == "3.0.0"
    bindings = [*CHANNELS.values(), *DOCUMENT["components"]["messages"].values()]
    assert {binding["bindings"]["kafka"]["bindingVersion"] for binding in bindings} == {"0.5.0"}


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert found
    assert all(resolved(reference) for reference in found)


def test_it_has_the_version_of_the_project() -> None:
    project = tomllib.loads((FILE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert DOCUMENT["info"]["version"] == project["project"]["version"]


def test_every_topic_is_a_channel_and_no_other_is() -> None:
    assert {channel["x-setting"]: channel["address"] for channel in CHANNELS.values()} == {
        role: spec.name for role, spec in SPECS.items()
    }


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_a_channel_has_the_partitions_and_the_configuration_that_its_topic_is_created_with(
    channel: dict[str, Any],
) -> None:
    spec, kafka = SPECS[channel["x-setting"]], channel["bindings"]["kafka"]
    assert (kafka["partitions"], kafka["replicas"]) == (spec.partitions, spec.replication)
    assert kafka["topicConfiguration"] == configuration(spec)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_worker_reads_and_writes_a_channel_as_it_needs_rights_on_the_topic(name: str) -> None:
    actions = {
        operation["action"]
        for operation in OPERATIONS.values()
        if operation["channel"]["$ref"] == f"#/channels/{name}" and operation["x-role"] == "worker"
    }
    rights = SPECS[CHANNELS[name]["x-setting"]].rights
    assert actions == {{"READ": "receive", "WRITE": "send"}[right] for right in rights}


def test_the_groups_are_those_that_read() -> None:
    groups = {
        role: binding["kafka"]["groupId"]["enum"]
        for role, binding in DOCUMENT["components"]["operationBindings"].items()
    }
    assert groups == {"worker": [Settings().kafka.group], "notify": [group_of(Settings())]}


def test_the_native_event_has_the_fields_of_the_code_and_no_other() -> None:
    assert list(SCHEMAS["request"]["properties"]) == [field.name for field in fields_of(RequestEvent)]


VALUES = [
    None,
    True,
    0,
    3,
    -1,
    2**31,
    2.5,
    "",
    "text",
    "2026-11-24T08:00:00Z",
    [],
    ["x"],
    [1],
    {},
    {"a": 1},
]


@pytest.mark.parametrize("name", SCHEMAS["request"]["properties"])
def test_the_schema_of_a_native_event_takes_what_the_decoder_takes(name: str) -> None:
    for value in VALUES:
        record = {"id": "r", "time": 1_795_449_600_000, "tenant": "acme", name: value}
        if name in {"time", "signed_up"} and not isinstance(value, bool | list | dict):
            continue  # that a time lies within some years is more than a schema says
        if name == "embedding" and isinstance(value, list):
            continue  # how long it is is a setting
        try:
            decoded = decode_native(orjson.dumps(record)) is not None
        except DecodeError:
            decoded = False
        assert (complaints("request", record) == []) is decoded, value


@pytest.mark.parametrize("example", DOCUMENT["components"]["messages"]["request"]["examples"])
def test_the_examples_of_native_events_are_understood(example: dict[str, Any]) -> None:
    assert complaints("request", example["payload"]) == []
    event = decode_native(orjson.dumps(example["payload"]))
    assert event is not None
    assert event.tenant == "acme"


@pytest.mark.parametrize("activity", list(Activity))
@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("replay", [False, True])
def test_findings_are_as_the_document_says(activity: Activity, severity: Severity, *, replay: bool) -> None:
    more = {"population": "2026-03-05T07:40Z-1684ea4e", "campaign": CAMPAIGN.uid}
    for finding in (FINDING, replace(FINDING, **more)):
        found = to_ocsf(replace(finding, activity=activity, severity=severity), replay=replay)
        assert complaints("finding", found) == []
    found = to_ocsf(replace(CAMPAIGN, activity=activity, severity=severity), replay=replay)
    assert complaints("campaignFinding", found) == []


def test_every_field_of_a_finding_that_is_documented_is_said() -> None:
    more = {"population": "2026-03-05T07:40Z-1684ea4e", "campaign": CAMPAIGN.uid}
    marks = Annotation(("c1",), ("c2",), shadow_by="c3", verdict=verdict(FINDING.uid, reason="known"))
    asked = replace(marks, override="c4", sample="c5")
    for schema, finding, annotation in (
        ("finding", replace(FINDING, **more), asked),
        ("campaignFinding", CAMPAIGN, marks),
    ):
        said, documented = to_ocsf(finding, annotation, replay=True), SCHEMAS[schema]["properties"]
        assert complaints(schema, said) == []
        assert set(documented) == set(said)
        for name in NAMED:
            assert set(documented[name]["properties"]) == set(said[name])


@given(changes())
def test_every_change_that_can_be_written_is_as_the_document_says(one: Change) -> None:
    assert complaints("change", orjson.loads(encode_change(one)[1])) == []


def test_every_field_of_a_change_is_documented_and_no_other_is() -> None:
    assert set(SCHEMAS["change"]["properties"]) == set().union(*map(change_fields, every_change()))


def test_the_example_of_a_change_is_understood() -> None:
    (example,) = DOCUMENT["components"]["messages"]["change"]["examples"]
    assert complaints("change", example["payload"]) == []
    assert parse_change(orjson.dumps(example["payload"])).kind == "suppress"


@pytest.mark.parametrize("episode", ["", FINDING.uid])
def test_scores_are_as_the_document_says(episode: str) -> None:
    standing = (State.ALERTING, 1.0, 2.0, episode, FINDING.signals)
    score = Score("acme", 1_795_449_600_000, 1, 2, *standing, content_seen=True, config_digest="0123456789ab")
    found = score_to_json(score)
    assert complaints("score", found) == []
    assert set(found) | {"episode"} == set(SCHEMAS["score"]["properties"])


def test_a_field_that_is_not_documented_is_a_complaint() -> None:
    assert complaints("finding", to_ocsf(FINDING) | {"prompt": "text"})


@pytest.mark.parametrize("activity", list(Activity))
def test_the_headers_of_a_finding_are_those_of_the_document(activity: Activity) -> None:
    _, _, headers = to_record(replace(FINDING, activity=activity))
    assert complaints("cloudEvent", {name: value.decode() for name, value in headers}) == []
    assert list(SCHEMAS["cloudEvent"]["properties"]) == [name for name, _ in headers]


def test_the_headers_of_a_dead_letter_are_those_of_the_document() -> None:
    for stage in SCHEMAS["deadLetterHeaders"]["properties"]["stage"]["enum"]:
        headers = DeadLetter(None, b"", "not_json", "", stage, "requests", 0, 17, "native").headers()
        assert complaints("deadLetterHeaders", {name: value.decode() for name, value in headers}) == []
        assert list(SCHEMAS["deadLetterHeaders"]["properties"]) == [name for name, _ in headers]
