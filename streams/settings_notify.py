"""The settings of `distillwatch notify`."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from streams.settings_section import ENCRYPTED, Seconds, Section

_ADDRESS = re.compile(r"^https?://[^\s@?#]+$")
LONGEST_DELAY = 60.0


class NotifySettings(Section):
    """Whom `distillwatch notify` tells of alerts, and how."""

    urls: SecretStr | None = None
    """Services to tell, as apprise writes them (`slack://...`), separated by blanks; never shown."""
    pagerduty_key: SecretStr | None = None
    """Integration key of a PagerDuty service (Events API v2); needs `https://`, never shown."""
    pagerduty_url: str = "https://events.pagerduty.com/v2/enqueue"
    """Where PagerDuty takes events; `https://events.eu.pagerduty.com/v2/enqueue` for its European region."""
    alertmanager_urls: str | None = None
    """Alertmanagers to tell, all of a cluster, separated by blanks; addresses without `/api/v2`."""
    alertmanager_token: SecretStr | None = None
    """Bearer token for the Alertmanagers; needs `https://`, never shown."""
    alertmanager_seconds: Annotated[float, Field(ge=1, le=240, allow_inf_nan=False)] = 60.0
    """Seconds after which open alerts are sent to the Alertmanagers again."""
    least_severity: Literal["informational", "low", "medium", "high", "critical"] = "medium"
    """Findings below are not told; an episode is told once it reaches it."""
    resolved: bool = True
    """Whether people are told when an alert closes; PagerDuty and Alertmanager always are."""
    start: Literal["earliest", "latest"] = "latest"
    """Where a first start begins: with the oldest alert that is kept, or with those to come."""
    retries: Annotated[int, Field(ge=0, le=20)] = 8
    """How often a message that was not taken is sent again before it becomes a dead letter."""
    retry_seconds: Annotated[float, Field(gt=0, le=LONGEST_DELAY, allow_inf_nan=False)] = 1.0
    """Seconds before the first of them; each further one waits twice as long, at most 60."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = 10.0
    """Seconds for a service to answer."""
    most_per_minute: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Messages a minute that are sent one by one; what comes beyond becomes one summary."""
    summary_seconds: Seconds = 60.0
    """Seconds for which messages are collected into a summary."""
    docs_url: str | None = None
    """Where these documents are published; runbook links in messages begin with it."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 9465
    """Port of its own metrics and health, on `metrics.host` with `metrics.token`; 0 switches it off."""

    @field_validator("pagerduty_url", "docs_url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not _ADDRESS.match(value):
            raise ValueError("must be an address with http:// or https://, without a name, a query or blanks")
        return value

    @field_validator("alertmanager_urls")
    @classmethod
    def _are_addresses(cls, value: str | None) -> str | None:
        if value is not None and not (value.split() and all(map(_ADDRESS.match, value.split()))):
            raise ValueError("must be addresses with http:// or https://, without names or queries")
        return value

    @model_validator(mode="after")
    def _secrets_are_sent_encrypted(self) -> Self:
        if self.pagerduty_key is not None and not ENCRYPTED.match(self.pagerduty_url):
            raise ValueError("pagerduty_url must have https:// (http:// for this machine only) for a key")
        addresses = (self.alertmanager_urls or "").split()
        if self.alertmanager_token is not None and not all(map(ENCRYPTED.match, addresses)):
            raise ValueError(
                "alertmanager_urls must have https:// (http:// for this machine only) for a token"
            )
        return self

    @property
    def delays(self) -> list[float]:
        """Seconds before each of the retries, at most."""
        return [min(LONGEST_DELAY, self.retry_seconds * 2**turn) for turn in range(self.retries)]
