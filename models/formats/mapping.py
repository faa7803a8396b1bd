"""Any JSON, one request a record, by paths that the settings name."""

from __future__ import annotations

from models.formats.adapter import AdapterOptions, Decoded, Source
from models.formats.plan import plan
from models.native import parse_object

MAPPING = Source(tenant=(), fields={})


def decode_mapping(value: bytes, options: AdapterOptions) -> list[Decoded]:
    """Read a record."""
    return [plan(MAPPING, options).read(parse_object(value))]
