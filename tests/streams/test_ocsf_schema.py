"""Every kind of finding against the schema of OCSF 1.8.0 itself, which a package brings along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from models.finding import Activity, Severity
from streams.ocsf import to_ocsf
from tests.streams.notify.findings import EVERY, OF_CAMPAIGNS, campaign_record, record
from tests.streams.test_ocsf import FINDING
from tests.streams.test_ocsf_campaign import CAMPAIGN

MORE = {"population": "2026-03-05T07:40Z-1684ea4e", "campaign": CAMPAIGN.uid}


@pytest.fixture(scope="module")
def ocsf() -> dict[str, Any]:
    """OCSF 1.8.0, compiled."""
    found: dict[str, Any] = get_ocsf_schema("1.8.0")
    return found


@pytest.fixture(scope="module")
def validator(ocsf: dict[str, Any]) -> Draft202012Validator:
    """A validator of Detection Findings."""
    schema = OcsfJsonSchemaEmbedded(ocsf).get_class_schema(class_name="detection_finding")
    return Draft202012Validator(schema)


def complaints(validator: Draft202012Validator, found: dict[str, Any]) -> list[str]:
    """What the schema has to say against a finding."""
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(found)]


def every_kind() -> list[Any]:
    """Findings on tenants and campaigns, of each activity, severity and mark."""
    kinds = [
        pytest.param(
            to_ocsf(replace(finding, activity=activity, severity=severity)),
            id=f"{name}-{activity.name}-{severity.name}",
        )
        for name, finding in (
            ("tenant", FINDING),
            ("newcomer", replace(FINDING, **MORE)),
            ("campaign", CAMPAIGN),
        )
        for activity in Activity
        for severity in Severity
    ]
    return [
        *kinds,
        *(pytest.param(record(mark), id=f"tenant-{mark}") for mark in EVERY),
        *(pytest.param(campaign_record(mark), id=f"campaign-{mark}") for mark in OF_CAMPAIGNS),
    ]


@pytest.mark.parametrize("found", every_kind())
def test_a_finding_is_what_the_schema_says(validator: Draft202012Validator, found: dict[str, Any]) -> None:
    assert complaints(validator, found) == []


def test_the_schema_is_that_of_the_version_that_findings_name(ocsf: dict[str, Any]) -> None:
    assert ocsf["version"] == to_ocsf(FINDING)["metadata"]["version"]


def test_the_schema_is_strict(validator: Draft202012Validator) -> None:
    found = to_ocsf(FINDING)
    for wrong in (
        found | {"galaxy": 1},
        found | {"severity_id": "3"},
        found | {"severity_id": 42},
        {name: value for name, value in found.items() if name != "finding_info"},
        found | {"metadata": found["metadata"] | {"galaxy": 1}},
    ):
        assert complaints(validator, wrong)


ENUMS = ("activity", "severity", "status", "confidence", "type")


@pytest.mark.parametrize("found", every_kind())
def test_a_name_is_the_one_that_the_schema_gives_its_number(
    ocsf: dict[str, Any], found: dict[str, Any]
) -> None:
    attributes = ocsf["classes"]["detection_finding"]["attributes"]
    for name in ENUMS:
        number, caption = ("type_uid", "type_name") if name == "type" else (f"{name}_id", name)
        caption = "activity_name" if name == "activity" else caption
        assert attributes[number]["enum"][str(found[number])]["caption"] == found[caption]
    analytic = found["finding_info"]["analytic"]
    states = ocsf["objects"]["analytic"]["attributes"]
    assert states["state_id"]["enum"][str(analytic["state_id"])]["caption"] == analytic["state"]
    assert states["type_id"]["enum"][str(analytic["type_id"])]["caption"] == analytic["type"]
