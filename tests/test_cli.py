"""The command line: help, exit codes, errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from streams.cli import app, main

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {
    "alerts",
    "alerts sample",
    "backtest",
    "config check",
    "config schema",
    "config show",
    "control allow",
    "control history",
    "control list",
    "control override",
    "control remove",
    "control shadow",
    "control suppress",
    "control verdict",
    "control window",
    "demo",
    "formats check",
    "formats list",
    "doctor",
    "explain",
    "notify",
    "console",
    "replay",
    "simulate",
    "state digest",
    "state export",
    "state import",
    "state population",
    "topics apply",
    "topics check",
    "topics plan",
    "tune",
    "worker",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def walk(group: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every command with its full name; groups are none unless they do something by themselves."""
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        full = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from walk(command, full)
        if not hasattr(command, "commands") or command.invoke_without_command:
            yield full, command


ALL = dict(walk(typer.main.get_command(app)))


def test_the_commands_are_those_of_the_contract() -> None:
    assert set(ALL) == COMMANDS


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_command_and_all_that_it_takes_have_help(name: str) -> None:
    command = ALL[name]
    assert command.help  # type: ignore[attr-defined]
    for parameter in command.params:  # type: ignore[attr-defined]
        assert parameter.help, parameter.name


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_ends_well(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*name.split(), "--help"]) == 0
    assert "Usage:" in capsys.readouterr().out


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("distillwatch ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["config", "check", "--bogus"],
        ["backtest", "events.jsonl"],
        ["demo", "--seconds", "0"],
        ["alerts", "--follow", "--until-idle", "1"],
        ["alerts", "--details"],
        ["alerts", "--severity", "bad"],
        ["alerts", "--format", "xml"],
        ["replay", "-", "--rate", "1", "--speed", "1"],
    ],
)
def test_wrong_use_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err
    assert not captured.out


def test_a_wrong_setting_ends_with_2_and_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--set", "topics.partitions=0", "--set", "log.level=loud", "config", "check"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "distillwatch: topics.partitions = '0' (flag): must be at least 1",
        "distillwatch: log.level = 'loud' (flag): must be 'debug', 'info', 'warning' or 'error'",
    ]


def test_a_flag_without_a_value_is_told_its_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--set", "kafka.group", "config", "check"]) == 2
    expected = "distillwatch: --set 'kafka.group' must be section.key=value, such as kafka.group=blue\n"
    assert capsys.readouterr().err == expected


def test_a_format_given_twice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--set", "source.format=native", "replay", "-", "--format", "native"]
    assert main(given) == 2
    assert "source.format is given by --format and by --set" in capsys.readouterr().err


def test_a_broker_that_does_not_answer_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    nobody = ["--set", "kafka.bootstrap_servers=127.0.0.1:1", "--set", "kafka.request_timeout=0.2"]
    assert main([*nobody, "alerts"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("distillwatch: no broker answers as PLAINTEXT (127.0.0.1:1: ")
    assert line.endswith("; start it or set kafka.bootstrap_servers")


def test_valid_settings_are_called_valid(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check"]) == 0
    assert capsys.readouterr().out == "The settings are valid.\n"


def test_show_names_every_source_and_masks_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[kafka]\ngroup = "blue"\n')
    monkeypatch.setenv("DISTILLWATCH_KAFKA__SASL_PASSWORD", "hunter2")
    assert main(["--config", str(path), "--set", "metrics.port=0", "config", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f'kafka.group = "blue"  # file {path}' in lines
    assert 'kafka.sasl_password = "**********"  # environment DISTILLWATCH_KAFKA__SASL_PASSWORD' in lines
    assert "metrics.port = 0  # flag" in lines
    assert 'source.topic = "llm-requests"  # default' in lines
    assert "# kafka.ssl_cafile is not set  # default" in lines


def test_the_schema_is_json_and_refuses_unknown_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["KafkaSettings"]["additionalProperties"] is False


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [["config", "show"], ["config", "schema"], ["backtest", "events.jsonl", "--alerts", "alerts.jsonl"]],
    ids=" ".join,
)
def test_a_full_disk_under_the_output_is_said_in_a_line(arguments: list[str], tmp_path: Path) -> None:
    event = {"id": "a", "time": 1_772_582_400, "tenant": "t", "prompt": "hello"}
    (tmp_path / "events.jsonl").write_text(json.dumps(event) + "\n")
    command = [sys.executable, "-m", "streams", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    with FULL.open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=variables, cwd=tmp_path
        )
    assert done.returncode == 1
    assert done.stderr == "distillwatch: No space left on device: what was written is not whole\n"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_the_rejected_lines_is_said_with_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "events.jsonl").write_text("not json\n")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "dead-letters.jsonl").symlink_to(FULL)
    assert main(["backtest", "events.jsonl", "--alerts", "alerts.jsonl", "--report", "report"]) == 1
    assert "cannot write report/dead-letters.jsonl: No space left on device" in capsys.readouterr().err
