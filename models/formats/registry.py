"""The input formats that adapters read, by name."""

from __future__ import annotations

from collections.abc import Mapping

from models.formats.adapter import AdapterSpec

ADAPTERS: Mapping[str, AdapterSpec] = {}
