"""The options that stand before the command, and what they mean for the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from models.errors import SettingsError
from streams.settings import Settings, load_settings

EventFileArgument = typer.Argument(
    metavar="FILE", help="Events: .jsonl, .gz, .zst, .parquet, or - for stdin."
)
FormatOption = Annotated[
    str | None, typer.Option("--format", metavar="F", help="Format of the events; source.format if absent.")
]


@dataclass(frozen=True, slots=True)
class Options:
    """Where settings come from: `--config` and `--set`."""

    config_file: Path | None
    flags: Mapping[str, object]

    def settings(self) -> Settings:
        """Read and validate the settings; raises `SettingsError`."""
        return load_settings(self.config_file, self.flags)

    def with_format(self, name: str | None) -> Options:
        """Let `--format` stand for `--set source.format`; raises `SettingsError` if both are given."""
        return self.with_option("--format", "source.format", name)

    def with_option(self, option: str, setting: str, value: str | None) -> Options:
        """Let an option stand for a setting; raises `SettingsError` if both are given."""
        if value is None:
            return self
        if setting in self.flags:
            raise SettingsError(f"{setting} is given by {option} and by --set; give one of them")
        return self.also(setting, value)

    def also(self, setting: str, value: object) -> Options:
        """Set one more setting, whatever it was before."""
        return Options(self.config_file, {**self.flags, setting: value})


def parse_flags(flags: Sequence[str]) -> dict[str, object]:
    """Split `section.key=value` pairs.

    Raises
    ------
    SettingsError
        A pair has no `=` or no name.
    """
    values: dict[str, object] = {}
    for flag in flags:
        name, equals, value = flag.partition("=")
        if not equals or "." not in name:
            raise SettingsError(f"--set {name!r} must be section.key=value, such as kafka.group=blue")
        values[name.strip()] = value
    return values


def options_of(context: typer.Context) -> Options:
    """The options that were given before the command."""
    options = context.find_object(Options)
    if options is None:
        raise SettingsError("the command was started without its settings")
    return options
