"""A campaign and its accounts as a simple graph: rings around the campaign, in the order of joining."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, log2, pi, sin
from urllib.parse import urlencode

from markupsafe import Markup

from streams.console.statement import MemberView
from streams.console.svg import add, drawn, picture, text
from streams.plain_text import shortened

MOST_NODES = 90
SIZE = 640
RINGS = (14, 30, 46)
"""Places on each ring, the inner one first."""
_NAMED = 24
_SURE = 90


def campaign_graph(members: Sequence[MemberView], accounts: int) -> Markup:
    """Draw as many accounts as there are places for, those that joined first inside.

    A node is the larger the more requests an account sent, and filled where it is sure that it takes part.
    """
    shown = members[:MOST_NODES]
    root = picture(SIZE, SIZE, f"{accounts:,} accounts around the campaign, the first ones inside", "graph")
    root.set("role", "group")
    places = _places(len(shown))
    for x, y in places:
        add(root, "line", "edge", x1=SIZE / 2, y1=SIZE / 2, x2=x, y2=y)
    add(root, "circle", "hub", cx=SIZE / 2, cy=SIZE / 2, r=30)
    text(root, f"{accounts:,}", "hub-label", x=SIZE / 2, y=SIZE / 2 + 5, text_anchor="middle")
    for member, (x, y) in zip(shown, places, strict=True):
        label = (
            f"{shortened(member.tenant, 60)}: {member.count:,} requests, sure by {member.confidence} of 100"
        )
        link = add(root, "a", href=f"/tenant?{urlencode({'name': member.tenant})}", aria_label=label)
        size = 5 + min(9.0, log2(1 + member.count))
        node = add(link, "circle", "node sure" if member.confidence >= _SURE else "node", cx=x, cy=y, r=size)
        add(node, "title").text = label
        if len(shown) <= _NAMED:
            text(link, shortened(member.tenant, 14), "node-label", x=x, y=y + size + 12, text_anchor="middle")
    return drawn(root)


def _places(count: int) -> list[tuple[float, float]]:
    places: list[tuple[float, float]] = []
    for ring, room in enumerate(RINGS):
        here = min(room, count - len(places))
        radius = (SIZE / 2 - 50) * (ring + 1.2) / (len(RINGS) + 0.2)
        for number in range(here):
            angle = 2 * pi * number / here - pi / 2
            places.append((SIZE / 2 + radius * cos(angle), SIZE / 2 + radius * sin(angle)))
    return places
