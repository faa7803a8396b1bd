"""Which templates are shared by accounts that harvest together."""

from __future__ import annotations

from models.campaign.config import CampaignConfig
from models.campaign.finding import CampaignFinding
from models.campaign.fingerprint import Fingerprint
from models.codec import Reader, Writer
from models.finding import Finding


class Campaigns:
    """Judges fingerprints of shared templates in the order of event time."""

    def __init__(self, config: CampaignConfig) -> None:
        self._config = config
        self.closed = self.late = self.templates = self.members = self.open = 0
        self.version = ""

    def add(self, fingerprint: Fingerprint) -> None:
        """Take in a fingerprint; one that is known already changes nothing."""

    def note(self, finding: Finding) -> None:
        """Take note of what is said of a tenant alone."""

    def close(self, until: int) -> list[CampaignFinding | Finding]:
        """Judge every batch that ends at or before an event time in ms."""
        self.closed = max(self.closed, until)
        return []

    def named_before(self, tenant: str, time: int) -> bool:  # noqa: ARG002
        """Tell whether an open campaign had named a tenant by an event time in ms."""
        return False

    def dump(self) -> bytes:
        """Return the whole state as bytes."""
        out = Writer()
        out.number(self.closed)
        return out.finish()

    def load(self, body: bytes) -> None:
        """Replace the whole state."""
        source = Reader(body)
        self.closed = source.time()
        source.end()
