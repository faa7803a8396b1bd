"""What the changes have to say of a finding: nothing of it is in the finding itself."""

from __future__ import annotations

from dataclasses import dataclass

from models.campaign.finding import CampaignFinding
from models.control.control import Control
from models.control.records import EVERYBODY, SLACK_MS, Allow, Change, Override, Scope, Shadow, Suppress
from models.control.rules import Rule, Tenants
from models.control.signals import CAMPAIGN
from models.finding import Activity, Finding

Said = CampaignFinding | Finding


@dataclass(frozen=True, slots=True)
class Annotation:
    """How a finding is to be said.

    Parameters
    ----------
    suppressed_by, would_suppress
        Ids of the rules that fit, and of the dry-run rules that do, the oldest first.
    outgrew
        Whether a rule fits but for the severity, which is above its limit.
    shadow_by
        Id of the change that has the finding in shadow, or empty.
    override
        Id of the change that the tenant is judged by, or empty.
    verdict
        On the finding, if there is one that was given before it was said, and not long before: what is
        said later under the same name is of another episode.
    sample
        Id of the change that asked for this test finding, or empty.
    """

    suppressed_by: tuple[str, ...] = ()
    would_suppress: tuple[str, ...] = ()
    outgrew: bool = False
    shadow_by: str = ""
    override: str = ""
    verdict: Change | None = None
    sample: str = ""

    @property
    def silent(self) -> bool:
        """Whether it must alert nobody."""
        return bool(self.suppressed_by or self.shadow_by)


PLAIN = Annotation()
SETTING = "control.shadow"
"""Stands for the id of a change where a setting has findings in shadow."""


def signal_of(finding: Said) -> str:
    """Return the strongest signal of a finding, by the name that an operator calls it."""
    return CAMPAIGN if isinstance(finding, CampaignFinding) else finding.signals[0].name


class Annotator:
    """Says of findings what the changes have to say of them.

    Parameters
    ----------
    shadow
        Whether all findings are in shadow, whatever the changes say.
    """

    def __init__(self, control: Control, *, shadow: bool = False) -> None:
        self._shadow = shadow
        self._verdicts = control.verdicts
        self._allowed = _by_tenant(control, Allow)
        self._overridden = _by_tenant(control, Override)
        self._suppressions = [
            (rule, what, Tenants(what.tenant))
            for rule in control.rules
            if isinstance(what := rule.change.what, Suppress) and (what.no_alert or what.dry_run)
        ]
        self._shadows = [
            (rule, what) for rule in control.rules if isinstance(what := rule.change.what, Shadow)
        ]

    def annotate(self, finding: Said) -> Annotation:
        """Return what is to be said of a finding, by its own time."""
        fitting = self._fitting(finding)
        outgrown = any(finding.severity > what.severity_at_most and not what.dry_run for _, what in fitting)
        rules = [(rule, what) for rule, what in fitting if finding.severity <= what.severity_at_most]
        allowed = [rule.change.id for rule in self._own(self._allowed, finding)]
        return Annotation(
            suppressed_by=(*allowed, *(rule.change.id for rule, what in rules if not what.dry_run)),
            would_suppress=tuple(rule.change.id for rule, what in rules if what.dry_run),
            outgrew=outgrown and finding.activity is Activity.UPDATE,
            shadow_by=self._shadow_of(finding),
            override=self._override_of(finding),
            verdict=self._verdict_on(finding),
        )

    def _verdict_on(self, finding: Said) -> Change | None:
        verdict = self._verdicts.get(finding.uid)
        meant = verdict is not None and verdict.time <= finding.time <= verdict.time + SLACK_MS
        return verdict if meant else None

    def _fitting(self, finding: Said) -> list[tuple[Rule, Suppress]]:
        """Return the suppressions that fit a finding, whatever its severity."""
        tenant, signal = _tenant_of(finding), signal_of(finding)
        return [
            (rule, what)
            for rule, what, tenants in self._suppressions
            if rule.holds(finding.time)
            and what.signal in {"", signal}
            and (tenants.fit(tenant) if tenant else what.tenant == EVERYBODY)
        ]

    def _own(self, rules: dict[str, list[Rule]], finding: Said) -> list[Rule]:
        return [rule for rule in rules.get(_tenant_of(finding), ()) if rule.holds(finding.time)]

    def _override_of(self, finding: Said) -> str:
        """Return the change by which a tenant was judged; who has no past is judged by the settings."""
        rules = self._own(self._overridden, finding)
        newcomer = isinstance(finding, Finding) and finding.population
        return rules[-1].change.id if rules and not newcomer else ""

    def _shadow_of(self, finding: Said) -> str:
        """Return the last change that switched shadow on for a finding; each scope counts by itself."""
        if self._shadow:
            return SETTING
        names = {Scope.APPLICATION: "", Scope.TENANT: _tenant_of(finding), Scope.SIGNAL: signal_of(finding)}
        last: dict[Scope, tuple[Rule, Shadow]] = {}
        for rule, what in self._shadows:
            if what.name == names[what.scope] and rule.holds(finding.time):
                last[what.scope] = rule, what
        on = [rule.change.id for rule, what in last.values() if what.on]
        return on[0] if on else ""


def _tenant_of(finding: Said) -> str:
    return "" if isinstance(finding, CampaignFinding) else finding.tenant


def _by_tenant(control: Control, kind: type[Allow | Override]) -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for rule in control.rules:
        if isinstance(what := rule.change.what, kind):
            found.setdefault(what.tenant, []).append(rule)
    return found
