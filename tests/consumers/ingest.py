"""The few processors of Elasticsearch's ingest pipelines that ours uses, as their documentation says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

Document = dict[str, Any]
_COMPARISON = re.compile(r"ctx\.(?P<path>[\w.]+) (?P<sign>==|!=) (?P<value>null|true|false|\d+)")
_TEMPLATE = re.compile(r"\{\{\{([\w.]+)\}\}\}")


def run(pipeline: dict[str, Any], document: Document) -> Document:
    """Apply a pipeline to a document and return it."""
    for processor in pipeline["processors"]:
        apply(processor, document)
    return document


def apply(processor: dict[str, Any], document: Document) -> None:
    """Apply one processor, if its condition holds."""
    ((kind, options),) = processor.items()
    if holds(options.get("if"), document):
        {"json": _json, "set": _set, "append": _append, "date": _date, "foreach": _foreach}[kind](
            options, document
        )


def holds(condition: str | None, document: Document) -> bool:
    """Evaluate comparisons that are joined by `&&`."""
    return condition is None or all(_compare(part, document) for part in condition.split(" && "))


def read(document: Document, path: str) -> Any:
    """Return what stands at a path, or None; a number is the place in a list."""
    place: Any = document
    for part in path.split("."):
        if isinstance(place, list):
            place = place[int(part)] if int(part) < len(place) else None
        else:
            place = place.get(part) if isinstance(place, dict) else None
    return place


def write(document: Document, path: str, value: Any) -> None:
    """Put a value at a path."""
    *parents, name = path.split(".")
    place = document
    for parent in parents:
        place = place.setdefault(parent, {})
    place[name] = value


def _compare(text: str, document: Document) -> bool:
    found = _COMPARISON.fullmatch(text)
    assert found, f"a condition that this reader does not know: {text}"
    same = read(document, found["path"]) == json.loads(found["value"])
    return same if found["sign"] == "==" else not same


def _render(value: Any, document: Document) -> Any:
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        found = read(document, match[1])
        assert found is not None, f"{match[1]} is not in the document"
        return str(found)

    return _TEMPLATE.sub(fill, value)


def _json(options: dict[str, Any], document: Document) -> None:
    write(document, options["target_field"], json.loads(read(document, options["field"])))


def _set(options: dict[str, Any], document: Document) -> None:
    if "copy_from" in options:
        value = read(document, options["copy_from"])
        assert value is not None, f"{options['copy_from']} is not in the document"
    else:
        value = _render(options["value"], document)
    write(document, options["field"], value)


def _append(options: dict[str, Any], document: Document) -> None:
    before = read(document, options["field"])
    known = [] if before is None else before if isinstance(before, list) else [before]
    write(document, options["field"], [*known, _render(options["value"], document)])


def _date(options: dict[str, Any], document: Document) -> None:
    assert options["formats"] == ["UNIX_MS"]
    moment = datetime.fromtimestamp(read(document, options["field"]) / 1000, UTC)
    write(document, options.get("target_field", "@timestamp"), moment.isoformat(timespec="milliseconds"))


def _foreach(options: dict[str, Any], document: Document) -> None:
    values = read(document, options["field"])
    if values is None and options.get("ignore_missing"):
        return
    for value in values:
        document["_ingest"] = {"_value": value}
        apply(options["processor"], document)
    document.pop("_ingest", None)
