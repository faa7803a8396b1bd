"""The form of one prompt, said as plainly as it goes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.template import LENGTHS, MAX_CHARS, Forms, hash64

MASKS = re.compile(r"https?://\S+|\"[^\"\n]{1,200}\"|\d[\d.,:/-]*")
LONG_TOKEN = 24

Ends = tuple[int, int, int, int]


@dataclass(frozen=True)
class Form:
    """One row of `Forms`."""

    heads: Ends = (0, 0, 0, 0)
    tails: Ends = (0, 0, 0, 0)
    whole: int = 0
    words: int = 0


def rows(found: Forms) -> list[Form]:
    """Take forms apart."""
    heads, tails = (zip(*ends.T.tolist(), strict=True) for ends in (found.heads, found.tails))
    return list(map(Form, heads, tails, found.whole.tolist(), found.words.tolist()))


def plain_form(prompt: str, key: bytes = b"") -> Form:
    """Fingerprint the form of a prompt."""
    words = masked(prompt)
    return Form(
        heads=hashes([words[:length] for length in LENGTHS], key),
        tails=hashes([words[-length:] for length in LENGTHS], key),
        whole=hash64(prompt, key),
        words=len(words),
    )


def masked(prompt: str) -> list[str]:
    """Return the words of a prompt."""
    if len(prompt) > MAX_CHARS:
        prompt = f"{prompt[: MAX_CHARS // 2]} {prompt[-MAX_CHARS // 2 :]}"
    words = MASKS.sub("\x00", prompt.lower()).split()
    return [word if len(word) <= LONG_TOKEN else "\x01" for word in words]


def hashes(parts: list[list[str]], key: bytes) -> Ends:
    """Hash the parts that are as long as they should be."""
    a, b, c, d = (
        hash64(" ".join(part), key) if len(part) == length else 0
        for part, length in zip(parts, LENGTHS, strict=True)
    )
    return a, b, c, d
