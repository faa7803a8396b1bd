"""The report as a page, in text and in a real browser."""

from __future__ import annotations

import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest

from models.errors import SettingsError
from streams.backtest_folder import BacktestFolder
from streams.cli import main
from streams.report import page
from streams.testing import synthetic_traffic
from tests.chromium import found_chromium
from tests.streams.campaign_world import world

HOSTILE = '</script><img src=x onerror="document.title=1"><b>&{{ 7 * 7 }}'
SETTINGS = ("--set", "embedding.kind=hashed", "--set", "scores.interval_seconds=600")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a day in which a tenant of a hostile name attacks, and of a campaign after it."""
    path, before = tmp_path_factory.mktemp("report"), Path.cwd()
    os.chdir(path)
    try:
        traffic = synthetic_traffic(38)
        events = [*traffic.events, *world()]
        for event in events:
            if event["tenant"] == "ridgeline-outdoor":
                event["tenant"] = HOSTILE
        lines = [*map(orjson.dumps, events), b'{"MARKED": "PROMPT"}', b"MARKED PROMPT"]
        Path("events").write_bytes(b"\n".join(lines))
        run = ("backtest", "--processes", "0", "events", "--alerts", "alerts", "--report", "report")
        assert main([*SETTINGS, *run]) == 0
    finally:
        os.chdir(before)
    return path / "report"


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def without_scripts(text: str) -> str:
    return re.sub(r"<(script|style)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)


class Tags(HTMLParser):
    """Notes every address and every handler that a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "srcset", "action", "data"}:
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)


def test_it_asks_no_server_for_anything(text: str) -> None:
    tags = Tags(text)
    assert all(address.startswith("#") for address in tags.addresses)
    assert "default-src 'none'" in text
    assert not {"link", "iframe", "img", "object", "base"} & set(tags.tags)


def test_a_hostile_name_stays_text(text: str) -> None:
    tags = Tags(text)
    assert tags.handlers == []
    assert HOSTILE not in text
    assert "&lt;/script&gt;&lt;img src=x onerror=" in without_scripts(text)
    assert "{{ 7 * 7 }}" in without_scripts(text)


def test_it_has_every_part(folder: Path, text: str) -> None:
    body = without_scripts(text)
    for part in (
        "Alerts by day and tenant",
        "Alerted tenants",
        "Campaigns",
        "Calibration: promised against realised",
        "What other settings would have raised",
        "Noisiest tenants without an alert",
        "Missing fields",
        "Dead letters",
    ):
        assert part in body
    summary = BacktestFolder(folder).summary
    assert f"<b>{summary['events']:,}</b> requests" in body
    assert "<code>detector.budget_days=30</code>" in body
    assert "<code>not_json</code>" in body
    assert "<code>missing_field</code>" in body
    assert "one false alert a tenant in 90 days" in body
    assert " accounts</b> · " in body


def test_it_holds_no_text_of_a_prompt(text: str) -> None:
    for word in ("MARKED", "patient teacher", "hiking boots", "world-class expert"):
        assert word not in text


def test_every_chart_has_its_figures_in_a_table_or_in_words_too(text: str) -> None:
    charts = re.findall(r'data-chart="([^"]+)" role="img" aria-label="([^"]+)"', text)
    assert {"days", "tenants", "calibration", "comparisons", "course-0"} <= {name for name, _ in charts}
    assert text.count("<table>") >= 6


def test_without_what_draws_it_a_backtest_says_so_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(page, "find_spec", lambda name: None if name == "plotly" else object())
    with pytest.raises(SettingsError, match="--report needs plotly: install them with"):
        page.require_report()
    assert main(["backtest", "events", "--alerts", "alerts", "--report", "report"]) == 2
    assert "pip install 'distillwatch[report]'" in capsys.readouterr().err


def test_an_empty_backtest_has_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events").touch()
    run = ("backtest", "--processes", "0", "events", "--alerts", "alerts", "--report", "report")
    assert main([*SETTINGS, *run]) == 0
    assert "Nothing was alerted." in Path("report/report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
def test_a_browser_draws_every_chart_and_runs_nothing_else(folder: Path, tmp_path: Path, scheme: int) -> None:
    opened = (folder / "report.html").read_text(encoding="utf-8").replace("<details", "<details open")
    copy = tmp_path / "report.html"
    copy.write_text(opened, encoding="utf-8")
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    words += [f"--user-data-dir={tmp_path}", "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom"]
    words += [f"--blink-settings=preferredColorScheme={scheme}", "--virtual-time-budget=20000"]
    words += ["--enable-logging=stderr"]
    done = subprocess.run(
        [found_chromium(), *words, copy.as_uri()], check=True, capture_output=True, text=True, timeout=300
    )
    assert "CONSOLE" not in done.stderr
    assert "<title>Backtest: " in done.stdout
    tags = Tags(without_scripts(done.stdout))
    assert (tags.handlers, "img" in tags.tags) == ([], False)
    charts = opened.count("data-chart=")
    assert done.stdout.count('class="plot-container') == charts
