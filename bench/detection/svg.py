"""A scatter plot with whiskers on logarithmic axes, as plain SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

WIDTH, HEIGHT = 860, 520
LEFT, RIGHT, TOP, BOTTOM = 80, 170, 44, 60
FLOOR = 1e-4
"""Lower values, zero too, are drawn at the bottom, hollow."""

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#000000")
"""For the colour-blind (Tol 2021)."""


Place = Callable[[float, float], tuple[float, float]]
"""From values to the drawing."""


class Point(NamedTuple):
    """A value of y at an x, both above 0, with the ends of its interval."""

    x: float
    y: float
    low: float
    high: float


def scatter(series: Mapping[str, Sequence[Point]], *, title: str, across: str, up: str) -> str:
    """Draw each series in its colour, side by side at equal x, with the line at which y equals x."""
    points = [point for found in series.values() for point in found]
    left, right = _decades(point.x for point in points)
    bottom, top = _decades(max(FLOOR, value) for point in points for value in (point.y, point.high, FLOOR))

    def place(x: float, y: float) -> tuple[float, float]:
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        share = (log10(x) - left) / (right - left), (log10(max(y, 10.0**bottom)) - bottom) / (top - bottom)
        return LEFT + share[0] * wide, HEIGHT - BOTTOM - share[1] * high

    low, high = max(left, bottom), min(right, top)
    drawn = [*_frame(title, across, up), *_ticks(place, (left, right), (bottom, top))]
    drawn.append(
        _line(place(10.0**low, 10.0**low), place(10.0**high, 10.0**high), "#888", 'stroke-dasharray="6 4"')
    )
    for number, (name, found) in enumerate(series.items()):
        colour, aside = COLOURS[number % len(COLOURS)], 7.0 * (number - (len(series) - 1) / 2)
        hollow = number >= len(COLOURS)
        for point in found:
            drawn += _point(place, point, aside, colour, hollow=hollow)
        drawn += _key(number, name, colour, hollow=hollow)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, *drawn, "</svg>"]) + "\n"


def _point(place: Place, point: Point, aside: float, colour: str, *, hollow: bool) -> list[str]:
    x, y = place(point.x, point.y)
    ends = place(point.x, point.low), place(point.x, point.high)
    whisker = _line((x + aside, ends[0][1]), (x + aside, ends[1][1]), colour)
    fill = "white" if hollow or point.y < FLOOR else colour
    return [whisker, f'<circle cx="{x + aside:.1f}" cy="{y:.1f}" r="3.5" fill="{fill}" stroke="{colour}"/>']


def _key(number: int, name: str, colour: str, *, hollow: bool) -> list[str]:
    x, y = WIDTH - RIGHT + 24, TOP + 12 + 22 * number
    fill = "white" if hollow else colour
    return [
        f'<circle cx="{x}" cy="{y - 4}" r="3.5" fill="{fill}" stroke="{colour}"/>',
        _text(x + 12, y, name),
    ]


def _frame(title: str, across: str, up: str) -> list[str]:
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    middle = TOP + high // 2
    return [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<rect x="{LEFT}" y="{TOP}" width="{wide}" height="{high}" fill="none" stroke="#444"/>',
        _text(LEFT, TOP - 16, title, size=14),
        _text(LEFT + wide // 2, HEIGHT - 16, across, anchor="middle"),
        _text(22, middle, up, anchor="middle", more=f' transform="rotate(-90 22 {middle})"'),
    ]


def _ticks(place: Place, across: tuple[int, int], up: tuple[int, int]) -> list[str]:
    drawn = []
    for decade in range(across[0], across[1] + 1):
        x, y = place(10.0**decade, 10.0 ** up[0])
        drawn += [_line((x, y), (x, y + 5), "#444"), _text(x, y + 20, f"{10.0**decade:g}", anchor="middle")]
    for decade in range(up[0], up[1] + 1):
        x, y = place(10.0 ** across[0], 10.0**decade)
        drawn += [_line((x - 5, y), (x, y), "#444"), _text(x - 9, y + 4, f"{10.0**decade:g}", anchor="end")]
    return drawn


def _decades(values: Iterable[float]) -> tuple[int, int]:
    logs = [log10(value) for value in values]
    low, high = floor(min(logs)), ceil(max(logs))
    return low, max(high, low + 1)


def _line(start: tuple[float, float], end: tuple[float, float], colour: str, more: str = "") -> str:
    ends = f'x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"'
    return f'<line {ends} stroke="{colour}" {more}/>'


def _text(x: float, y: float, words: str, *, size: int = 12, anchor: str = "start", more: str = "") -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{more}'
    return f"<text {where}>{escape(words)}</text>"
