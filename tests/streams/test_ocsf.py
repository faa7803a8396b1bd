"""Findings as OCSF 1.8 Detection Findings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import orjson
import pytest

from models.finding import Activity, Finding, RequestRef, Severity, SignalReading
from streams.cloudevents import headers
from streams.ocsf import to_ocsf, to_record

FINDING = Finding(
    uid="4f0c2a6e-1111-5222-8333-444444444444",
    activity=Activity.CREATE,
    tenant="acme",
    time=1_772_582_400_500,
    start_time=1_772_578_800_000,
    severity=Severity.HIGH,
    risk_score=78,
    confidence_score=96,
    evidence=2_500_000.0,
    threshold=1_250.0,
    budget_days=90.0,
    count=57,
    signals=(
        SignalReading("novelty", 9.5, 3.25, "nats of surprise", 0.9),
        SignalReading("rate", 120.0, 15.0, "requests an hour", 0.1),
    ),
    requests=(RequestRef("req-7", "llm-requests", 2, 141, "00ff00ff00ff00ff"),),
    content_seen=True,
    config_digest="abcdef012345",
)
REQUIRED = {
    *(
        "activity_id",
        "category_uid",
        "class_uid",
        "finding_info",
        "metadata",
        "severity_id",
        "time",
        "type_uid",
    ),
}
every_activity = pytest.mark.parametrize("activity", list(Activity))


def objects(value: Any) -> list[dict[str, Any]]:
    """All objects inside a JSON value, itself included."""
    if isinstance(value, dict):
        return [value, *(inner for item in value.values() for inner in objects(item))]
    return [inner for item in value for inner in objects(item)] if isinstance(value, list) else []


@every_activity
def test_the_fields_that_the_class_requires_are_there(activity: Activity) -> None:
    found = to_ocsf(replace(FINDING, activity=activity))
    assert set(found) >= REQUIRED
    assert None not in found.values()
    assert {"title", "uid"} <= set(found["finding_info"])
    assert {"product", "version"} <= set(found["metadata"])
    assert found["metadata"]["version"] == "1.8.0"
    assert found["metadata"]["product"]["vendor_name"]
    assert found["remediation"]["desc"]


@every_activity
def test_class_activity_and_type_agree(activity: Activity) -> None:
    found = to_ocsf(replace(FINDING, activity=activity))
    assert found["class_uid"] == 2004
    assert found["category_uid"] == found["class_uid"] // 1000 == 2
    assert found["activity_id"] == activity
    assert found["type_uid"] == found["class_uid"] * 100 + found["activity_id"]
    assert found["type_name"] == f"{found['class_name']}: {found['activity_name']}"


@every_activity
def test_only_a_create_is_an_alert(activity: Activity) -> None:
    assert to_ocsf(replace(FINDING, activity=activity))["is_alert"] is (activity is Activity.CREATE)


def test_the_status_follows_the_activity() -> None:
    found = [to_ocsf(replace(FINDING, activity=activity)) for activity in Activity]
    assert [(item["status_id"], item["status"]) for item in found] == [
        *((1, "New"), (2, "In Progress"), (4, "Resolved")),
    ]


@pytest.mark.parametrize(
    ("severity", "number", "name"),
    [(Severity.MEDIUM, 3, "Medium"), (Severity.HIGH, 4, "High"), (Severity.CRITICAL, 5, "Critical")],
)
def test_severity_has_the_number_and_the_name_of_ocsf(severity: Severity, number: int, name: str) -> None:
    found = to_ocsf(replace(FINDING, severity=severity))
    assert (found["severity_id"], found["severity"]) == (number, name)


@pytest.mark.parametrize(
    ("score", "number", "name"), [(10, 1, "Low"), (80, 2, "Medium"), (94, 2, "Medium"), (95, 3, "High")]
)
def test_confidence_has_the_number_and_the_name_of_ocsf(score: int, number: int, name: str) -> None:
    found = to_ocsf(replace(FINDING, confidence_score=score))
    assert (found["confidence_score"], found["confidence_id"], found["confidence"]) == (score, number, name)


def test_the_times_are_event_times() -> None:
    found = to_ocsf(FINDING)
    assert (found["time"], found["start_time"]) == (FINDING.time, FINDING.start_time)
    info = found["finding_info"]
    assert (info["first_seen_time"], info["last_seen_time"]) == (FINDING.start_time, FINDING.time)


@every_activity
def test_all_statements_of_an_episode_share_their_uid(activity: Activity) -> None:
    assert to_ocsf(replace(FINDING, activity=activity))["finding_info"]["uid"] == FINDING.uid


def test_the_tenant_is_named_and_is_no_resource() -> None:
    found = to_ocsf(FINDING)
    assert found["metadata"]["tenant_uid"] == "acme"
    assert "resources" not in found


def test_the_attack_is_named_as_in_atlas() -> None:
    (attack,) = to_ocsf(FINDING)["finding_info"]["attacks"]
    assert attack["tactic"]["uid"] == "AML.TA0010"
    assert attack["technique"]["uid"] == "AML.T0024"
    assert attack["sub_technique"]["uid"] == "AML.T0024.002"


def test_each_signal_is_told_as_expected_against_observed_the_strongest_first() -> None:
    analyses = to_ocsf(FINDING)["anomaly_analyses"]
    assert [item["anomalies"][0]["observation_parameter"] for item in analyses] == ["novelty", "rate"]
    assert analyses[0]["anomalies"][0]["observations"] == [{"value": "9.5 nats of surprise"}]
    assert analyses[0]["baselines"][0]["observations"] == [{"value": "3.25 nats of surprise"}]
    assert all(item["analysis_targets"][0]["name"] == "acme" for item in analyses)


def test_the_requests_can_be_found_again() -> None:
    (evidence,) = to_ocsf(FINDING)["evidences"]
    assert evidence["data"]["requests"] == [
        {
            "request_id": "req-7",
            "topic": "llm-requests",
            "partition": 2,
            "offset": 141,
            "template_hash": "00ff00ff00ff00ff",
        }
    ]


def test_what_ocsf_has_no_field_for_is_unmapped() -> None:
    unmapped = to_ocsf(FINDING)["unmapped"]
    assert unmapped["evidence"] == FINDING.evidence
    assert unmapped["threshold"] == FINDING.threshold
    assert unmapped["budget_days"] == FINDING.budget_days
    assert unmapped["config_digest"] == FINDING.config_digest
    assert unmapped["content_seen"] is True
    assert unmapped["model_version"]


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.MEDIUM, "verify"), (Severity.HIGH, "throttle"), (Severity.CRITICAL, "suspend")],
)
def test_the_response_grows_with_the_severity_and_names_the_runbook(severity: Severity, level: str) -> None:
    remediation = to_ocsf(replace(FINDING, severity=severity))["remediation"]
    assert remediation["desc"].startswith(f"{level}: ")
    assert "2e+03 times" in remediation["desc"]
    assert "90 days" in remediation["desc"]
    assert remediation["references"] == ["docs/operations.md#an-alert-opened"]


def test_a_closed_episode_asks_for_nothing_but_watching() -> None:
    found = to_ocsf(replace(FINDING, activity=Activity.CLOSE, severity=Severity.CRITICAL))
    assert found["remediation"]["desc"].startswith("observe: ")
    assert "quiet" in found["message"]


def test_the_message_says_what_stands_out() -> None:
    message = to_ocsf(FINDING)["message"]
    assert (
        message == "Tenant acme departs from its own past, most in novelty: 9.5 against 3.25 nats of surprise"
    )


def test_a_finding_of_an_account_in_a_campaign_names_the_campaign() -> None:
    campaign = "4f0c2a6e-1111-5222-8333-555555555555"
    found = to_ocsf(replace(FINDING, campaign=campaign))
    assert found["finding_info"]["related_events"] == [
        {
            "uid": campaign,
            "title": "Accounts harvest the model together",
            "type_uid": 200401,
            "type_name": "Detection Finding: Create",
        }
    ]
    assert found["metadata"]["correlation_uid"] == campaign
    assert found["metadata"]["tenant_uid"] == "acme"
    assert found["message"] == f"{to_ocsf(FINDING)['message']}; takes part in campaign {campaign}"


def test_a_finding_of_an_account_alone_names_no_campaign() -> None:
    found = to_ocsf(FINDING)
    assert "related_events" not in found["finding_info"]
    assert "correlation_uid" not in found["metadata"]


def test_a_judgement_on_metadata_alone_is_said_in_the_message() -> None:
    assert "metadata alone" not in to_ocsf(FINDING)["message"]
    found = to_ocsf(replace(FINDING, content_seen=False))
    assert found["message"].endswith("(judged on metadata alone)")
    assert found["unmapped"]["content_seen"] is False


def test_a_finding_of_a_backtest_is_labelled() -> None:
    assert to_ocsf(FINDING, replay=True)["metadata"]["labels"] == ["replay"]
    assert "labels" not in to_ocsf(FINDING)["metadata"]
    live, replayed = to_ocsf(FINDING), to_ocsf(FINDING, replay=True)
    del replayed["metadata"]["labels"]
    assert live == replayed


@every_activity
def test_a_finding_is_json_and_comes_back_as_it_was(activity: Activity) -> None:
    found = to_ocsf(replace(FINDING, activity=activity))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert orjson.loads(orjson.dumps(found)) == found


def test_every_number_is_plain_and_every_object_has_content() -> None:
    for item in objects(to_ocsf(FINDING)):
        assert item
        assert all(type(value) in {str, int, float, bool, dict, list} for value in item.values())


def test_a_record_is_keyed_by_the_tenant() -> None:
    key, value, found = to_record(replace(FINDING, tenant="Überbank"))
    assert key == "Überbank".encode()
    assert orjson.loads(value) == to_ocsf(replace(FINDING, tenant="Überbank"))
    assert found == headers(replace(FINDING, tenant="Überbank"))


def test_equal_findings_give_equal_records() -> None:
    assert to_record(replace(FINDING)) == to_record(FINDING)
