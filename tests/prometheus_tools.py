"""Where Prometheus and promtool are; `make prometheus` fetches them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
UNPACKED = ROOT / ".cache/prometheus/usr/bin"


def program(name: str) -> str:
    """Return the path of a program, or skip the test with the reason (or fail, where it is required)."""
    found = shutil.which(name) or shutil.which(name, path=str(UNPACKED))
    if found:
        return found
    reason = f"{name} is not installed: run `make prometheus`"
    if os.environ.get("DISTILLWATCH_REQUIRE_PROMETHEUS"):
        raise FileNotFoundError(reason)
    pytest.skip(reason)
