"""`distillwatch config check|show|schema`."""

from __future__ import annotations

import json

import typer

from streams.commands.options import options_of
from streams.settings import Settings, build_settings
from streams.settings_layers import flatten, lookup, read_layers

app = typer.Typer(no_args_is_help=True, help="Check and show the settings.")


@app.command()
def check(context: typer.Context) -> None:
    """Say whether the settings are valid; exit code 2 if they are not."""
    options_of(context).settings()
    typer.echo("The settings are valid.")


@app.command()
def show(context: typer.Context) -> None:
    """Print every setting and where it comes from, as TOML; secrets are masked."""
    options = options_of(context)
    layers = read_layers(options.config_file, options.flags)
    for name, value in flatten(build_settings(layers).model_dump(mode="json")).items():
        layer = lookup(layers, name)
        source = layer.locate(name) if layer else "default"
        setting = f"{name} = {json.dumps(value)}" if value is not None else f"# {name} is not set"
        typer.echo(f"{setting}  # {source}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the settings file."""
    typer.echo(json.dumps(Settings.model_json_schema(), indent=2))
