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

MOST_PARTS = 10_000
"""Types in a schema, each counted wherever it is used."""
LONGEST_DECIMAL = 64
"""Bytes; the time that reading one takes grows with the square of its length."""

ToJson = Callable[[bytes], bytes]
_Named = dict[str, dict[str, Any]]
_Size = tuple[int, bool]
"""Types that one is made of, and whether its values take no bytes."""


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
        A schema cannot be read, is too large, or lists what takes no bytes, or one of its types contains
        itself: a few bytes of such a record could claim more than the memory holds, or be nested more deeply
        than a program can follow.
    """
    named: _Named = {}
    parsed: Any = None
    try:
        for schema in schemas:
            parsed = fastavro.parse_schema(orjson.loads(schema), named_schemas=named)
    except Exception as error:  # noqa: BLE001 - whatever the library makes of it
        raise ValueError(type(error).__name__) from None
    try:
        _measured(parsed, named, (), {})
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
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


def _measured(
    schema: Any, named: Mapping[str, Any], within: tuple[str, ...], known: dict[str, _Size]
) -> _Size:
    """Return a schema's size; refuse a type within itself, and lists of what takes no bytes."""
    if isinstance(schema, str):
        if schema in within:
            raise ValueError(f"its type {schema} contains itself")
        if schema not in named:
            return 1, schema == "null"
        if schema not in known:
            known[schema] = _measured(named[schema], named, within, known)
        return known[schema]
    name = schema.get("name") if isinstance(schema, dict) else None
    inner = (*within, name) if name else within
    size = _put_together(schema, [_measured(part, named, inner, known) for part in _parts(schema)])
    if name:
        known[name] = size
    return size


def _put_together(schema: Any, parts: Sequence[_Size]) -> _Size:
    """Return the size of a schema made of parts: few bytes must not claim billions of them."""
    kind = schema["type"] if isinstance(schema, dict) else "union"
    size = 1 + sum(part for part, _ in parts)
    if size > MOST_PARTS:
        raise ValueError(f"it has more than {MOST_PARTS} parts")
    if kind == "array" and parts[0][1]:
        raise ValueError("it has a list of nothing")
    if kind == "fixed":
        length = schema["size"]
        return size, not (isinstance(length, int) and length > 0)
    around = kind in ("record", "error") or isinstance(kind, dict)
    return size, kind == "null" or (around and all(empty for _, empty in parts))


def _parts(schema: Any) -> Iterator[Any]:
    """Yield the schemas that a schema is made of."""
    if isinstance(schema, list):
        yield from schema
    elif isinstance(schema, dict):
        yield from (field["type"] for field in schema.get("fields", ()))
        yield from (schema[name] for name in ("items", "values") if name in schema)
        if isinstance(schema["type"], dict | list):
            yield schema["type"]


def _bounded(read: Callable[[bytes, Any, Any], Decimal]) -> Callable[[bytes, Any, Any], Decimal]:
    def bounded(data: bytes, written: Any, wanted: Any) -> Decimal:
        if len(data) > LONGEST_DECIMAL:
            raise ValueError(f"a decimal is longer than {LONGEST_DECIMAL} bytes")
        return read(data, written, wanted)

    return bounded


if fastavro is not None:
    for _kind in ("bytes-decimal", "fixed-decimal"):
        fastavro.read.LOGICAL_READERS[_kind] = _bounded(fastavro.read.LOGICAL_READERS[_kind])
