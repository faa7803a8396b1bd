"""Write the dashboards as JSON: `make dashboards`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from boards.campaigns import campaigns
from boards.overview import overview
from boards.pipeline import pipeline
from boards.tenants import tenants

FOLDER = Path(__file__).resolve().parent / "dashboards" / "distillwatch"
BOARDS: dict[str, Callable[[], Dashboard]] = {
    "campaigns": campaigns,
    "overview": overview,
    "pipeline": pipeline,
    "tenants": tenants,
}
"""By the name of the file."""


def rendered(name: str) -> str:
    """Return a dashboard as it stands in its file."""
    return json.dumps(BOARDS[name]().build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for board in BOARDS:
        (FOLDER / f"{board}.json").write_text(rendered(board), encoding="utf-8")
