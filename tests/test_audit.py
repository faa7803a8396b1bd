"""What `make audit` makes of pip-audit's report."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "deploy"))

import audit

CLEAN = {"name": "orjson", "version": "3.11.0", "vulns": []}
BROKEN = {
    "name": "aiohttp",
    "version": "3.0",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3.1", "4.0"]}],
}
SKIPPED = {"name": "venusian", "skip_reason": "Dependency not found on PyPI and could not be audited"}


def test_packages_that_were_all_looked_up_are_clean() -> None:
    assert audit.judge([CLEAN, CLEAN]) == (0, ["1 packages, none with a known vulnerability"])


def test_a_vulnerability_is_named_with_the_versions_that_mend_it() -> None:
    code, lines = audit.judge([CLEAN, BROKEN])
    assert code == 1
    assert lines == ["aiohttp 3.0: PYSEC-1, CVE-1; mended in 3.1, 4.0"]


def test_two_versions_of_a_package_are_both_judged() -> None:
    mended = {**BROKEN, "version": "4.0", "vulns": []}
    assert audit.judge([BROKEN, mended])[0] == audit.judge([mended, BROKEN])[0] == 1


def test_what_was_not_looked_up_is_not_clean() -> None:
    assert audit.judge([CLEAN, SKIPPED]) == (2, ["NOT CHECKED: venusian"])
    code, lines = audit.judge([BROKEN, SKIPPED])
    assert (code, lines[-1]) == (1, "NOT CHECKED: venusian")


def test_a_service_that_answers_for_nothing_is_said_in_capitals() -> None:
    code, (line,) = audit.judge([SKIPPED])
    assert code == 2
    assert line.startswith("NOTHING WAS CHECKED: the vulnerability service cannot be reached")


@pytest.mark.parametrize(
    ("said", "expected"),
    [("a\nConnectionError: no such host\n", "ConnectionError: no such host"), ("", "pip-")],
)
def test_an_audit_that_fails_altogether_is_no_clean_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], said: str, expected: str
) -> None:
    def run(command: list[str], **_options: Any) -> CompletedProcess[str]:
        assert {Path(word).name for word in command if word.endswith(".lock")} >= {"requirements.lock"}
        return CompletedProcess(command, 1, stdout="", stderr=said)

    monkeypatch.setattr(audit.subprocess, "run", run)
    assert audit.main([]) == 2
    assert capsys.readouterr().out.startswith(f"NOTHING WAS CHECKED: {expected}")
