"""The places settings come from, in the order in which they win."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import SettingsError

DEFAULT_FILE = Path("distillwatch.toml")
ENVIRONMENT_PREFIX = "DISTILLWATCH_"
DELIMITER = "__"


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings of one source.

    Parameters
    ----------
    source
        `file`, `environment` or `flag`.
    place
        Where exactly, for people: the path of the file; empty otherwise.
    values
        Nested by section, as written.
    """

    source: str
    place: str
    values: Mapping[str, object]

    def locate(self, name: str) -> str:
        """Where a person finds the setting `name` in this layer."""
        if self.source == "environment":
            name = next(leaf for leaf in flatten(self.values) if f"{leaf}.".startswith(f"{name}."))
            return f"environment {ENVIRONMENT_PREFIX}{name.replace('.', DELIMITER).upper()}"
        return f"{self.source} {self.place}".rstrip()


def read_layers(path: Path | None, overrides: Mapping[str, object]) -> list[Layer]:
    """File, environment and flags, the last of which wins.

    Raises
    ------
    SettingsError
        The file cannot be read, or a name in `overrides` is both a section and a value.
    """
    return [
        _file_layer(path),
        Layer("environment", "", _nested(_environment(), "environment")),
        Layer("flag", "", _nested(overrides, "flag")),
    ]


def merge(layers: Sequence[Layer]) -> dict[str, object]:
    """One nested mapping; later layers win value by value."""
    merged: dict[str, object] = {}
    for layer in layers:
        _update(merged, layer.values)
    return merged


def flatten(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Every value by its dotted name."""
    flat: dict[str, object] = {}
    for key, value in values.items():
        nested = isinstance(value, dict) and value
        flat |= flatten(nested, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value}
    return flat


def lookup(layers: Sequence[Layer], name: str) -> Layer | None:
    """Find the layer that decides the dotted `name`; None when the default stands."""
    return next((layer for layer in reversed(layers) if _contains(layer.values, name)), None)


def _file_layer(path: Path | None) -> Layer:
    if path is None and not DEFAULT_FILE.exists():
        return Layer("file", "", {})
    path = path or DEFAULT_FILE
    try:
        with path.open("rb") as file:
            return Layer("file", str(path), tomllib.load(file))
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} is not TOML: {error}") from None


def _environment() -> dict[str, object]:
    """Variables `DISTILLWATCH_SECTION__KEY`; others with the prefix are not settings."""
    return {
        name.removeprefix(ENVIRONMENT_PREFIX).lower().replace(DELIMITER, "."): value
        for name, value in os.environ.items()
        if name.startswith(ENVIRONMENT_PREFIX) and DELIMITER in name
    }


def _nested(flat: Mapping[str, object], source: str) -> dict[str, object]:
    nested: dict[str, object] = {}
    for name, value in flat.items():
        *sections, key = name.split(".")
        section = nested
        for part in sections:
            inner = section.setdefault(part, {})
            if not isinstance(inner, dict):
                raise SettingsError(f"{name} ({source}): {part} is a value here and a section elsewhere")
            section = inner
        _update(section, {key: value})
    return nested


def _update(target: dict[str, object], values: Mapping[str, object]) -> None:
    for key, value in values.items():
        existing = target.get(key)
        if isinstance(value, dict):
            inner = existing if isinstance(existing, dict) else {}
            target[key] = inner
            _update(inner, value)
        else:
            target[key] = value


def _contains(values: object, name: str) -> bool:
    for part in name.split("."):
        if not isinstance(values, dict) or part not in values:
            return False
        values = values[part]
    return True
