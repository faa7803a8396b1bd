"""Findings for people: one line each, and a block of details on request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.finding import Activity, Severity
from streams.finding_view import REPLAY, SAMPLE, SAMPLE_PREFIX, FindingView
from streams.plain_text import plain

WIDE = 110
"""Columns from which on a line has all that it can have; below, less."""
NARROW = 70
UID_CHARS = 8
MOST_NAMED = 20
"""Accounts of a campaign that the details name; the JSON names all."""

_NAME_CELLS = 10
_TENANT_CELLS = ((WIDE, 28), (NARROW + 15, 18), (0, 12))
_VERBS = {Activity.CREATE: "opened", Activity.UPDATE: "changed", Activity.CLOSE: "closed"}
_VERB_STYLES = {Activity.CREATE: "bold", Activity.UPDATE: "", Activity.CLOSE: "green"}
_SEVERITY_STYLES = {
    Severity.INFORMATIONAL: "cyan",
    Severity.LOW: "cyan",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "red",
    Severity.CRITICAL: "bold white on red",
}
_MARK_STYLES = {
    SAMPLE: "black on cyan",
    REPLAY: "magenta",
    "experimental": "magenta",
    "suppressed": "magenta",
}


class AlertPrinter:
    """Prints findings as they fit the terminal; where the output is none, nothing is cut off.

    Parameters
    ----------
    details
        Whether a block of details follows each line.
    """

    def __init__(self, console: Console, *, details: bool = False) -> None:
        self._console = console
        self._details = details

    def print(self, finding: FindingView) -> None:
        """Print one finding."""
        width = self._console.width if self._console.is_terminal else None
        self._console.print(line(finding, width), soft_wrap=True, highlight=False)
        if self._details:
            self._print_details(finding)

    def _print_details(self, finding: FindingView) -> None:
        rows = [
            (Text(f"  {name:<{_NAME_CELLS}}", "dim"), Text(plain(value))) for name, value in details(finding)
        ]
        if self._console.is_terminal:
            table = Table.grid()
            table.add_column(no_wrap=True)
            table.add_column(overflow="fold")
            for row in rows:
                table.add_row(*row)
            self._console.print(table, highlight=False)
        else:
            for name, value in rows:
                self._console.print(name + value, soft_wrap=True, highlight=False)
        self._console.print()


def line(finding: FindingView, width: int | None = None) -> Text:
    """Return one line on a finding.

    Parameters
    ----------
    width
        Columns of the terminal; without it nothing is cut off.
    """
    columns = width or WIDE
    text = Text(no_wrap=True, end="\n")
    text.append(f"{moment(finding.time, brief=columns < WIDE)}  ", "dim")
    text.append(f"{_VERBS[finding.activity]:<8}", _VERB_STYLES[finding.activity])
    text.append(finding.severity.name.lower(), _SEVERITY_STYLES[finding.severity])
    text.append(" " * max(1, 10 - len(finding.severity.name)))
    for mark in finding.marks:
        text.append(SAMPLE_PREFIX if mark == SAMPLE else mark, _MARK_STYLES[mark]).append(" ")
    text.append(_who(finding, width), "bold").append("  ")
    tail = _tail(finding, columns)
    if width is None:
        text.append(_why(finding, None)).append("  ").append_text(tail)
    else:
        room = columns - text.cell_len - tail.cell_len
        text.append(set_cell_size(_why(finding, room), max(0, room))).append_text(tail)
        text.truncate(columns, overflow="ellipsis")
    if not finding.pages:
        text.stylize("dim")
    return text


def details(finding: FindingView) -> Iterator[tuple[str, str]]:
    """Yield what else is known of a finding: a name, empty where the one before goes on, and a text."""
    yield from _facts(finding)
    for number, comparison in enumerate(finding.comparisons):
        yield "" if number else "signals", str(comparison)
    for number, request in enumerate(finding.requests):
        template = f", template {request.template_hash}" if request.template_hash else ""
        place = f"{request.topic}-{request.partition} offset {request.offset}"
        yield "" if number else "requests", f"{place}: {request.request_id}{template}"
    yield "runbook", finding.runbook


def moment(milliseconds: int, *, brief: bool = False) -> str:
    """Return an event time in UTC, such as `2026-03-06 09:12:30Z`, or `03-06 09:12` in brief."""
    time = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{time:%m-%d %H:%M}" if brief else f"{time:%Y-%m-%d %H:%M:%S}Z"


def _who(finding: FindingView, width: int | None) -> str:
    who = plain(finding.subject)
    if width is None:
        return who
    cells = next(cells for least, cells in _TENANT_CELLS if width >= least)
    return set_cell_size(who, cells) if cell_len(who) <= cells else set_cell_size(who, cells - 1) + "…"


def _why(finding: FindingView, room: int | None) -> str:
    """Return the longest that there is room for: with the unit, without it, or cut off."""
    if finding.activity is Activity.CLOSE:
        choices = ["quiet for the closing period", "quiet"]
    elif finding.comparisons:
        first = finding.comparisons[0]
        choices = [plain(str(first)), plain(f"{first.signal} {first.observed} against {first.expected}")]
    else:
        choices = [plain(finding.title)]
    if room is None:
        return choices[0]
    fitting = next((choice for choice in choices if cell_len(choice) < room), None)
    return fitting or (set_cell_size(choices[-1], room - 2) + "…" if room > _NAME_CELLS else "")


def _tail(finding: FindingView, columns: int) -> Text:
    tail = Text()
    if columns >= NARROW:
        response = "" if finding.activity is Activity.CLOSE else plain(finding.response)
        tail.append(f"{response:<10}", "bold").append(plain(finding.uid)[:UID_CHARS], "dim")
    return tail


def _facts(finding: FindingView) -> Iterator[tuple[str, str]]:
    yield "what", finding.message
    yield "do", f"{finding.response}: {finding.reason}"
    yield "since", f"{moment(finding.start_time)}, {finding.count:,} requests"
    yield "scores", f"risk {finding.risk_score}, confidence {finding.confidence_score} of 100"
    if not finding.content_seen:
        yield "basis", "metadata alone: no content was seen"
    if finding.campaign and finding.tenant:
        yield "campaign", finding.campaign
    if finding.members:
        more = len(finding.members) - MOST_NAMED
        named = ", ".join(finding.members[:MOST_NAMED])
        yield "accounts", f"{named} and {more:,} more (--format json names all)" if more > 0 else named
    yield "by", finding.detector
    yield "uid", finding.uid
