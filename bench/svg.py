"""The few shapes that our plots are drawn with, as plain SVG."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#999999", "#000000")
"""For the colour-blind (Tol 2021)."""


def document(width: int, height: int, drawn: Iterable[str]) -> str:
    """Return the drawing of what was drawn, on white."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
    ground = f'<path d="M0 0H{width}V{height}H0Z" fill="white"/>'
    return "\n".join([head, ground, *drawn, "</svg>"]) + "\n"


def line(start: tuple[float, float], end: tuple[float, float], colour: str, more: str = "") -> str:
    """Draw a straight line; `more` holds further attributes."""
    ends = f'x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"'
    return f'<line {ends} stroke="{colour}" {more}/>'


def text(x: float, y: float, words: str, *, size: int = 12, anchor: str = "start", more: str = "") -> str:
    """Write a line of words from, around or up to a place."""
    where = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{more}'
    return f"<text {where}>{escape(words)}</text>"
