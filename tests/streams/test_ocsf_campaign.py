"""Campaigns as OCSF 1.8 Detection Findings."""

from __future__ import annotations

import json
from dataclasses import replace

import orjson
import pytest

from models.campaign.finding import MOST_NAMED, CampaignFinding, Member
from models.event import MAX_NAME_BYTES
from models.finding import Activity, RequestRef, Severity, SignalReading
from streams.cloudevents import headers
from streams.ocsf import to_ocsf, to_record
from tests.streams.test_ocsf import REQUIRED, objects

LARGEST_RECORD = 1_000_000
"""Bytes: what librdkafka sends and Apache Kafka takes unless told otherwise."""

OPENED, NOW = 1_772_578_800_000, 1_772_582_400_500
CAMPAIGN = CampaignFinding(
    uid="4f0c2a6e-1111-5222-8333-555555555555",
    activity=Activity.CREATE,
    time=NOW,
    start_time=OPENED,
    severity=Severity.HIGH,
    risk_score=78,
    confidence_score=96,
    evidence=2_500_000.0,
    threshold=1_250.0,
    false_per_day=0.01,
    members=(Member("acme", 97, OPENED, OPENED + 5, 26, 1.0), Member("Überbank", 60, 1, 2, 3, 0.125)),
    accounts=60,
    count=1_560,
    disjoint=0.974,
    templates=(0xFF00FF00FF00FF00, 7),
    signals=(
        SignalReading("members", 60.0, 2.5, "accounts of a template", 0.9),
        SignalReading("newness", 0.92, 0.1, "share of new accounts", 0.1),
    ),
    requests=(RequestRef("req-7", "llm-requests", 2, 141, "ff00ff00ff00ff00"),),
    config_digest="abcdef012345",
)
ALONE = "97% of the prompts were sent by one of them alone (newly named here:"
every_activity = pytest.mark.parametrize("activity", list(Activity))


@every_activity
def test_class_activity_type_and_what_the_class_requires_are_there(activity: Activity) -> None:
    found = to_ocsf(replace(CAMPAIGN, activity=activity))
    assert set(found) >= REQUIRED
    assert (found["category_uid"], found["class_uid"], found["activity_id"]) == (2, 2004, activity)
    assert found["type_uid"] == 200400 + activity
    assert found["is_alert"] is (activity is Activity.CREATE)
    assert found["finding_info"]["uid"] == CAMPAIGN.uid
    assert found["finding_info"]["title"] == "Accounts harvest the model together"
    assert found["finding_info"]["analytic"]["uid"] == "distillwatch-campaigns"
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_newly_named_accounts_are_the_resources() -> None:
    first, second = to_ocsf(CAMPAIGN)["resources"]
    assert first == {
        "type": "tenant",
        "uid": "acme",
        "data": {"confidence_score": 97, "started": OPENED, "joined": OPENED + 5, "count": 26, "share": 1.0},
    }
    assert second["uid"] == "Überbank"
    assert to_ocsf(replace(CAMPAIGN, activity=Activity.UPDATE, members=()))["resources"] == []


def test_it_is_about_no_single_tenant() -> None:
    found = to_ocsf(CAMPAIGN)
    assert "tenant_uid" not in found["metadata"]
    assert found["metadata"]["correlation_uid"] == CAMPAIGN.uid
    assert {item["analysis_targets"][0]["type"] for item in found["anomaly_analyses"]} == {"campaign"}


def test_the_attacks_are_named_as_in_atlas() -> None:
    attacks = to_ocsf(CAMPAIGN)["finding_info"]["attacks"]
    assert [
        tuple(attack[part]["uid"] for part in ("tactic", "technique", "sub_technique")) for attack in attacks
    ] == [
        ("AML.TA0010", "AML.T0024", "AML.T0024.002"),
        ("AML.TA0003", "AML.T0008", "AML.T0008.005"),
    ]


def test_the_requests_and_the_signals_are_told_as_in_other_findings() -> None:
    found = to_ocsf(CAMPAIGN)
    (request,) = found["evidences"][0]["data"]["requests"]
    assert request["request_id"] == "req-7"
    assert request["offset"] == 141
    assert [item["anomalies"][0]["observation_parameter"] for item in found["anomaly_analyses"]] == [
        *("members", "newness"),
    ]


def test_what_ocsf_has_no_field_for_is_unmapped() -> None:
    unmapped = to_ocsf(CAMPAIGN)["unmapped"]
    same = ("evidence", "threshold", "false_per_day", "accounts", "disjoint", "config_digest")
    assert [unmapped[name] for name in same] == [getattr(CAMPAIGN, name) for name in same]
    assert unmapped["templates"] == ["ff00ff00ff00ff00", "0000000000000007"]
    assert unmapped["model_version"]


@pytest.mark.parametrize(
    ("finding", "message"),
    [
        (CAMPAIGN, f"60 accounts share 2 templates and the work: {ALONE} 2)"),
        (
            replace(CAMPAIGN, templates=(7,), accounts=25_000, members=()),
            f"25,000 accounts share one template and the work: {ALONE} 0)",
        ),
        (
            replace(CAMPAIGN, activity=Activity.CLOSE),
            "A campaign of 60 accounts has been quiet for the closing period",
        ),
    ],
    ids=["create", "one template", "close"],
)
def test_the_message_says_what_they_do_together(finding: CampaignFinding, message: str) -> None:
    found = to_ocsf(finding)
    assert found["message"] == found["finding_info"]["desc"] == message


@pytest.mark.parametrize(
    ("activity", "severity", "level"),
    [
        (Activity.CREATE, Severity.MEDIUM, "verify"),
        (Activity.UPDATE, Severity.CRITICAL, "suspend"),
        (Activity.CLOSE, Severity.CRITICAL, "observe"),
    ],
)
def test_the_response_states_the_budget_and_names_the_runbook(
    activity: Activity, severity: Severity, level: str
) -> None:
    remediation = to_ocsf(replace(CAMPAIGN, activity=activity, severity=severity))["remediation"]
    assert remediation["desc"].startswith(f"{level}: ")
    assert remediation["desc"].endswith("threshold of 0.01 false campaigns a day in the whole fleet")
    assert remediation["references"] == ["docs/operations.md#a-campaign-opened"]


def test_a_finding_of_a_backtest_is_labelled() -> None:
    assert to_ocsf(CAMPAIGN, replay=True)["metadata"]["labels"] == ["replay"]


def test_every_number_is_plain_and_every_object_has_content() -> None:
    for item in objects(to_ocsf(CAMPAIGN)):
        assert item
        assert all(type(value) in {str, int, float, bool, dict, list} for value in item.values())


def test_a_record_is_keyed_by_the_campaign_and_says_so_in_its_headers() -> None:
    key, value, found = to_record(CAMPAIGN)
    assert key == CAMPAIGN.uid.encode()
    assert orjson.loads(value) == to_ocsf(CAMPAIGN)
    assert found == headers(CAMPAIGN)
    said = dict(found)
    assert said["ce_subject"] == key
    assert said["ce_id"].decode() == f"{CAMPAIGN.uid}/1/{NOW}"
    assert said["ce_type"] == b"distillwatch.finding.created"


@pytest.mark.parametrize("letter", ["a", "ü", '"', "\x01"], ids=["ascii", "unicode", "quote", "control"])
def test_a_finding_with_all_the_members_that_it_may_name_fits_into_a_record(letter: str) -> None:
    name = letter * (MAX_NAME_BYTES // len(letter.encode()))
    members = (Member(name, 100, NOW, NOW, 2**31, 0.123456789012345),) * MOST_NAMED
    requests = (RequestRef(name, "t" * 249, 2**31 - 1, 2**63 - 1, "ff00ff00ff00ff00"),) * 16
    full = replace(CAMPAIGN, members=members, requests=requests, templates=(2**64 - 1,) * 100)
    key, value, found = to_record(full)
    assert len(key) + len(value) + sum(len(a) + len(b) for a, b in found) < LARGEST_RECORD
