"""All that was said of one episode or one campaign, read from findings as they stand on the alert topic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.campaign.finding import CAMPAIGN_DETECTOR
from models.finding import Activity
from streams.ocsf_parts import CLASS, PRODUCT

OcsfFinding = Mapping[str, Any]
"""A value of the alert topic, decoded; see docs/alerts.md."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one signal observed and expected, in its unit."""

    name: str
    observed: float
    expected: float
    unit: str


@dataclass(frozen=True, slots=True)
class Case:
    """The findings of one episode or campaign, in the order of time and without repeats.

    Parameters
    ----------
    uid
        `finding_info.uid` of all of them.
    """

    uid: str
    findings: list[OcsfFinding] = field(default_factory=list)

    @property
    def first(self) -> OcsfFinding:
        """The oldest finding; the Create unless that was lost."""
        return self.findings[0]

    @property
    def newest(self) -> OcsfFinding:
        """The newest finding that is not the Close, which says how it was at its height or later."""
        told = [one for one in self.findings if one["activity_id"] != Activity.CLOSE]
        return (told or self.findings)[-1]

    @property
    def is_campaign(self) -> bool:
        """Whether it is about many accounts."""
        return bool(self.first["finding_info"]["analytic"]["uid"] == CAMPAIGN_DETECTOR)

    @property
    def tenant(self) -> str:
        """Whom it is about; empty for a campaign."""
        return str(self.first["metadata"].get("tenant_uid", ""))

    @property
    def campaign(self) -> str:
        """The uid of the campaign that an episode belongs to, or empty."""
        named = [one["metadata"].get("correlation_uid", "") for one in self.findings]
        return "" if self.is_campaign else str(next(filter(None, reversed(named)), ""))

    @property
    def opened(self) -> int:
        """When it opened, in Unix milliseconds."""
        return int(self.first["time"])

    @property
    def closed(self) -> int | None:
        """When it closed; nothing while it is open."""
        last = self.findings[-1]
        return int(last["time"]) if last["activity_id"] == Activity.CLOSE else None

    @property
    def started(self) -> int:
        """When the behaviour began, as the finding with most evidence has it, in Unix milliseconds."""
        return int(self.first["start_time"])

    @property
    def excess(self) -> float:
        """The most evidence that was told, as a multiple of the threshold."""
        return max(_excess(one) for one in self.findings)

    @property
    def severity(self) -> str:
        """The gravest severity that was told."""
        return str(max(self.findings, key=lambda one: int(one["severity_id"]))["severity"])

    @property
    def alerted(self) -> bool:
        """Whether any of its findings was to alert somebody; not if all were suppressed or in shadow."""
        return any(one["is_alert"] for one in self.findings)

    @property
    def members(self) -> dict[str, Mapping[str, Any]]:
        """The accounts of a campaign with what was said of each, in the order in which they were named."""
        return {
            str(account["uid"]): account["data"]
            for one in self.findings
            for account in one.get("resources", ())
        }

    @property
    def readings(self) -> list[Reading]:
        """What the signals saw, the strongest first."""
        return [_reading(analysis) for analysis in self.newest["anomaly_analyses"]]

    @property
    def requests(self) -> list[Mapping[str, Any]]:
        """The requests that the findings name, each once, the newest first."""
        named = {
            (request["topic"], request["partition"], request["offset"]): request
            for one in self.findings
            for evidence in one["evidences"]
            for request in evidence["data"]["requests"]
        }
        return list(reversed(named.values()))


def cases_of(findings: Iterable[OcsfFinding]) -> dict[str, Case]:
    """Sort findings by what they are about, in the order in which that was opened.

    What is no finding of ours is left out, and so are repeats.
    """
    cases: dict[str, Case] = {}
    seen: set[tuple[str, int, int]] = set()
    for finding in findings:
        if not _is_ours(finding):
            continue
        uid = str(finding["finding_info"]["uid"])
        key = (uid, int(finding["activity_id"]), int(finding["time"]))
        if key not in seen:
            seen.add(key)
            cases.setdefault(uid, Case(uid)).findings.append(finding)
    for case in cases.values():
        case.findings.sort(key=lambda one: (one["time"], one["activity_id"]))
    return dict(sorted(cases.items(), key=lambda item: (item[1].opened, item[0])))


def _is_ours(finding: OcsfFinding) -> bool:
    """Tell our findings from whatever else somebody writes to the same topic."""
    metadata = finding.get("metadata")
    product = metadata.get("product") if isinstance(metadata, dict) else None
    ours = isinstance(product, dict) and product.get("name") == PRODUCT
    return ours and finding.get("class_uid") == CLASS


def _excess(finding: OcsfFinding) -> float:
    said = finding["unmapped"]
    return float(said["evidence"]) / float(said["threshold"])


def _reading(analysis: Mapping[str, Any]) -> Reading:
    baseline, anomaly = analysis["baselines"][0], analysis["anomalies"][0]
    expected, _ = _value(baseline)
    observed, unit = _value(anomaly)
    return Reading(str(anomaly["observation_parameter"]), observed, expected, unit)


def _value(observation: Mapping[str, Any]) -> tuple[float, str]:
    value, _, unit = str(observation["observations"][0]["value"]).partition(" ")
    return float(value), unit
