"""Names, times and numbers as they are shown to people."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def shown(name: str) -> str:
    """Return a name without anything that a terminal would obey: such characters are written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def moment(time: int) -> str:
    """Return a time in Unix milliseconds as a date with hours and minutes in UTC."""
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def day(time: int) -> str:
    """Return the day in UTC of a time in Unix milliseconds."""
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d}"


def span(milliseconds: float) -> str:
    """Return a length of time in its two largest units of days, hours, minutes and seconds."""
    seconds = max(0, round(milliseconds / 1000))
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h"


def number(value: float) -> str:
    """Return a number with three digits that count; large ones with commas, huge ones as a power of ten."""
    size = abs(value)
    if size >= 1e6:  # noqa: PLR2004
        return f"{value:.2e}"
    return f"{value:,.0f}" if size >= 100 else f"{value:.3g}"  # noqa: PLR2004
