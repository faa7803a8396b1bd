"""The settings of what judges: tenants alone, newcomers, and campaigns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from inspect import cleandoc
from pathlib import Path
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass

from models.campaign.config import CampaignConfig
from models.config import DetectorConfig
from models.errors import SettingsError
from streams.settings_section import Seconds, Section


def _described_by(config: type) -> Callable[[dict[str, Any]], None]:
    """Take the descriptions from the docstring, where the core keeps them."""
    text = cleandoc(config.__doc__ or "")

    def describe_all(schema: dict[str, Any]) -> None:
        for name, setting in schema["properties"].items():
            lines = re.search(rf"^{name}\n((?:    .*\n?)+)", text, re.MULTILINE)
            setting.setdefault("description", " ".join(lines[1].split()) if lines else "")

    return describe_all


@contextmanager
def _for_pydantic() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        raise ValueError(str(error)) from None


@pydantic_dataclass(
    frozen=True, config=ConfigDict(extra="forbid", json_schema_extra=_described_by(DetectorConfig))
)
class DetectorSettings(DetectorConfig):
    """The detector; its settings, defaults and ranges are those of `models.config`."""

    def __post_init__(self) -> None:
        """Let pydantic collect what the detector refuses."""
        with _for_pydantic():
            super().__post_init__()


@pydantic_dataclass(
    frozen=True,
    config=ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra=_described_by(CampaignConfig),
    ),
)
class CampaignSettings(CampaignConfig):
    """The search for campaigns; its other settings are those of `models.campaign.config`."""

    enabled: bool = True
    """Whether accounts are judged together; needs `population.enabled`, and the same on all workers."""

    def __post_init__(self) -> None:
        """Let pydantic collect what the search refuses."""
        with _for_pydantic():
            super().__post_init__()

    @property
    def config(self) -> CampaignConfig:
        """What the search itself has to know."""
        return CampaignConfig(**{field.name: getattr(self, field.name) for field in fields(CampaignConfig)})


class PopulationSettings(Section):
    """The comparison of tenants without a past with their peers."""

    enabled: bool = True
    """Whether newcomers are compared with their peers; the same on all workers."""
    baseline: Path | None = None
    """Baseline that a group without one begins with, as `distillwatch backtest` saves it."""
    idle_seconds: Seconds = 10.0
    """Seconds without a record after which a partition says so, in order not to hold up the comparison."""
