"""No secret setting is ever shown; they are found by their type, so that new ones are covered as well."""

from __future__ import annotations

import json
import logging
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import structlog
from pydantic import SecretStr

from models.errors import SettingsError
from streams.cli import main
from streams.commands.options import parse_flags
from streams.logs import configure_logging
from streams.settings import LogSettings, Settings, load_settings


def mentions_secret(annotation: object) -> bool:
    """Tell whether a type is a secret or holds one."""
    return annotation is SecretStr or any(map(mentions_secret, typing.get_args(annotation)))


def secret_names() -> Iterator[str]:
    """Yield the dotted name of every secret setting."""
    for section, field in Settings.model_fields.items():
        for name, inner in getattr(field.annotation, "__pydantic_fields__", {}).items():
            if mentions_secret(inner.annotation):
                yield f"{section}.{name}"


SECRETS = sorted(secret_names())
MARKER = "MARKER-3141592653"
FLAGS = {name: f"{MARKER}-{number}" for number, name in enumerate(SECRETS)}


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """Check after the test that nothing shows the marker: neither what was printed nor what was collected."""
    collected: list[str] = []
    yield collected
    printed = capsys.readouterr()
    assert MARKER not in "".join([*collected, printed.out, printed.err])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file that holds all secrets."""
    path = tmp_path / "secret.toml"
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in FLAGS.items()))
    return path


def test_the_known_secrets_are_found_by_their_type() -> None:
    known = {
        "kafka.sasl_password",
        "schema_registry.password",
        "kafka.oauth_client_secret",
        "kafka.ssl_keyfile_password",
        "privacy.hash_key",
    }
    assert known <= set(SECRETS)


def test_no_setting_with_the_name_of_a_secret_is_of_another_type() -> None:
    words = ("password", "secret", "token", "hash_key")
    named = {
        f"{section}.{name}"
        for section, values in Settings().model_dump().items()
        for name in values
        if any(word in name for word in words)
    }
    assert named - set(SECRETS) == {"kafka.oauth_token_url", "kafka.oauth_token_file"}


@pytest.mark.parametrize("command", ["show", "check", "schema"])
def test_no_command_about_the_settings_shows_a_secret(shown: list[str], file: Path, command: str) -> None:
    assert main(["--config", str(file), "config", command]) == 0
    assert not shown


@pytest.mark.parametrize("command", ["show", "check"])
def test_no_secret_from_the_environment_or_a_flag_is_shown(
    shown: list[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for name, value in FLAGS.items():
        monkeypatch.setenv(f"DISTILLWATCH_{name.replace('.', '__').upper()}", value)
    assert main(["config", command]) == 0
    flags = [word for name, value in FLAGS.items() for word in ("--set", f"{name}={value}")]
    assert main([*flags, "config", command]) == 0
    assert not shown


def test_settings_show_no_secret_when_they_are_printed_or_written(shown: list[str]) -> None:
    settings = load_settings(None, FLAGS)
    shown += [repr(settings), str(settings), settings.model_dump_json(), repr(settings.model_dump())]


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("wrong", [[MARKER], {"inner": MARKER}, MARKER * 500], ids=["list", "table", "long"])
def test_a_wrong_secret_is_not_repeated(shown: list[str], name: str, wrong: object) -> None:
    try:
        shown.append(repr(load_settings(None, {**FLAGS, name: wrong})))
    except SettingsError as error:
        shown += [str(error), repr(error), repr(error.__cause__)]


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_value(shown: list[str], form: Literal["json", "console"]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(LogSettings(level="debug", format=form))
    try:
        fail(*FLAGS.values())
    except ZeroDivisionError:
        logging.getLogger("streams").exception("it failed")
        structlog.get_logger("streams").exception("it failed")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    assert not shown


def fail(*secrets: str) -> float:
    """Fail, in a frame with secrets."""
    return len(secrets) / 0


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_under_a_wrong_name_is_not_repeated(shown: list[str], name: str) -> None:
    section, key = name.split(".")
    for wrong in (f"{section}.{key}s", f"{section}s.{key}", f"{name}.value"):
        with pytest.raises(SettingsError) as error:
            load_settings(None, {wrong: MARKER})
        shown.append(str(error.value))
    with pytest.raises(SettingsError) as error:
        parse_flags([f"{key}={MARKER}"])
    shown.append(str(error.value))


def test_a_wrong_setting_beside_secrets_repeats_none(shown: list[str], file: Path) -> None:
    assert main(["--config", str(file), "--set", "kafka.security_protocol=SASL_SSL", "config", "check"]) == 2
    file.write_text(f'{file.read_text()}kafka.group = "{MARKER}\n')
    assert main(["--config", str(file), "config", "check"]) == 2
    assert not shown
