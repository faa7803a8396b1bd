"""Which release of distillwatch runs."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def release() -> str:
    """Return the installed version, or `unknown` where distillwatch runs without being installed."""
    try:
        return version("distillwatch")
    except PackageNotFoundError:
        return "unknown"
