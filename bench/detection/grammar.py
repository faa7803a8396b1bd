"""Sentences of a grammar in the notation of Hassil: `turn[ the] {name} (on|off) <area>`."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

DEEPEST = 12
"""Rules within rules, then a rule is left out."""
_PIECES = re.compile(r"[()\[\]|]|<[^>]*>|\{[^}]*\}|[^()\[\]|<{]+")


class Grammar:
    """Draws sentences from the intents of one language.

    Parameters
    ----------
    source
        As the package has it: `intents`, `lists` for slots, `expansion_rules`.
    """

    def __init__(self, source: Mapping[str, Any], rng: random.Random) -> None:
        self._rng = rng
        self._rules: Mapping[str, str] = source.get("expansion_rules", {})
        self._lists: Mapping[str, Any] = source.get("lists", {})
        self._templates: list[str] = [
            template
            for intent in source["intents"].values()
            for block in intent["data"]
            for template in block["sentences"]
        ]

    def sentence(self) -> str:
        """Draw one sentence."""
        return " ".join(self._expand(self._rng.choice(self._templates), 0).split())

    def _expand(self, template: str, depth: int) -> str:
        pieces = _PIECES.findall(template)[::-1]
        return self._choice(pieces, depth, "")

    def _choice(self, pieces: list[str], depth: int, end: str) -> str:
        """Read alternatives up to a closing bracket and draw one."""
        options = [""]
        while pieces and (piece := pieces.pop()) != end:
            if piece == "|":
                options.append("")
            elif piece == "(":
                options[-1] += self._choice(pieces, depth, ")")
            elif piece == "[":
                optional = self._choice(pieces, depth, "]")
                options[-1] += optional if self._rng.random() < 0.5 else ""  # noqa: PLR2004  a coin
            else:
                options[-1] += self._word(piece, depth)
        return self._rng.choice(options)

    def _word(self, piece: str, depth: int) -> str:
        name = piece[1:-1].partition(":")[0]
        if piece.startswith("<"):
            return "" if depth > DEEPEST else self._expand(self._rules.get(name, ""), depth + 1)
        return self._slot(name, depth) if piece.startswith("{") else piece

    def _slot(self, name: str, depth: int) -> str:
        values = self._lists.get(name, {})
        if options := values.get("values"):
            value = self._rng.choice(options)
            return self._expand(value["in"] if isinstance(value, dict) else str(value), depth + 1)
        if limits := values.get("range"):
            return str(self._rng.randint(limits["from"], limits["to"]))
        return f"{name} {self._rng.randint(1, 40)}"
