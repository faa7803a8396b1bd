"""A campaign that was found: who belongs to it, and who was named."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.codec import Reader, Writer
from models.event import MAX_NAME_BYTES
from models.finding import UID_CHARS

PATIENCE_MS = 1_800_000
LEAST_SHARE = 0.03
"""An update names accounts when they are so many of those already named, or when half an hour has passed."""

_MOST_ACCOUNTS = 2**24


@dataclass(slots=True)
class OpenCampaign:
    """A campaign between its opening and its close. Times are event times in Unix milliseconds.

    Parameters
    ----------
    cluster
        Number of the cluster that it was seen in.
    began, opened
        When its first account joined, and when it was found.
    named
        When each account was named.
    waiting
        Accounts that joined and are not named yet, in the order in which they joined.
    told
        When something was said of it last.
    evidence
        The highest so far.
    looked
        How many of the cluster's accounts are named or wait, or joined before it began.
    """

    uid: str
    cluster: int
    began: int
    opened: int
    named: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, None] = field(default_factory=dict)
    told: int = 0
    evidence: float = 0.0
    looked: int = 0

    def due(self, now: int) -> bool:
        """Tell whether those who wait should be named."""
        enough = len(self.waiting) >= max(1.0, LEAST_SHARE * len(self.named))
        return bool(self.waiting) and (enough or now - self.told >= PATIENCE_MS)

    def dump(self, out: Writer) -> None:
        """Write the campaign."""
        out.label(self.uid)
        for number in (self.cluster, self.began, self.opened, self.told):
            out.number(number)
        out.real(self.evidence)
        out.half(len(self.named))
        for tenant, time in self.named.items():
            out.label(tenant)
            out.number(time)
        out.half(len(self.waiting))
        for tenant in self.waiting:
            out.label(tenant)

    @staticmethod
    def load(source: Reader) -> OpenCampaign:
        """Read a campaign."""
        uid, cluster = source.label(UID_CHARS), source.count()
        began, opened, told = source.time(), source.time(), source.time()
        campaign = OpenCampaign(uid, cluster, began, opened, told=told, evidence=source.real(0.0))
        for _ in range(source.half(_MOST_ACCOUNTS)):
            tenant = source.label(MAX_NAME_BYTES)
            campaign.named[tenant] = source.time()
        for _ in range(source.half(_MOST_ACCOUNTS)):
            campaign.waiting[source.label(MAX_NAME_BYTES)] = None
        return campaign
