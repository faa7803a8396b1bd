"""What is said of a tenant that looks like a harvest among its peers."""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1

from models.codec import Reader, Writer
from models.config import DetectorConfig
from models.event import MAX_NAME_BYTES
from models.finding import UID_CHARS, Activity, Finding, SignalReading
from models.grading import confidence_of, risk_of, severity_of
from models.population.profile import EarlyProfile, decode_profile
from models.population.window import DIRECTIONS, Vector, directed

NAMES = (
    "tokens beside the prompt",
    "requests with an end user",
    "first turns",
    "new prompts",
    "length of answers",
)
UNITS = ("tokens, geometric mean", "share", "share", "share", "tokens, geometric mean")
PEERS_A_DAY = 200 / 3
"""An accusation needs that not one tenant in this many times the budget's days lies as far out."""

_LOGARITHMIC = (True, False, False, False, True)
_VERSION_BYTES = 64
_MOST_EVIDENCE = 1e30


@dataclass(frozen=True, slots=True)
class Accusation:
    """An open episode of a newcomer.

    Parameters
    ----------
    uid
        Of the episode.
    profile
        The one that it was last stated for.
    evidence
        Of that profile: so many tenants are needed until one lies as far out.
    opened, quiet_from
        Event times in ms: of the opening, and of the close unless an older age shows the same again.
    version
        Of the baseline that judged the profile.
    """

    uid: str
    profile: EarlyProfile
    evidence: float
    opened: int
    quiet_from: int
    version: str

    def renewed(
        self, profile: EarlyProfile, evidence: float, quiet_from: int, version: str, *, grown: bool
    ) -> Accusation:
        """Return it as it stands after a later age; what is stated changes only where evidence has grown."""
        if not grown:
            return Accusation(self.uid, self.profile, self.evidence, self.opened, quiet_from, self.version)
        return Accusation(self.uid, profile, evidence, self.opened, quiet_from, version)

    def dump(self, out: Writer) -> None:
        """Write the accusation."""
        out.text(self.uid)
        out.text(self.profile.tenant)
        out.blob(self.profile.encode())
        out.real(self.evidence)
        out.number(self.opened)
        out.number(self.quiet_from)
        out.text(self.version)

    @staticmethod
    def load(source: Reader) -> Accusation:
        """Read an accusation."""
        uid, tenant = source.text(UID_CHARS), source.text(MAX_NAME_BYTES)
        profile = decode_profile(tenant, source.blob())
        evidence, opened, quiet_from = source.real(1.0, _MOST_EVIDENCE), source.time(), source.time()
        return Accusation(uid, profile, evidence, opened, quiet_from, source.text(_VERSION_BYTES))


def rarest(config: DetectorConfig) -> float:
    """Return the threshold: one in so many peers at most may lie as far out as an accused tenant."""
    return PEERS_A_DAY * config.budget_days


def state(
    accusation: Accusation, activity: Activity, time: int, *, middle: Vector, config: DetectorConfig
) -> Finding:
    """Make the finding; `middle` holds the peers' medians in the order of the features."""
    profile, threshold = accusation.profile, rarest(config)
    ratio = accusation.evidence / threshold
    return Finding(
        uid=accusation.uid,
        activity=activity,
        tenant=profile.tenant,
        time=time,
        start_time=profile.started,
        severity=severity_of(ratio),
        risk_score=risk_of(ratio),
        confidence_score=confidence_of(ratio),
        evidence=accusation.evidence,
        threshold=threshold,
        budget_days=config.budget_days,
        count=profile.age,
        signals=_readings(profile, middle, ratio),
        requests=(profile.request,),
        content_seen=True,
        config_digest=config.digest(),
        population=accusation.version,
    )


def _readings(profile: EarlyProfile, middle: Vector, ratio: float) -> tuple[SignalReading, ...]:
    """Return every feature beside the median of the peers; the joint evidence stands at the first."""
    observed = directed(profile) * DIRECTIONS
    readings = []
    for place, name in enumerate(NAMES):
        seen, usual = float(observed[place]), float(middle[place])
        if _LOGARITHMIC[place]:
            seen, usual = expm1(seen), expm1(usual)
        readings.append(SignalReading(name, seen, usual, UNITS[place], 0.0))
    peers = SignalReading("newcomer", 1.0, 0.0, "tenants as far out as this one", ratio)
    return (peers, *readings)
