"""The report's charts, drawn by Plotly from the facts; each comes as JSON that the page draws itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from streams.case import Case
from streams.report.comparison import Comparison
from streams.report.facts import Facts, alerts_by_day
from streams.report.rates import Rate
from streams.report.standing import Point
from streams.wording import shown

COLOURS = {"Medium": "#E69F00", "High": "#D55E00", "Critical": "#CC79A7"}
"""Of Okabe and Ito: told apart by everybody, and legible on white and on black."""

BLUE, GREY, GREEN = "#3B8FC4", "#808080", "#009E73"
FEW = 8
_LEAST = 1e-6
"""Evidence below this share of the threshold is drawn as this."""


def label(name: str) -> str:
    """Return a name as Plotly's text, which knows tags and entities."""
    return escape(shown(name), quote=False)


def days_figure(cases: Sequence[Case]) -> Any:
    """Draw how many cases were opened on each day."""
    by_day = alerts_by_day(list(cases))
    figure = go.Figure()
    for severity, colour in COLOURS.items():
        counts = [counter[severity] for counter in by_day.values()]
        if any(counts):
            figure.add_bar(x=list(by_day), y=counts, name=severity, marker_color=colour)
    figure.update_layout(barmode="stack", height=260)
    figure.update_xaxes(type="category")
    most = max((sum(counter.values()) for counter in by_day.values()), default=0)
    figure.update_yaxes(title="opened", rangemode="tozero", dtick=1 if most < FEW else None)
    return _plain(figure)


def tenants_figure(cases: Sequence[Case], drawn: Sequence[str], end: int) -> Any:
    """Draw when each alerted tenant was alerted, a row a tenant."""
    figure, named = go.Figure(), set[str]()
    for case in cases:
        if case.tenant not in drawn:
            continue
        until, name = case.closed or end, label(case.tenant)
        figure.add_scatter(
            x=[_date(case.started), _date(case.opened), _date(until)],
            y=[name] * 3,
            mode="lines+markers",
            line={"width": 6, "color": COLOURS.get(case.severity, GREY)},
            marker={"size": [6, 11, 6]},
            name=case.severity,
            legendgroup=case.severity,
            showlegend=case.severity not in named,
            hovertext=["began", f"alert: {case.uid}", "closed" if case.closed else "still open"],
        )
        named.add(case.severity)
    figure.update_layout(height=120 + 26 * len(drawn))
    figure.update_yaxes(autorange="reversed", type="category", automargin=True)
    return _plain(figure)


def course_figure(points: Sequence[Point], cases: Sequence[Case]) -> Any:
    """Draw one tenant's evidence against its threshold, and below each signal against what it expected."""
    names = list(points[-1].signals)
    rows = 1 + len(names)
    titles = ["evidence, as a multiple of the threshold", *names]
    figure = make_subplots(
        rows=rows, cols=1, shared_xaxes=True, subplot_titles=titles, vertical_spacing=0.045
    )
    times = [_date(point.time) for point in points]
    evidence = [max(_LEAST, point.ratio) for point in points]
    figure.add_scatter(x=times, y=evidence, name="evidence", line={"color": COLOURS["High"]}, row=1, col=1)
    figure.add_hline(y=1.0, line={"color": GREY, "dash": "dash"}, row=1, col=1)
    for case in cases:
        figure.add_vline(x=case.opened, line={"color": COLOURS["Critical"], "width": 1})
    for row, name in enumerate(names, 2):
        both = [point.signals.get(name, (None, None)) for point in points]
        for place, (kind, colour) in enumerate((("observed", BLUE), ("expected", GREY))):
            figure.add_scatter(
                x=times,
                y=[pair[place] for pair in both],
                name=kind,
                legendgroup=kind,
                showlegend=row == 2,  # noqa: PLR2004 - the first of the signals
                line={"color": colour, "dash": "dot" if place else "solid"},
                row=row,
                col=1,
            )
    figure.update_yaxes(type="log", row=1, col=1)
    figure.update_layout(height=150 + 130 * rows)
    return _plain(figure)


def calibration_figure(levels: dict[float, Rate]) -> Any:
    """Draw how often the evidence rose to each level against how often it may."""
    figure = go.Figure()
    names = [f"{level:g}" for level in levels]
    figure.add_scatter(
        x=names,
        y=[rate.nominal for rate in levels.values()],
        name="at most, by the budget",
        mode="lines",
        line={"color": GREY, "dash": "dash"},
    )
    figure.add_scatter(
        x=names,
        y=[None if rate.count else rate.high for rate in levels.values()],
        name="none was seen: at most this (95%)",
        mode="markers",
        marker={"color": BLUE, "size": 10, "symbol": "triangle-down-open"},
    )
    figure.add_scatter(
        x=names,
        y=[rate.realised or None for rate in levels.values()],
        error_y={
            "type": "data",
            "array": [rate.high - rate.realised for rate in levels.values()],
            "arrayminus": [rate.realised - rate.low for rate in levels.values()],
        },
        name="realised, with its 95% interval",
        mode="markers",
        marker={"color": BLUE, "size": 10},
    )
    figure.update_layout(height=300)
    figure.update_xaxes(type="category", title="multiple of the threshold")
    figure.update_yaxes(type="log", title="a tenant-day")
    return _plain(figure)


def comparisons_figure(comparisons: Sequence[Comparison], raised: int) -> Any:
    """Draw how many alerts other settings keep, drop and add."""
    names = ["as it was", *(escape(one.settings) for one in comparisons)]
    kept = [raised, *(len(one.kept) for one in comparisons)]
    figure = go.Figure()
    figure.add_bar(x=names, y=kept, name="the same", marker_color=BLUE)
    figure.add_bar(
        x=names, y=[0, *(len(one.added) for one in comparisons)], name="more", marker_color=COLOURS["Medium"]
    )
    figure.update_layout(barmode="stack", height=300)
    figure.update_xaxes(type="category")
    figure.update_yaxes(title="alerts", rangemode="tozero")
    return _plain(figure)


def figures(facts: Facts) -> dict[str, Any]:
    """Return every chart that has something to show, by the name of its place on the page."""
    found: dict[str, Any] = {}
    if facts.cases or facts.campaigns:
        found["days"] = days_figure([*facts.cases, *facts.campaigns])
    if facts.drawn:
        found["tenants"] = tenants_figure(facts.cases, facts.drawn, facts.summary["last"])
    if facts.levels:
        found["calibration"] = calibration_figure(facts.levels)
    if facts.comparisons:
        found["comparisons"] = comparisons_figure(facts.comparisons, len(facts.cases) + len(facts.campaigns))
    for number, tenant in enumerate(facts.drawn):
        points = facts.standings.courses.get(tenant)
        if points:
            cases = [case for case in facts.cases if case.tenant == tenant]
            found[f"course-{number}"] = course_figure(points, cases)
    return found


def _date(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%dT%H:%M:%S}"


def _plain(figure: Any) -> Any:
    """Leave colours of text and ground to the page, which knows whether it is day or night."""
    figure.update_layout(
        template=go.layout.Template(),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 60, "r": 20, "t": 30, "b": 40},
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        font={"color": GREY},
    )
    figure.update_xaxes(gridcolor="rgba(128,128,128,0.25)", zeroline=False)
    figure.update_yaxes(gridcolor="rgba(128,128,128,0.25)", zeroline=False)
    return figure
