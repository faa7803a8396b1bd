"""The search for campaigns over what was said of a world, closing batches as time passes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.detection.campaigns.observed import Observed
from models.campaign.campaigns import Campaigns
from models.campaign.config import CampaignConfig
from models.campaign.finding import CampaignFinding
from models.campaign.fingerprint import Fingerprint
from models.campaign.templates import Templates
from models.config import DetectorConfig
from models.finding import Activity, Finding
from models.population.newcomers import BATCH_MS, Newcomers
from models.population.progress import DISORDER_MS


@dataclass(slots=True)
class Outcome:
    """What a fleet is told.

    Parameters
    ----------
    opened
        When each tenant's own episodes opened, in Unix milliseconds.
    campaigns
        By uid, when each tenant was named first, in Unix milliseconds.
    begun
        By uid, when the campaign opened.
    passed
        Fingerprints that left the first stage.
    linked
        Statements that link a tenant's own episode with a campaign.
    """

    opened: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    campaigns: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    begun: dict[str, int] = field(default_factory=dict)
    passed: int = 0
    linked: int = 0

    def scored(self) -> list[dict[str, Any]]:
        """The campaigns as the evaluation's scorer takes them."""
        return [{"uid": uid, "named": named} for uid, named in self.campaigns.items()]

    def note(self, finding: CampaignFinding | Finding) -> None:
        """Take in what the search for campaigns says."""
        if isinstance(finding, Finding):
            self.linked += 1
            return
        self.begun.setdefault(finding.uid, finding.time)
        named = self.campaigns[finding.uid]
        for member in finding.members:
            named.setdefault(member.tenant, finding.time)


def replay(observed: Observed, config: DetectorConfig, search: CampaignConfig) -> Outcome:
    """Search a world for campaigns and compare its newcomers, who are not accused twice."""
    outcome, templates = Outcome(), Templates(lambda _template: None)
    campaigns, newcomers = Campaigns(search), Newcomers(config)
    for end, batch in _batches([*observed.fingerprints, *observed.profiles, *observed.findings]):
        for one in batch:
            if isinstance(one, Fingerprint):
                passed = templates.take(one)
                outcome.passed += len(passed)
                for fingerprint in passed:
                    campaigns.add(fingerprint)
            elif isinstance(one, Finding):
                _opened(one, outcome)
                campaigns.note(one)
            else:
                newcomers.add(one)
        for said in campaigns.close(end - DISORDER_MS):
            outcome.note(said)
        for finding in newcomers.close(end - DISORDER_MS, excused=campaigns.named_before):
            _opened(finding, outcome)
            campaigns.note(finding)
    return outcome


def _opened(finding: Finding, outcome: Outcome) -> None:
    if finding.activity is Activity.CREATE:
        outcome.opened[finding.tenant].append(finding.time)


def _batches(said: Iterable[Any]) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield what was said within each interval, with its end; also intervals in which nothing was."""
    by_time = sorted(said, key=lambda one: int(one.time))
    if not by_time:
        return
    start, place = by_time[0].time, 0
    while place < len(by_time):
        start, first = start + BATCH_MS, place
        while place < len(by_time) and by_time[place].time < start:
            place += 1
        yield start, by_time[first:place]
