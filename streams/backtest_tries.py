"""Other settings that a backtest judges the same lines by, to tell what they would have changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from models.campaign.finding import CampaignFinding
from models.errors import SettingsError
from models.finding import Finding
from streams.settings import Settings

BUDGETS = (30, 90, 180, 365)
"""Days that are tried unless others are asked for."""

_JUDGES = ("detector.", "campaigns.", "population.")
_MOST = 8


def usual_tries(settings: Settings) -> list[str]:
    """Return the budgets that are tried where nothing is asked for."""
    return [f"detector.budget_days={days}" for days in BUDGETS if days != settings.detector.budget_days]


def tried_settings(
    tries: Sequence[str], with_setting: Callable[[str, str], Settings]
) -> Mapping[str, Settings]:
    """Return the settings of each try.

    Parameters
    ----------
    tries
        Each one or more of `section.key=value`, with commas between them.
    with_setting
        Returns the settings of the run with all of these as well.

    Raises
    ------
    SettingsError
        A try is not of this form, is no setting of what judges, or there are too many.
    """
    if len(tries) > _MOST:
        raise SettingsError(f"--try: at most {_MOST} at once, {len(tries)} were given")
    for one in tries:
        name, equals, _ = one.partition("=")
        if not equals or not name.startswith(_JUDGES):
            judges = ", ".join(section.rstrip(".") for section in _JUDGES)
            raise SettingsError(f"--try {one!r} must be section.key=value with one of the sections {judges}")
    return {one: with_setting(*one.split("=", 1)) for one in tries}


def in_short(settings: str) -> Callable[[Finding | CampaignFinding], object]:
    """Return what writes of a finding by other settings only what it takes to compare."""

    def tell(finding: Finding | CampaignFinding) -> object:
        return {
            "settings": settings,
            "uid": finding.uid,
            "tenant": finding.tenant if isinstance(finding, Finding) else None,
            "newcomer": isinstance(finding, Finding) and bool(finding.population),
            "activity_id": int(finding.activity),
            "time": finding.time,
            "start_time": finding.start_time,
            "severity_id": int(finding.severity),
            "excess": finding.evidence / finding.threshold,
        }

    return tell
