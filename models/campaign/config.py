"""What an operator may set on the search for campaigns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import blake2b
from math import isfinite

from models.errors import SettingsError

_RANGES: dict[str, tuple[float, float]] = {
    "false_per_day": (1e-6, 10.0),
    "least_accounts": (3, 100_000),
    "quiet_days": (0.1, 365.0),
    "memory_days": (1.0, 365.0),
}


@dataclass(frozen=True, slots=True)
class CampaignConfig:
    """Settings of the search for campaigns.

    Parameters
    ----------
    false_per_day
        At most so many campaigns are opened falsely a day, over the whole fleet.
    least_accounts
        Fewer accounts are no campaign.
    quiet_days
        A campaign closes when nothing of it was seen for this long, in days of event time.
    memory_days
        Templates and members that were not seen for this long are forgotten, in days of event time.
    """

    false_per_day: float = 0.03
    least_accounts: int = 5
    quiet_days: float = 3.0
    memory_days: float = 14.0

    def __post_init__(self) -> None:
        """Refuse values out of range.

        Raises
        ------
        SettingsError
            Names the setting and its range.
        """
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not isfinite(value) or not low <= value <= high:
                raise SettingsError(f"campaigns.{name} is {value} and must lie between {low:g} and {high:g}")

    def digest(self) -> str:
        """Name these settings in 12 hexadecimal digits: equal settings, equal name."""
        text = ";".join(f"{field.name}={float(getattr(self, field.name))!r}" for field in fields(self))
        return blake2b(text.encode(), digest_size=6).hexdigest()
