"""Groups of points with whiskers, each group with a limit, on a logarithmic axis, as plain SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import NamedTuple

from bench.svg import COLOURS, document, line, text

WIDTH, HEIGHT = 860, 480
LEFT, RIGHT, TOP, BOTTOM = 80, 150, 44, 40


class Point(NamedTuple):
    """A value with the ends of its interval, 0 or more."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Group:
    """What stands side by side.

    Parameters
    ----------
    limit
        Drawn as a line across the group.
    points
        By series.
    """

    label: str
    limit: float
    points: Mapping[str, Point]


def grouped(groups: Sequence[Group], *, title: str, up: str, floor: float) -> str:
    """Draw each series in its colour; what lies below the floor, zero too, stands on it as an outline."""
    names = list(dict.fromkeys(name for group in groups for name in group.points))
    axis = _Axis(floor, max(max(point.high for point in group.points.values()) for group in groups))
    drawn = [*_frame(title, up), *axis.ticks()]
    wide = (WIDTH - LEFT - RIGHT) / len(groups)
    for number, group in enumerate(groups):
        left, limit = LEFT + number * wide, axis.place(group.limit)
        drawn.append(line((left + 8, limit), (left + wide - 8, limit), "#444", 'stroke-dasharray="6 4"'))
        drawn.append(text(left + wide / 2, HEIGHT - 14, group.label, anchor="middle"))
        for place, name in enumerate(names):
            if name in group.points:
                across = left + wide * (place + 1) / (len(names) + 1)
                drawn += _point(axis, across, group.points[name], place)
    for place, name in enumerate(names):
        height = TOP + 12 + 22 * place
        drawn += [
            _mark(WIDTH - RIGHT + 20, height - 4, place, filled=True),
            text(WIDTH - RIGHT + 32, height, name),
        ]
    return document(WIDTH, HEIGHT, drawn)


class _Axis:
    """From values to heights in the drawing."""

    def __init__(self, floor: float, highest: float) -> None:
        self.floor = floor
        self._low, self._high = log10(floor), max(log10(floor) + 1, ceil(log10(highest)))

    def place(self, value: float) -> float:
        share = (log10(max(value, self.floor)) - self._low) / (self._high - self._low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def ticks(self) -> list[str]:
        drawn = []
        for decade in range(ceil(self._low), round(self._high) + 1):
            y = self.place(10.0**decade)
            drawn += [line((LEFT - 5, y), (LEFT, y), "#444")]
            drawn += [text(LEFT - 9, y + 4, f"{10.0**decade:g}", anchor="end")]
        return drawn


def _point(axis: _Axis, x: float, point: Point, series: int) -> list[str]:
    whisker = line((x, axis.place(point.low)), (x, axis.place(point.high)), COLOURS[series % len(COLOURS)])
    return [whisker, _mark(x, axis.place(point.value), series, filled=point.value >= axis.floor)]


def _mark(x: float, y: float, series: int, *, filled: bool) -> str:
    """Draw a circle, or a square once the colours are used up."""
    colour = COLOURS[series % len(COLOURS)]
    look = f'fill="{colour if filled else "white"}" stroke="{colour}"'
    if series < len(COLOURS):
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" {look}/>'
    return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" {look}/>'


def _frame(title: str, up: str) -> list[str]:
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    middle = TOP + high // 2
    return [
        f'<path d="M{LEFT} {TOP}h{wide}v{high}h-{wide}Z" fill="none" stroke="#444"/>',
        text(LEFT, TOP - 16, title, size=14),
        text(22, middle, up, anchor="middle", more=f' transform="rotate(-90 22 {middle})"'),
    ]
