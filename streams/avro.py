"""Avro as JSON, so that every input format can read it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

import orjson

from models.errors import DecodeError, SettingsError

try:
    import fastavro
except ImportError:  # an extra that few need
    fastavro = None  # type: ignore[assignment]

ToJson = Callable[[bytes], bytes]
_Named = dict[str, dict[str, Any]]


def require_avro() -> None:
    """Raise SettingsError where Avro cannot be read."""
    if fastavro is None:
        raise SettingsError(
            "schema_registry.url is set and what reads Avro is not installed: run "
            "`pip install 'distillwatch[schema-registry]'`"
        )


def avro_reader(schemas: Sequence[str]) -> ToJson:
    """Return what reads the last of some schemas, which may name types of those before it.

    Raises
    ------
    ValueError
        A schema cannot be read, or one of its types contains itself: a few bytes of such a record could be
        nested more deeply than a program can follow.
    """
    named: _Named = {}
    parsed: Any = None
    try:
        for schema in schemas:
            parsed = fastavro.parse_schema(orjson.loads(schema), named_schemas=named)
    except Exception as error:  # noqa: BLE001 - whatever the library makes of it
        raise ValueError(type(error).__name__) from None
    _refuse_endless(parsed, named, ())
    return lambda payload: _to_json(payload, parsed)


def _to_json(payload: bytes, schema: Any) -> bytes:
    source = BytesIO(payload)
    try:
        value = fastavro.schemaless_reader(source, schema, None)
        text = orjson.dumps(value, default=_plain)
    except Exception as error:  # noqa: BLE001 - the library raises what it meets, and its text may quote
        raise _broken(f"({type(error).__name__})") from None
    if source.tell() != len(payload):
        raise _broken("and is longer than its schema says")
    return text


def _plain(value: Any) -> Any:
    """Say what JSON has no word for: bytes as base64, decimals as numbers."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _broken(why: str) -> DecodeError:
    return DecodeError("bad_avro", f"the value is not Avro of the schema that its frame names {why}")


def _refuse_endless(schema: Any, named: Mapping[str, Any], within: tuple[str, ...]) -> None:
    """Refuse a type within itself, and lists of what takes no bytes: few bytes could claim billions of it."""
    if isinstance(schema, str) and schema in within:
        raise ValueError(f"its type {schema} contains itself")
    if isinstance(schema, str) and schema in named:
        schema = named[schema]
    if isinstance(schema, dict) and schema.get("type") == "array" and _is_nothing(schema["items"]):
        raise ValueError("it has a list of nothing")
    inner = (*within, schema["name"]) if isinstance(schema, dict) and "name" in schema else within
    for part in _parts(schema):
        _refuse_endless(part, named, inner)


def _parts(schema: Any) -> Iterator[Any]:
    """Yield the schemas that a schema is made of."""
    if isinstance(schema, list):
        yield from schema
    elif isinstance(schema, dict):
        yield from (field["type"] for field in schema.get("fields", ()))
        yield from (schema[name] for name in ("items", "values") if name in schema)
        if isinstance(schema["type"], dict | list):
            yield schema["type"]


def _is_nothing(items: Any) -> bool:
    return items == "null" or (
        isinstance(items, dict) and items.get("type") == "record" and not items["fields"]
    )
