"""Pictures as SVG without styles of their own: the page's sheet colours them, as its policy wants it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from markupsafe import Markup

from streams.plain_text import plain


def picture(width: int, height: int, title: str, kind: str) -> ET.Element:
    """Return an empty picture with a title for those who do not see it."""
    view = f"0 0 {width} {height}"
    root = ET.Element("svg", {"viewBox": view, "class": kind, "role": "img", "aria-label": plain(title)})
    root.set("preserveAspectRatio", "xMidYMid meet")
    return root


def add(parent: ET.Element, tag: str, kind: str = "", **attributes: str | float) -> ET.Element:
    """Add an element; underscores stand for hyphens, and numbers are rounded to a tenth."""
    found = {name.replace("_", "-"): _written(value) for name, value in attributes.items()}
    return ET.SubElement(parent, tag, {**found, **({"class": kind} if kind else {})})


def text(parent: ET.Element, words: str, kind: str = "", **attributes: str | float) -> None:
    """Add a text; what would steer its direction is marked."""
    add(parent, "text", kind, **attributes).text = plain(words)


def line(parent: ET.Element, points: list[tuple[float, float]], kind: str) -> None:
    """Add a line through points."""
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    add(parent, "polyline", kind, points=places)


def drawn(root: ET.Element) -> Markup:
    """Return the picture as markup; everything in it was escaped on the way."""
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - ElementTree escapes what it writes


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
