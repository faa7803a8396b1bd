"""Stands in for LiteLLM: the base class of its callbacks, as documented, and what it tells them."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.models.formats import records

FILE = Path(__file__).resolve().parents[2] / "docs/producers/litellm_kafka.py"


class CustomLogger:
    """The base class of callbacks."""

    def __init__(self, message_logging: bool = True, **kwargs: Any) -> None:  # noqa: FBT001, FBT002
        self.about = message_logging, kwargs


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the base class importable where LiteLLM has it."""
    base = ModuleType("litellm.integrations.custom_logger")
    base.CustomLogger = CustomLogger  # type: ignore[attr-defined]
    for name in ("litellm", "litellm.integrations"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, base.__name__, base)


def load() -> ModuleType:
    """Import the file as the proxy does."""
    spec = importlib.util.spec_from_file_location("litellm_kafka", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call(**more: Any) -> dict[str, Any]:
    """What LiteLLM gives a callback."""
    return {"model": "gpt-4o", "api_key": records.SECRET, "standard_logging_object": records.litellm() | more}


def publish(logger: Any, kwargs: dict[str, Any]) -> None:
    """Tell of a call as the proxy does."""
    now = datetime.now(UTC)
    asyncio.run(logger.async_log_success_event(kwargs, object(), now, now))
