"""Findings for people."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from models.finding import Activity, Severity
from streams.alert_text import AlertPrinter, details, line, moment
from streams.finding_view import FindingView
from tests.streams.notify.findings import MARKS, campaign_view, view

MISLEADING = "evil\x1b[2J\x07\r\n\u202etenant"


def printed(
    finding: FindingView, width: int | None = None, *, block: bool = False, colour: bool = True
) -> str:
    """What is printed: on a terminal of a width, or to a file."""
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=width is not None,
        color_system="truecolor" if width else None,
        no_color=not colour,
        _environ={},
    )
    AlertPrinter(console, details=block).print(finding)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_line_says_when_what_how_grave_who_why_what_to_do_and_which() -> None:
    assert line(view()).plain.split("  ") == [
        *("2026-03-04 00:00:00Z", "opened", "high", "", "", "acme"),
        *("novelty 9.5 against 3.25 nats of surprise", "throttle", "4f0c2a6e"),
    ]


def test_a_close_says_that_it_became_quiet_and_asks_for_nothing() -> None:
    text = line(view(activity=Activity.CLOSE)).plain
    assert "closed" in text
    assert "quiet for the closing period" in text
    assert "observe" not in text


def test_a_campaign_is_told_with_the_number_of_its_accounts() -> None:
    assert (
        "  campaign of 60 accounts  members 60 against 2.5 accounts of a template  "
        in line(campaign_view()).plain
    )


@pytest.mark.parametrize("mark", MARKS)
def test_a_marked_finding_looks_different_with_and_without_colour(mark: str) -> None:
    word = "[SAMPLE]" if mark == "sample" else mark
    assert word in line(view(mark)).plain
    assert word not in line(view()).plain
    assert word in printed(view(mark), 120, colour=False)


@pytest.mark.parametrize("mark", ["suppressed", "experimental", "replay"])
def test_what_pages_nobody_is_dim_throughout(mark: str) -> None:
    assert any(span.style == "dim" and span.end == len(line(view(mark))) for span in line(view(mark)).spans)


@given(
    width=st.integers(20, 250),
    tenant=st.text(min_size=1, max_size=80),
    severity=st.sampled_from(list(Severity)),
    activity=st.sampled_from(list(Activity)),
    mark=st.sampled_from(["", *MARKS]),
)
def test_a_line_fits_the_terminal_whatever_its_width(
    width: int, tenant: str, severity: Severity, activity: Activity, mark: str
) -> None:
    finding = view(mark, tenant=tenant, severity=severity, activity=activity)
    text = line(finding, width).plain
    assert cell_len(text) <= width
    assert text.isprintable()


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_a_terminal_gets_one_line_a_finding(width: int) -> None:
    assert printed(view(), width).count("\n") == 1


@pytest.mark.parametrize(("width", "unit"), [(140, True), (100, False)])
def test_a_wide_terminal_shows_more(width: int, unit: bool) -> None:  # noqa: FBT001 - an example's value
    text = line(view(), width).plain
    assert ("nats of surprise" in text) is unit
    assert ("2026-" in text) is unit
    assert "novelty 9.5 against 3.25" in text


def test_a_narrow_terminal_still_says_when_what_and_who() -> None:
    text = line(view(), 50).plain
    assert text.startswith("03-04 00:00  opened  high      acme")


def test_no_colour_is_written_where_none_is_wanted() -> None:
    assert "\x1b[3" in printed(view(), 120)
    assert "\x1b[3" not in printed(view(), 120, colour=False)
    assert "\x1b" not in printed(view())


def test_a_file_gets_whole_lines() -> None:
    assert f"  {'t' * 200}  novelty" in printed(view(tenant="t" * 200))


def test_a_name_cannot_steer_the_terminal() -> None:
    for text in (printed(view(tenant=MISLEADING)), printed(view(tenant=MISLEADING), block=True)):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\r" not in text
        assert "\u202e" not in text
    assert "[/bold]" in printed(view(tenant="[/bold]"), 120)


def test_details_hold_every_reason_every_place_and_the_runbook() -> None:
    rows = list(details(view()))
    assert ("signals", "novelty 9.5 against 3.25 nats of surprise") in rows
    assert ("", "rate 120 against 15 requests an hour") in rows
    assert ("requests", "llm-requests-2 offset 141: req-7, template 00ff00ff00ff00ff") in rows
    assert ("runbook", "docs/operations.md#an-alert-opened") in rows
    assert ("uid", view().uid) in rows


def test_details_say_on_what_little_a_finding_rests() -> None:
    assert not [row for row in details(view()) if row[0] == "basis"]
    assert ("basis", "metadata alone: no content was seen") in details(view(content_seen=False))


def test_details_of_a_campaign_name_some_of_its_accounts() -> None:
    assert ("accounts", "acme, Überbank") in details(campaign_view())


@pytest.mark.parametrize("width", [None, 80])
def test_details_stand_below_their_line(width: int | None) -> None:
    first, *others = printed(view(), width, block=True, colour=False).splitlines()
    assert "acme" in first
    assert all(other.lstrip("\x1b[2m0").startswith("  ") for other in others if other.strip("\x1b[m0 "))


def test_a_moment_is_written_in_utc() -> None:
    assert moment(1_772_582_400_000) == "2026-03-04 00:00:00Z"
    assert moment(1_772_582_400_000, brief=True) == "03-04 00:00"
