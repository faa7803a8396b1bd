"""What rules have to say of findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.control.annotation import PLAIN, SETTING, Annotation, Annotator, Said
from models.control.records import Change, Sample
from models.control.sample import sample_of
from models.control.signals import SIGNALS
from models.finding import Activity, Severity
from tests.models.control.changes import HOUR, TIME, change, control, verdict
from tests.streams.test_ocsf import FINDING as PLAIN_FINDING
from tests.streams.test_ocsf_campaign import CAMPAIGN

FINDING = replace(PLAIN_FINDING, time=TIME + 1)
END = {"until": TIME + HOUR}
UPDATE = replace(FINDING, activity=Activity.UPDATE)


def suppress(name: str = "s", **fields: object) -> Change:
    """A suppression of an hour."""
    return change("suppress", name, **{"reason": "known", "actions": ["do_not_alert"], **END} | fields)


def annotate(*changes: Change, finding: Said = FINDING) -> Annotation:
    """What changes have to say of a finding."""
    return Annotator(control(*changes)).annotate(finding)


def suppressed(*changes: Change, finding: Said = FINDING) -> tuple[str, ...]:
    """The rules that silence a finding."""
    return annotate(*changes, finding=finding).suppressed_by


def test_without_a_rule_there_is_nothing_to_say() -> None:
    assert annotate() == PLAIN
    assert not PLAIN.silent


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({}, True),
        ({"tenant": "acme"}, True),
        ({"tenant": "a*e"}, True),
        ({"tenant": "globex"}, False),
        ({"signal": "novelty"}, True),
        ({"signal": "habits"}, False),
        ({"severity_at_most": "high"}, True),
        ({"severity_at_most": "medium"}, False),
        ({"until": TIME + 1}, False),
        ({"from": TIME + 2}, False),
    ],
)
def test_a_suppression_silences_what_fits_in_its_period(fields: dict[str, object], *, fits: bool) -> None:
    assert suppressed(suppress(**fields)) == (("s",) if fits else ())


def test_a_dry_run_silences_nothing_and_is_told() -> None:
    found = annotate(suppress(dry_run=True))
    assert (found.suppressed_by, found.would_suppress) == ((), ("s",))
    assert not found.silent


def test_a_rule_that_only_stops_learning_silences_nothing() -> None:
    assert suppressed(suppress(actions=["do_not_learn"])) == ()


def test_an_allowed_tenant_alerts_nobody() -> None:
    allow = change("allow", "a", tenant="acme", purpose="nightly")
    assert suppressed(allow) == ("a",)
    assert suppressed(allow, finding=replace(FINDING, tenant="globex")) == ()


def test_all_rules_that_fit_are_told() -> None:
    allow = change("allow", "a", tenant="acme", purpose="nightly")
    assert suppressed(suppress(), suppress("s2", tenant="globex"), suppress("s3"), allow) == ("a", "s", "s3")


@pytest.mark.parametrize(
    ("fields", "fits"),
    [({}, True), ({"signal": "campaign"}, True), ({"tenant": "acme"}, False), ({"tenant": "a*"}, False)],
)
def test_a_campaign_is_silenced_by_what_is_for_all_tenants(fields: dict[str, object], *, fits: bool) -> None:
    found = suppressed(suppress(**fields), finding=replace(CAMPAIGN, time=TIME + 1))
    assert found == (("s",) if fits else ())


@pytest.mark.parametrize(("activity", "outgrew"), [(Activity.CREATE, False), (Activity.UPDATE, True)])
def test_an_update_that_outgrows_a_rule_is_told(activity: Activity, *, outgrew: bool) -> None:
    graver = replace(FINDING, activity=activity, severity=Severity.CRITICAL)
    found = annotate(suppress(severity_at_most="high"), finding=graver)
    assert found.outgrew is outgrew


def test_a_dry_run_that_is_outgrown_changes_nothing() -> None:
    graver = replace(UPDATE, severity=Severity.CRITICAL)
    assert annotate(suppress(severity_at_most="high", dry_run=True), finding=graver) == PLAIN


@pytest.mark.parametrize(
    ("scope", "shadowed"),
    [
        ({"scope": "application"}, True),
        ({"scope": "tenant", "tenant": "acme"}, True),
        ({"scope": "tenant", "tenant": "globex"}, False),
        ({"scope": "signal", "signal": "novelty"}, True),
        ({"scope": "signal", "signal": "rate"}, False),
    ],
)
def test_shadow_is_on_for_what_it_names(scope: dict[str, object], *, shadowed: bool) -> None:
    found = annotate(change("shadow", "on", **{**scope, "on": True}))
    assert found.shadow_by == ("on" if shadowed else "")
    assert found.silent is shadowed


def test_the_last_switch_of_a_scope_counts_and_scopes_do_not_mix() -> None:
    every = {"scope": "application"}
    on, off = (change("shadow", name, **{**every, "on": name == "on"}) for name in ("on", "off"))
    tenant = change("shadow", "t", scope="tenant", tenant="acme", on=True)
    assert annotate(on, off).shadow_by == ""
    assert annotate(tenant, on, off).shadow_by == "t"
    assert annotate(change("shadow", "later", **{**every, "on": True, "from": TIME + 2})) == PLAIN


def test_a_setting_has_everything_in_shadow() -> None:
    assert Annotator(control(), shadow=True).annotate(FINDING).shadow_by == SETTING


def test_a_verdict_stands_in_what_is_said_after_it() -> None:
    given = verdict(FINDING.uid, time=TIME + 5)
    assert annotate(given, finding=replace(FINDING, time=TIME + 5)).verdict == given
    assert annotate(given, finding=replace(FINDING, time=TIME + 4)).verdict is None


def test_a_verdict_does_not_stand_in_a_later_episode_of_the_same_name() -> None:
    given = verdict(FINDING.uid, time=TIME)
    assert annotate(given, finding=replace(FINDING, time=TIME + HOUR)).verdict == given
    assert annotate(given, finding=replace(FINDING, time=TIME + HOUR + 1)).verdict is None


def test_the_override_that_held_is_told() -> None:
    made = [change("override", name, tenant="acme", budget_days=5) for name in ("o1", "o2")]
    assert annotate(*made).override == "o2"
    assert annotate(*made, finding=replace(FINDING, population="2026-03-05T07:40Z-1684ea4e")).override == ""


def test_a_sample_is_named_by_the_change_that_asked_for_it() -> None:
    first, again = (sample_of("c1", TIME, Sample("acme")) for _ in range(2))
    assert first == again
    assert sample_of("c2", TIME, Sample("acme")).uid != first.uid
    assert first.signals[0].name in SIGNALS
