"""Writes the reference from the code: `make reference`. A test sees to it that nothing drifts apart."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from streams.cli import app
from streams.metrics import Metrics
from streams.settings import ScoreSettings, Settings
from streams.topic_specs import wanted_topics

FOLDER = Path(__file__).resolve().parent / "reference"
_MADE = "\n<!-- Made by `make reference`; do not edit. -->\n"
_PARTITIONS = 4


def documents() -> dict[str, str]:
    """Return all files of the reference by their names."""
    return {
        "commands.md": commands(),
        "settings.md": settings(),
        "settings.schema.json": schema(),
        "metrics.md": metrics(),
        "topics.md": topics(),
    }


def schema() -> str:
    """Return the JSON Schema of the settings file, as `distillwatch config schema` prints it."""
    return json.dumps(Settings.model_json_schema(), indent=2) + "\n"


def commands() -> str:
    """Return every command with its arguments and options."""
    lines = ["# Commands", _MADE, "`distillwatch [--config FILE] [--set SECTION.KEY=VALUE]... COMMAND`"]
    root = typer.main.get_command(app)
    lines += ["", *_parameters(root)]
    for name, command in _walk(root, ""):
        lines += [f"\n## {name}\n", _usage(name, command), "", *_paragraphs(command.help or "")]
        lines += ["", *_parameters(command)]
    return _joined(lines)


def _walk(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        full = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from _walk(command, full)
        else:
            yield full, command


def _usage(name: str, command: Any) -> str:
    given = [one.metavar or one.name.upper() for one in command.params if one.param_type_name == "argument"]
    options = ["[OPTIONS]"] if any(one.param_type_name == "option" for one in command.params) else []
    return f"`{' '.join(['distillwatch', name, *options, *given])}`"


def _parameters(command: Any) -> Iterator[str]:
    rows = [one for one in command.params if one.name != "help"]
    if rows:
        yield from ("| option or argument | does |", "|---|---|")
    for one in rows:
        name = ", ".join(one.opts) if one.param_type_name == "option" else one.metavar or one.name.upper()
        value = f" {one.metavar}" if one.param_type_name == "option" and one.metavar else ""
        needed = " Required." if one.required and one.param_type_name == "option" else ""
        yield f"| `{_cell(name + value)}` | {_cell(one.help or '')}{needed} |"


def settings() -> str:
    """Return every setting with its type, its range, its default and what it means."""
    model = Settings.model_json_schema()
    lines = [
        "# Settings",
        _MADE,
        "In `distillwatch.toml`, as environment variables `DISTILLWATCH_SECTION__KEY`, or by",
        "`--set section.key=value`; see [operations](../operations.md#settings). Editors complete the file",
        "with [settings.schema.json](settings.schema.json): its first line names it, `#:schema PATH`.",
    ]
    for section, reference in model["properties"].items():
        found, name = _resolved(model, reference), section
        if "additionalProperties" in reference:  # tables with names of the user's own
            found, name = _resolved(model, reference["additionalProperties"]), f"{section}.NAME"
        lines += [f"\n## {name}\n", found.get("description", "").split("\n")[0]]
        lines += ["", "| setting | default | type and range | meaning |", "|---|---|---|---|"]
        for key, one in found["properties"].items():
            default = json.dumps(one["default"]) if one.get("default") is not None else "none"
            meaning = " ".join(one.get("description", "").split())
            lines.append(f"| `{name}.{key}` | `{_cell(default)}` | {_type(model, one)} | {_cell(meaning)} |")
    return _joined(lines)


def _resolved(model: Mapping[str, Any], reference: Mapping[str, Any]) -> Mapping[str, Any]:
    name = reference.get("$ref") or next(
        (one["$ref"] for one in reference.get("allOf", ()) if "$ref" in one), ""
    )
    found: Mapping[str, Any] = model["$defs"][name.rpartition("/")[2]] if name else reference
    return found


_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
}


def _type(model: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    one = _resolved(model, one)
    if "anyOf" in one:
        kinds = [_type(model, kind) for kind in one["anyOf"] if kind.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if "const" in one:
        return f"`{one['const']}`"
    limits = [words.format(f"{one[key]:,}") for key, words in _LIMITS.items() if key in one]
    if one.get("type") == "array":
        limits = [limit.replace("characters", "entries") for limit in limits]
    kind = "secret" if one.get("format") == "password" else str(one.get("type", "any"))
    return ", ".join([kind, *limits])


def metrics() -> str:
    """Return every metric with its kind, its labels and what it counts."""
    lines = [
        "# Metrics",
        _MADE,
        "On the worker's port (`metrics.port`) at `/metrics`; what to watch stands in",
    ]
    lines += ["[operations](../operations.md#metrics)."]
    lines += ["", "| metric | kind | labels | counts |", "|---|---|---|---|"]
    registry = Metrics().registry
    for collector in sorted(registry._collector_to_names, key=_name):  # noqa: SLF001
        for family in collector.describe() if hasattr(collector, "describe") else collector.collect():
            suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
            named = getattr(collector, "_labelnames", getattr(family, "_labelnames", ()))
            labels = ", ".join(f"`{name}`" for name in named) or "none"
            lines.append(
                f"| `{family.name}{suffix}` | {family.type} | {labels} | {_cell(family.documentation)} |"
            )
    return _joined(lines)


def _name(collector: Any) -> str:
    return min((family.name for family in collector.collect()), default="")


def topics() -> str:
    """Return every topic that a worker uses, with all that is optional switched on."""
    every = Settings(scores=ScoreSettings(enabled=True))
    lines = [
        "# Topics",
        _MADE,
        "As `distillwatch topics plan` would create them by the defaults, with everything on",
    ]
    lines += ["that is optional. `source.topic` is the platform's own.", ""]
    lines += [
        "| setting | default name | partitions | rights of a worker | configuration |",
        "|---|---|---|---|---|",
    ]
    for spec in wanted_topics(every, _PARTITIONS):
        rights = ", ".join(right.title() for right in sorted(spec.rights))
        config = ", ".join(f"`{key}={value}`" for key, value in sorted(spec.creation_config().items()))
        lines.append(f"| `{spec.role}` | `{spec.name}` | {spec.partitions} | {rights} | {config} |")
    return _joined(lines)


def _paragraphs(text: str) -> list[str]:
    return [
        " ".join(part.split()) + "\n" for part in re.split(r"\n\s*\n", text.replace("\f", "")) if part.strip()
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _joined(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def main() -> int:
    """Write all files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
