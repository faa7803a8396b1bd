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
    str | None,
    typer.Option("--format", metavar="F", help="Format of the events; that of the source if absent."),
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source", metavar="NAME", help="Read as the settings say for [sources.NAME], not [source]."
    ),
]


@dataclass(frozen=True, slots=True)
class Options:
    """Where settings come from: `--config` and `--set`."""

    config_file: Path | None
    flags: Mapping[str, object]

    def settings(self) -> Settings:
        """Read and validate the settings; raises `SettingsError`."""
        return load_settings(self.config_file, self.flags)

    def source_settings(self, source: str | None, form: str | None) -> Settings:
        """Return the settings for reading files as one source, which is then the only one.

        Parameters
        ----------
        source
            The NAME of a table `[sources.NAME]`; `[source]` if absent.
        form
            Stands for the setting `format` of that source.

        Raises
        ------
        SettingsError
            Settings are wrong, there is no such source, or the format is given twice.
        """
        section = "source" if source is None else f"sources.{source}"
        settings = self.with_option("--format", f"{section}.format", form).settings()
        if section not in settings.all_sources:
            known = ", ".join(settings.sources) or "none"
            raise SettingsError(
                f"--source {source}: there is no table [sources.{source}]; there are: {known}"
            )
        return settings.model_copy(update={"source": settings.all_sources[section], "sources": {}})

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
