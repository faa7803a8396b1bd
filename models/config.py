"""What an operator may set on the detector."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import blake2b
from math import isfinite

from models.errors import SettingsError

_RANGES: dict[str, tuple[float, float]] = {
    "budget_days": (1.0, 3650.0),
    "block_requests": (1, 1000),
    "entropy_block_requests": (1, 10_000),
    "warmup_requests": (50, 100_000),
    "suspicious_exponent": (0.05, 1.0),
    "least_threshold": (10.0, 1e9),
    "flag_strength": (1.0, 1e6),
    "update_minutes": (1.0, 10_080.0),
    "update_step": (1.5, 1e6),
    "quiet_hours": (0.1, 720.0),
    "cooldown_hours": (0.0, 720.0),
    "adapt_days": (0.01, 365.0),
}


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """Settings of the detector.

    Parameters
    ----------
    budget_days
        At most one false alert per tenant in this many days.
    block_requests
        Consecutive requests whose e-values are averaged.
    entropy_block_requests
        The same for topic entropy and habits, which look back over a window.
    warmup_requests
        Requests of a new tenant that are learned before any is judged.
    suspicious_exponent
        Learning stops at evidence above the threshold to this power; 1 learns until the alert.
    least_threshold
        The evidence threshold of a tenant that asks too little for its budget to mean anything.
    flag_strength
        The e-value of a request that another system flagged; 1 ignores flags.
    update_minutes
        An open episode is updated at most this often, in minutes of event time.
    update_step
        And only when the evidence has grown by this factor or the severity has changed.
    quiet_hours
        An episode closes when the evidence has stayed low for this long, in hours of event time.
    cooldown_hours
        No new episode opens for this long after one closed.
    adapt_days
        What has been suspicious or alerted for this long without an answer is learned as the new normal.
    """

    budget_days: float = 90.0
    block_requests: int = 2
    entropy_block_requests: int = 100
    warmup_requests: int = 100
    suspicious_exponent: float = 0.35
    least_threshold: float = 1000.0
    flag_strength: float = 10.0
    update_minutes: float = 60.0
    update_step: float = 10.0
    quiet_hours: float = 24.0
    cooldown_hours: float = 1.0
    adapt_days: float = 3.0

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
                raise SettingsError(f"detector.{name} is {value} and must lie between {low:g} and {high:g}")

    def digest(self) -> str:
        """Name these settings in 12 hexadecimal digits: equal settings, equal name."""
        text = ";".join(f"{field.name}={float(getattr(self, field.name))!r}" for field in fields(self))
        return blake2b(text.encode(), digest_size=6).hexdigest()
