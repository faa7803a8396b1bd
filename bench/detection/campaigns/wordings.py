"""What campaigns and honest sharers of prompts write around their questions, read from `wordings.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import ModuleType

SOURCE = Path(__file__).with_suffix(".toml")
_FOUND = tomllib.loads(SOURCE.read_text(encoding="utf-8"))

PREAMBLES: tuple[str, ...] = tuple(_FOUND["preambles"])
EXAMPLES: tuple[str, ...] = tuple(_FOUND["examples"])
TOOLS: tuple[str, ...] = tuple(_FOUND["tools"])
TRENDS: tuple[str, ...] = tuple(_FOUND["trends"])


def families(module: ModuleType) -> tuple[tuple[str, ...], ...]:
    """Return each template of the evaluation's builder with four more wordings of it."""
    return tuple((first, *more) for first, more in zip(module.TEMPLATES, _FOUND["families"], strict=True))
