"""The report of a backtest: one HTML page that asks nobody for anything."""

from __future__ import annotations

from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.errors import DistillwatchError, SettingsError
from streams.backtest_folder import REPORT, BacktestFolder
from streams.release import release
from streams.wording import day, moment, number, shown, span

TEMPLATE = "report.html.j2"
_NEEDED = ("jinja2", "plotly")


def require_report() -> None:
    """Return if what the report is drawn with is installed.

    Raises
    ------
    SettingsError
        The extra `report` is not installed.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        detail = "install them with `pip install 'distillwatch[report]'`, or leave --report out"
        raise SettingsError(f"--report needs {' and '.join(missing)}: {detail}")


def write_report(folder: BacktestFolder) -> None:
    """Write the page into the folder of a backtest.

    Raises
    ------
    DistillwatchError
        The folder is damaged, or the page cannot be written.
    """
    path = folder.path / REPORT
    text = render(folder)
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DistillwatchError(f"cannot write {path}: {error.strerror}") from None


def render(folder: BacktestFolder) -> str:
    """Return the page as HTML."""
    from jinja2 import Environment  # noqa: PLC0415 - an extra
    from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra

    from streams.case_marks import status_of  # noqa: PLC0415
    from streams.explanation import explain_campaign, explain_episode  # noqa: PLC0415
    from streams.report.facts import collect  # noqa: PLC0415
    from streams.report.figures import figures  # noqa: PLC0415 - plotly

    facts = collect(folder)
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(moment=moment, day=day, number=number, shown=shown, span=span)
    source = files("streams.report").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(source).render(
        facts=facts,
        charts={name: _json(figure) for name, figure in figures(facts).items()},
        plotly=get_plotlyjs(),
        explain_episode=explain_episode,
        explain_campaign=explain_campaign,
        status_of=status_of,
        release=release(),
        most_named=500,
    )


def _json(figure: Any) -> str:
    """Return a figure as JSON that can stand within a script element."""
    text: str = figure.to_json()
    for sign, written in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(sign, written)
    return text
