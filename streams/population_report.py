"""What `/status` says of the models of the whole fleet: no tenant's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.campaign.campaigns import Campaigns
from models.population.newcomers import Newcomers


def newcomer_report(newcomers: Newcomers) -> Mapping[str, Any]:
    """Return what can be said of the peers of newcomers, ready for JSON."""
    return {
        "version": newcomers.version,
        "ready": newcomers.ready,
        "peers": newcomers.peers,
        "closed": newcomers.closed,
        "late": newcomers.late,
        "accused": newcomers.accused,
    }


def campaign_report(campaigns: Campaigns) -> Mapping[str, Any]:
    """Return what can be said of campaigns, ready for JSON."""
    return {
        "open": campaigns.open,
        "members": campaigns.members,
        "templates": campaigns.templates,
        "closed": campaigns.closed,
        "late": campaigns.late,
    }
