"""The dashboards for Grafana as they are committed, and what is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "deploy/grafana/dashboards/distillwatch"
BOARDS: dict[str, Any] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))
}
NAME = re.compile(r"\b((?:distillwatch|process)_\w+)")


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel but the rows themselves, those in rows as well."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


EVERY = [
    (name, panel["title"], target["refId"])
    for name, board in BOARDS.items()
    for panel in panels(board)
    for target in panel["targets"]
]
"""Every query by dashboard, panel and letter."""


def target(board: str, title: str, letter: str) -> dict[str, Any]:
    """Return a query."""
    (panel,) = [panel for panel in panels(BOARDS[board]) if panel["title"] == title]
    (found,) = [found for found in panel["targets"] if found["refId"] == letter]
    return dict(found)
