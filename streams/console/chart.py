"""A tenant's evidence over time against the threshold, and each signal's observed against expected values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log10
from typing import Any
from xml.etree import ElementTree as ET

from markupsafe import Markup

from streams.console.episode import Episode
from streams.console.score_point import Point
from streams.console.svg import add, drawn, line, picture, text

WIDTH, HEIGHT = 900, 340
SMALL_WIDTH, SMALL_HEIGHT = 420, 130
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 30
LEAST = 1e-4
"""Shares of the threshold below it are drawn at the foot: nothing is seen in them."""
TOGETHER = "all together"
_GAPS = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """From time and value to a place on a picture, values by their logarithm or as they are."""

    width: int
    height: int
    first: int
    last: int
    low: float
    high: float
    logarithmic: bool = False

    def x(self, time: float) -> float:
        """Return the place from the left."""
        share = (time - self.first) / max(1, self.last - self.first)
        return LEFT + max(0.0, min(1.0, share)) * (self.width - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return the place from above."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = log10(low), log10(high), log10(max(value, self.low))
        share = (value - low) / ((high - low) or 1.0)
        return self.height - BOTTOM - max(0.0, min(1.0, share)) * (self.height - TOP - BOTTOM)


def signal_names(points: Sequence[Point]) -> list[str]:
    """Return the signals that any of the points has, in the order of the newest."""
    return list(dict.fromkeys(name for point in reversed(points) for name in point.names))


def evidence_chart(points: Sequence[Point], episodes: Sequence[Episode]) -> Markup:
    """Draw the evidence of a tenant, and of each of its signals, as multiples of the threshold."""
    frame = _frame(points, WIDTH, HEIGHT, LEAST, max(10.0, *(point.excess for point in points)), log=True)
    root = picture(WIDTH, HEIGHT, "Evidence over time as a multiple of the threshold", "chart")
    for episode in episodes:
        _band(root, frame, episode)
    _grid(root, frame)
    for number, name in enumerate(signal_names(points)):
        line(root, _of_signal(points, name, frame), f"series series-{number % 8}")
    line(root, [(frame.x(point.time), frame.y(point.excess)) for point in points], "series together")
    threshold = frame.y(1.0)
    line(root, [(LEFT, threshold), (WIDTH - RIGHT, threshold)], "threshold")
    text(root, "threshold: an episode opens", "label", x=LEFT + 6, y=threshold - 5)
    return drawn(root)


def signal_chart(points: Sequence[Point], name: str) -> Markup:
    """Draw what one signal observed, and what it expected."""
    seen = [(point.time, signal) for point in points if (signal := point.signal(name)) is not None]
    values = [value for _, signal in seen for value in (signal.observed, signal.expected)]
    low, high = min(values), max(values)
    low = min(low, 0.0) if low > 0 and low < high / 2 else low
    frame = _frame(points, SMALL_WIDTH, SMALL_HEIGHT, low, high if high > low else low + 1.0, log=False)
    root = picture(SMALL_WIDTH, SMALL_HEIGHT, f"{name}: observed and expected over time", "chart small")
    for value in (frame.low, frame.high):
        text(root, f"{value:.3g}", "tick end", x=LEFT - 6, y=frame.y(value) + 4)
    _times(root, frame, 1)
    line(root, [(frame.x(time), frame.y(signal.expected)) for time, signal in seen], "series expected")
    line(root, [(frame.x(time), frame.y(signal.observed)) for time, signal in seen], "series observed")
    return drawn(root)


def chart_data(points: Sequence[Point], episodes: Sequence[Episode]) -> dict[str, Any]:
    """Return the same for a library that draws it anew, to be zoomed into and read off."""
    lines = [{"name": name, "y": _shares(points, name)} for name in signal_names(points)]
    lines.append({"name": TOGETHER, "y": [round(max(LEAST, point.excess), 6) for point in points]})
    bands = [[episode.opened, episode.closed or points[-1].time] for episode in episodes]
    return {"time": [point.time for point in points], "lines": lines, "bands": bands}


def _shares(points: Sequence[Point], name: str) -> list[float | None]:
    found = (point.signal(name) for point in points)
    return [None if signal is None else round(max(LEAST, signal.evidence), 6) for signal in found]


def _frame(points: Sequence[Point], width: int, height: int, low: float, high: float, *, log: bool) -> Frame:
    return Frame(width, height, points[0].time, points[-1].time, low, high, log)


def _of_signal(points: Sequence[Point], name: str, frame: Frame) -> list[tuple[float, float]]:
    found = ((point.time, point.signal(name)) for point in points)
    return [(frame.x(time), frame.y(signal.evidence)) for time, signal in found if signal is not None]


def _band(root: ET.Element, frame: Frame, episode: Episode) -> None:
    end = episode.closed or frame.last
    if end < frame.first or episode.opened > frame.last:
        return
    left, right = frame.x(episode.opened), frame.x(end)
    add(root, "rect", "band", x=left, y=TOP, width=max(2.0, right - left), height=HEIGHT - TOP - BOTTOM)


def _grid(root: ET.Element, frame: Frame) -> None:
    value = frame.low
    while value <= frame.high * 1.0001:
        add(root, "line", "grid", x1=LEFT, x2=frame.width - RIGHT, y1=frame.y(value), y2=frame.y(value))
        text(root, f"{value:g}", "tick end", x=LEFT - 6, y=frame.y(value) + 4)
        value *= 10 if frame.high / frame.low < 1e9 else 1000  # noqa: PLR2004 - as many lines as are read
    _times(root, frame, _GAPS)


def _times(root: ET.Element, frame: Frame, gaps: int) -> None:
    marks = [frame.first + (frame.last - frame.first) * number // gaps for number in range(gaps + 1)]
    for number, mark in enumerate(dict.fromkeys(marks)):
        anchor = "start" if number == 0 else "end" if number == gaps else "middle"
        words = f"{datetime.fromtimestamp(mark / 1000, UTC):%m-%d %H:%M}"
        text(root, words, "tick", x=frame.x(mark), y=frame.height - 8, text_anchor=anchor)
