"""Text of strangers, such as a tenant's name, made safe to show."""

from __future__ import annotations

MARK = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """Return the text with a mark for everything that would steer a terminal or turn its direction."""
    return text if text.isprintable() else "".join(char if char.isprintable() else MARK for char in text)


def shortened(text: str, most: int) -> str:
    """Return at most so many characters of a plain text, with an ellipsis where some are missing."""
    text = plain(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
