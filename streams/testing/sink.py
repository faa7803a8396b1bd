"""The alert topic as its consumers see it, without a topic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """A record of the alert topic, byte for byte as the worker writes it.

    Parameters
    ----------
    key
        The tenant, or the uid of a campaign.
    value
        An OCSF Detection Finding as JSON; see docs/alerts.md.
    headers
        CloudEvents attributes.
    """

    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]

    @property
    def finding(self) -> dict[str, Any]:
        """The value, decoded."""
        decoded: dict[str, Any] = orjson.loads(self.value)
        return decoded


@dataclass(slots=True)
class FakeSink:
    """Takes alert records and remembers them; stands for a SIEM, a pager or a rate limiter.

    Parameters
    ----------
    fail_first
        So many deliveries are refused with `ConnectionError` before the first succeeds.
    """

    fail_first: int = 0
    records: list[AlertRecord] = field(default_factory=list)

    def __call__(self, record: AlertRecord) -> None:
        """Take a record.

        Raises
        ------
        ConnectionError
            It is one of those that are refused.
        """
        if self.fail_first > 0:
            self.fail_first -= 1
            raise ConnectionError("the fake sink refuses this delivery, as it was told to")
        self.records.append(record)

    @property
    def findings(self) -> list[dict[str, Any]]:
        """All findings, decoded, in the order of their delivery."""
        return [record.finding for record in self.records]

    def alerted(self) -> set[str]:
        """Return the tenants on whom an alert was opened; the accounts of campaigns among them.

        Findings that are suppressed or in shadow are no alerts.
        """
        opened = [one for one in self.findings if one["is_alert"]]
        alone = {str(one["metadata"]["tenant_uid"]) for one in opened if "tenant_uid" in one["metadata"]}
        uids = {one["finding_info"]["uid"] for one in opened}
        campaigns = [one for one in self.findings if one["finding_info"]["uid"] in uids]
        together = {str(member["uid"]) for one in campaigns for member in one.get("resources", ())}
        return alone | together


def redelivered(records: Sequence[AlertRecord], every: int = 2) -> Iterator[AlertRecord]:
    """Yield records as a consumer may get them after a crash: some come once more, later.

    Parameters
    ----------
    every
        One of so many is repeated, at the end of the run of so many that it stands in.

    Raises
    ------
    ValueError
        `every` is below 1.
    """
    if every < 1:
        raise ValueError(f"every is {every} and must be at least 1")
    for start in range(0, len(records), every):
        run = records[start : start + every]
        yield from run
        yield run[0]
