"""One account among those of a template."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.campaign.finding import Member
from models.campaign.fingerprint import MOST_WEAK, Fingerprint
from models.codec import Reader, Writer
from models.event import MAX_NAME_BYTES
from models.finding import RequestRef
from models.sketch import MAX_OFFSET, MAX_PARTITION, MAX_TOPIC_BYTES

DAY_MS = 86_400_000

LEAST_SURE, SUREST = 60, 99
"""Confidence in an account that took part once, and in any."""

_MOST_TEMPLATES = 2**24
_MOST_COUNT = 2**40


@dataclass(slots=True)
class Account:
    """What is known of an account that joined of late. Times are event times in Unix milliseconds.

    Parameters
    ----------
    counts
        Its requests with each template.
    requests
        All its requests since it joined, as far as a fingerprint said.
    """

    started: int
    joined: int
    request: RequestRef
    requests: int = 0
    weak: float = 0.0
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def new(self) -> bool:
        """Whether it joined in its first day."""
        return self.joined - self.started < DAY_MS

    @property
    def count(self) -> int:
        """Its requests with any of the templates."""
        return sum(self.counts.values())

    def see(self, fingerprint: Fingerprint) -> None:
        """Take in what a fingerprint says; one that is known already changes nothing."""
        template = fingerprint.template
        self.counts[template] = max(fingerprint.count, self.counts.get(template, 0))
        self.requests = max(self.requests, fingerprint.requests)
        self.weak = max(self.weak, fingerprint.weak)

    def merge(self, other: Account) -> None:
        """Take in what another template says of the same account."""
        for template, count in other.counts.items():
            self.counts[template] = max(count, self.counts.get(template, 0))
        self.requests = max(self.requests, other.requests)
        self.weak = max(self.weak, other.weak)
        self.joined = min(self.joined, other.joined)

    def member(self, tenant: str) -> Member:
        """Say what it does in a campaign.

        Confidence grows from `LEAST_SURE` with each of its requests, and with evidence of its own.
        """
        doubt = (100 - LEAST_SURE) * 0.7 ** (self.count - 1) / (1.0 + min(self.weak, 1.0))
        sure = min(SUREST, round(100 - doubt))
        share = min(1.0, self.count / max(1, self.requests))
        return Member(tenant, sure, self.started, self.joined, self.count, share)

    def dump(self, out: Writer) -> None:
        """Write the account."""
        for number in (self.started, self.joined, self.requests):
            out.number(number)
        out.real(self.weak)
        out.half(len(self.counts))
        for template, count in self.counts.items():
            out.word(template)
            out.number(count)
        dump_request(self.request, out)

    @staticmethod
    def load(source: Reader) -> Account:
        """Read an account."""
        started, joined, requests = source.time(), source.time(), source.count(_MOST_COUNT)
        weak = source.real(0.0, MOST_WEAK)
        counts = {}
        for _ in range(source.half(_MOST_TEMPLATES)):
            template = source.word()
            counts[template] = source.count(_MOST_COUNT)
        return Account(started, joined, load_request(source), requests, weak, counts)


def dump_request(request: RequestRef, out: Writer) -> None:
    """Write where a request stands."""
    for text in (request.request_id, request.topic, request.template_hash):
        out.label(text)
    out.number(request.partition)
    out.number(request.offset)


def load_request(source: Reader) -> RequestRef:
    """Read where a request stands."""
    request_id, topic, template = (
        source.label(MAX_NAME_BYTES),
        source.label(MAX_TOPIC_BYTES),
        source.label(16),
    )
    return RequestRef(request_id, topic, source.count(MAX_PARTITION), source.count(MAX_OFFSET), template)
