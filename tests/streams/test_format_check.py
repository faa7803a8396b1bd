"""What `formats check` says of records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.cli import main
from streams.event_files import Line
from streams.format_check import FormatCheck
from streams.formats import FORMATS
from streams.settings import Settings
from tests.kafka.spans import exported

NOW = 1_772_582_400_000
FULL = {
    "id": "r1",
    "time": NOW,
    "tenant": "acme",
    "prompt": "zanzibar",
    "output_tokens": 7,
    "user_agent": "quokka",
}


def checked(*values: bytes, form: str = "native") -> FormatCheck:
    check = FormatCheck(Settings.model_validate({"source": {"format": form}}), NOW)
    for number, value in enumerate(values, 1):
        check.look(Line("f", number, value))
    return check


def said(value: bytes, form: str = "native", *, whole: bool = True) -> list[str]:
    check = FormatCheck(Settings.model_validate({"source": {"format": form}}), NOW)
    return check.look(Line("f", 3, value, whole))


def test_a_request_is_named_with_what_it_gives_and_what_it_lacks() -> None:
    first, given, missing, signals, *others = said(json.dumps(FULL).encode())
    assert first == 'record 3: request "r1" of tenant "acme" at 2026-03-04T00:00:00.000+00:00'
    assert given == "  given:   prompt, output_tokens, user_agent"
    assert missing.startswith("  missing: principal, operation, model, ")
    assert "novelty" in signals
    assert "    newcomers: needs input_tokens" in others


def test_nothing_of_a_record_is_shown_but_id_tenant_and_time() -> None:
    shown = "\n".join([*said(json.dumps(FULL).encode()), *said(json.dumps(FULL | {"id": 7}).encode())])
    assert "zanzibar" not in shown
    assert "quokka" not in shown


def test_a_name_cannot_write_to_the_terminal() -> None:
    [line, *_] = said(json.dumps(FULL | {"id": "\x1b[2Jé\n"}).encode())
    assert 'request "\\u001b[2J\\u00e9\\n" of' in line


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "not_json"),
        (json.dumps(FULL | {"tenant": None}).encode(), "missing_field"),
        (json.dumps(FULL | {"time": NOW + 86_400_001}).encode(), "time_in_future"),
    ],
)
def test_what_is_not_understood_is_told_with_its_reason(value: bytes, reason: str) -> None:
    [line] = said(value)
    assert line.startswith(f"record 3: NOT UNDERSTOOD, {reason}: ")


def test_a_record_that_is_too_long_is_told() -> None:
    [line] = said(b"{", whole=False)
    assert "record_too_large" in line


def test_every_event_of_a_record_is_told() -> None:
    requests = [FULL, {name: value for name, value in FULL.items() if name != "tenant"}]
    lines = [line for line in said(exported(requests), "otlp_json") if line.startswith("record")]
    assert lines[0].startswith('record 3, event 1: request "r1" of tenant "acme"')
    assert lines[1].startswith("record 3, event 2: NOT UNDERSTOOD, missing_field")


def test_the_summary_says_how_much_of_all_is_given() -> None:
    bare = json.dumps({"id": "r2", "time": NOW, "tenant": "acme"}).encode()
    head, reason, given, *_ = checked(json.dumps(FULL).encode(), bare, b"{", b"").summary()
    assert head == (
        "4 records of the format native: 2 requests understood, 1 not, 1 records without a request"
    )
    assert reason == "  not understood: 1 not_json, the first: the record is not JSON"
    assert given == "  given:   prompt (50%), output_tokens (50%), user_agent (50%)"


def test_where_nothing_is_understood_another_format_is_suggested() -> None:
    *_, last = checked(b"{", form="kong").summary()
    assert last == "  nothing was understood: is this the right format? `distillwatch formats list`"


def test_the_command_ends_with_1_if_nothing_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good").write_text(json.dumps(FULL) + "\n")
    (tmp_path / "bad").write_text("{\n")
    assert main(["formats", "check", "good"]) == 0
    assert capsys.readouterr().out.count("given:") == 2
    assert main(["formats", "check", "good", "--summary"]) == 0
    assert capsys.readouterr().out.count("given:") == 1
    assert main(["formats", "check", "bad"]) == 1
    assert main(["formats", "check", "good", "--format", "openai"]) == 1


def test_the_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formats", "list"]) == 0
    _, *lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} == set(FORMATS)
