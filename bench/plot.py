"""How far each figure is from what is asked of it, as plain SVG."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

from bench.figure import Figure, Sample
from bench.svg import COLOURS, document, line, text

WIDTH, LEFT, RIGHT, TOP, ROW, FOOT = 980, 520, 30, 60, 22, 40
KEPT, MISSED = COLOURS[0], COLOURS[1]
TITLE = "How many times better than asked, on a logarithmic axis: right of the line holds"


def plot(figures: Sequence[Figure]) -> str:
    """Draw the median with its spread for each figure of which something is asked."""
    rows = [(figure, found) for figure in figures if (found := margin(figure)) is not None]
    lowest = min((found.lowest for _, found in rows), default=0.1)
    highest = max((found.highest for _, found in rows), default=10.0)
    low, high = min(-0.3, floor(10 * log10(lowest)) / 10), max(0.3, ceil(10 * log10(highest)) / 10)
    height = TOP + ROW * len(rows) + FOOT

    def across(value: float) -> float:
        return LEFT + (log10(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    drawn = [text(20, 28, TITLE, size=14)]
    for tick in (0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100, 1000):
        if low <= log10(tick) <= high:
            look = 'stroke-width="2"' if tick == 1 else 'stroke-dasharray="2 4"'
            drawn.append(line((across(tick), TOP - 10), (across(tick), height - FOOT), "#444", look))
            drawn.append(text(across(tick), height - FOOT + 18, f"{tick:g}", anchor="middle"))
    for number, (figure, found) in enumerate(rows):
        y, colour = TOP + ROW * number + 6, KEPT if figure.holds else MISSED
        name = f"{figure.what} / {figure.peer}" if figure.peer else figure.what
        ends = (across(found.lowest), y), (across(found.highest), y)
        drawn.append(text(LEFT - 10, y + 4, f"{name}: {figure.asked}", anchor="end"))
        drawn.append(line(*ends, colour, 'stroke-width="2"'))
        drawn.append(f'<circle cx="{across(found.median):.1f}" cy="{y}" r="4.5" fill="{colour}"/>')
    return document(WIDTH, height, drawn)


def margin(figure: Figure) -> Sample | None:
    """Return how many times better than asked a figure is: 1 just holds; `None` where nothing is asked."""
    if not figure.limit:
        return None
    found = figure.ratio or figure.ours
    if min(found.values) <= 0:
        return None
    if figure.asked.startswith("<="):
        return Sample.of(figure.limit / value for value in found.values)
    return Sample.of(value / figure.limit for value in found.values)
