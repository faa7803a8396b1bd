"""`docs/asyncapi.yaml` for the tests that hold it and the code together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

FILE = Path(__file__).resolve().parents[1] / "docs/asyncapi.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def resolved(reference: dict[str, str]) -> dict[str, Any]:
    """What a reference leads to."""
    place: Any = DOCUMENT
    for part in reference["$ref"].removeprefix("#/").split("/"):
        place = place[part]
    found: dict[str, Any] = place
    return found


def validator(schema: str) -> Draft7Validator:
    """A validator of one of the document's schemas."""
    return Draft7Validator({**DOCUMENT, "$ref": f"#/components/schemas/{schema}"})


def complaints(schema: str, value: object) -> list[str]:
    """What a schema has to say against a value."""
    return [f"{error.json_path}: {error.message}" for error in validator(schema).iter_errors(value)]
