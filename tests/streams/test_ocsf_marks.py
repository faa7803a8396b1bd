"""What operators have to say of a finding, in its record."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from models.control.annotation import PLAIN, Annotation
from models.control.records import Sample
from models.control.sample import sample_of
from models.finding import Activity
from streams.annotate import sample_record
from streams.ocsf import to_ocsf
from tests.models.control.changes import TIME, verdict
from tests.streams.test_ocsf import FINDING, every_activity
from tests.streams.test_ocsf_campaign import CAMPAIGN

SILENCED = Annotation(suppressed_by=("s1", "a1"))
both = pytest.mark.parametrize("finding", [FINDING, CAMPAIGN])


@both
@every_activity
def test_a_finding_of_which_nobody_says_anything_is_as_it_was(finding: object, activity: Activity) -> None:
    one = replace(finding, activity=activity)  # type: ignore[type-var]
    assert to_ocsf(one, PLAIN) == to_ocsf(one)
    assert "suppressed_by" not in to_ocsf(one)["unmapped"]


@both
@pytest.mark.parametrize("activity", [Activity.CREATE, Activity.UPDATE])
def test_a_suppressed_finding_says_so_and_alerts_nobody(finding: object, activity: Activity) -> None:
    found = to_ocsf(replace(finding, activity=activity), SILENCED)  # type: ignore[type-var]
    assert (found["status_id"], found["status"], found["is_alert"]) == (3, "Suppressed", False)
    assert found["unmapped"]["suppressed_by"] == ["s1", "a1"]


def test_a_close_is_resolved_whoever_silences_it() -> None:
    found = to_ocsf(replace(FINDING, activity=Activity.CLOSE), SILENCED)
    assert (found["status_id"], found["is_alert"]) == (4, False)
    assert found["unmapped"]["suppressed_by"] == ["s1", "a1"]


def test_a_dry_run_leaves_the_finding_an_alert() -> None:
    found = to_ocsf(FINDING, Annotation(would_suppress=("s1",)))
    assert (found["status_id"], found["is_alert"], found["unmapped"]["would_suppress"]) == (1, True, ["s1"])


@both
def test_a_finding_in_shadow_is_experimental_and_alerts_nobody(finding: object) -> None:
    found = to_ocsf(finding, Annotation(shadow_by="c1"))  # type: ignore[arg-type]
    analytic = found["finding_info"]["analytic"]
    assert (analytic["state_id"], analytic["state"]) == (3, "Experimental")
    assert (found["is_alert"], found["status_id"], found["unmapped"]["shadow_by"]) == (False, 1, "c1")


def test_an_update_that_outgrew_a_rule_is_an_alert() -> None:
    update = replace(FINDING, activity=Activity.UPDATE)
    assert to_ocsf(update, Annotation(outgrew=True))["is_alert"]
    assert not to_ocsf(update, Annotation(outgrew=True, shadow_by="c1"))["is_alert"]


def test_a_verdict_stands_in_the_close_with_its_reason_and_its_author() -> None:
    given = verdict(FINDING.uid, "benign", reason="a launch")
    found = to_ocsf(replace(FINDING, activity=Activity.CLOSE), Annotation(verdict=given))
    assert found["unmapped"]["verdict"] == {"verdict": "benign", "change": "v1", "author": "ann"}
    assert found["comment"] == "a launch"
    assert "comment" not in to_ocsf(FINDING, Annotation(verdict=verdict(FINDING.uid)))


def test_a_sample_is_marked_wherever_somebody_may_look() -> None:
    key, value, headers = sample_record("c1", TIME, Sample("acme"))
    found = json.loads(value)
    assert key == b"acme"
    assert dict(headers)["ce_type"] == b"distillwatch.finding.created"
    for text in (found["message"], found["finding_info"]["title"], found["finding_info"]["desc"]):
        assert text.startswith("[SAMPLE] ")
    assert found["metadata"]["labels"] == ["sample"]
    assert found["unmapped"]["verdict"] == {"verdict": "test"}
    assert found["unmapped"]["sample"] == "c1"
    assert found["is_alert"]
    assert to_ocsf(sample_of("c1", TIME, Sample("acme")), Annotation(sample="c1")) == found
