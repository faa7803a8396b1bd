"""What is found and what it costs in false alarms, on labelled worlds of real prompts and rates.

The worlds are those of the evaluation's `world.py`, counted as its `score.py` counts.
"""

from __future__ import annotations

import statistics
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.detection import ours
from bench.detection.calibration import Calibrated, calibration, plot
from bench.detection.command import Row, Section, command, configured, progress
from bench.detection.counting import Result, accounts_of, count
from bench.detection.worlds import ROOT, Truth, World, sketched_world

PLOT = ROOT / "docs" / "figures" / "calibration.svg"


def main() -> None:
    """Judge the worlds and print the tables."""
    command("bench.detection", __doc__, measure, options=_options, seeds=(1, 2, 3, 4, 5))


def _options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--metadata-only", action="store_true", help="the same worlds without prompts, beside it"
    )
    parser.add_argument("--budgets", type=float, nargs="+", default=[], metavar="DAYS", help="e.g. 7 30 90")
    parser.add_argument("--plot", type=Path, default=PLOT, help="where the calibration plot goes")


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Run the detector over each world in each way that was asked for."""
    setup = configured(arguments)
    setups = {"": setup}
    if arguments.metadata_only:
        setups["metadata only"] = replace(setup, content=False)
    results: dict[str, list[Result]] = {name: [] for name in setups}
    parts: dict[str, list[Result]] = {"own past": [], "peers": []}
    budgets = Calibrated(arguments.budgets)
    for seed in arguments.seeds:
        truth, world = sketched_world(folder, seed)
        for name, one in setups.items():
            courses = ours.judge(world, one)
            results[name].append(_counted(truth, courses, lambda course: course.alerts))
            if not name:
                parts["own past"].append(_counted(truth, courses, lambda course: course.by_past))
                parts["peers"].append(_counted(truth, courses, lambda course: course.by_peers))
            progress(f"world {seed} is judged {name}")
        for days in arguments.budgets:
            config = replace(setup.config, budget_days=days)
            benign = clean(truth, world)
            courses = ours.judge(benign, replace(setup, config=config))
            budgets.add(days, _counted(truth, courses, lambda course: course.alerts, only=benign))
            progress(f"world {seed} is judged with a budget of {days:g} days")
    sections = [scenarios(results), sources(parts), profiles(results)]
    if arguments.budgets:
        sections.append(calibration(budgets))
        arguments.plot.parent.mkdir(parents=True, exist_ok=True)
        arguments.plot.write_text(plot(budgets))
        progress(f"the plot is in {arguments.plot}")
    return sections


def clean(truth: Truth, world: World) -> World:
    """Leave the tenants that never attack."""
    benign = {tenant["tenant"] for tenant in truth["tenants"] if tenant["onset"] is None}
    return {name: sketches for name, sketches in world.items() if name in benign}


def scenarios(results: Mapping[str, Sequence[Result]]) -> Section:
    """One row a scenario: caught, and the attack queries answered before the alert."""
    rows: list[Row] = []
    worlds = next(iter(results.values()))
    for scenario in dict.fromkeys(name for result in worlds for name in result.scenarios):
        row: dict[str, Any] = {"scenario": scenario}
        for name, of_worlds in results.items():
            row |= {f"{key} {name}".strip(): value for key, value in _found(of_worlds, scenario).items()}
        rows.append(row)
    rates = [f"{_rate(of_worlds):.4f} {name}".strip() for name, of_worlds in results.items()]
    days = sum(result.clean_days for result in worlds)
    title = (
        f"{len(worlds)} worlds, {days:.0f} clean tenant-days: {', '.join(rates)} false alerts a tenant-day"
    )
    notes = ["queries: the mean over worlds of the median to the alert, of the caught"]
    return Section(title, rows, notes)


def sources(found: Mapping[str, Sequence[Result]]) -> Section:
    """One row a scenario, and one of false alerts: what each part of the detector sees without the other."""
    rows: list[Row] = []
    worlds = next(iter(found.values()))
    for scenario in dict.fromkeys(name for result in worlds for name in result.scenarios):
        row: dict[str, Any] = {"scenario": scenario}
        for name, of_worlds in found.items():
            one = _found(of_worlds, scenario)
            row |= {f"caught by {name}": one["caught"], f"queries by {name}": one["queries"]}
        rows.append(row)
    alerts = [f"{sum(one.false_alerts for one in of_worlds)} by {name}" for name, of_worlds in found.items()]
    return Section("what the two parts of the detector see", rows, [f"false alerts: {', '.join(alerts)}"])


def profiles(results: Mapping[str, Sequence[Result]]) -> Section:
    """One row a profile: false alerts for each clean tenant-day, hosts of later attacks included."""
    rows: list[Row] = []
    worlds = next(iter(results.values()))
    for profile in dict.fromkeys(name for result in worlds for name in result.days_by_profile):
        days = sum(result.days_by_profile.get(profile, 0.0) for result in worlds)
        if not days:
            continue
        row: dict[str, Any] = {"profile": profile, "clean tenant-days": round(days, 1)}
        for name, of_worlds in results.items():
            alerts = sum(result.by_profile.get(profile, 0) for result in of_worlds)
            row[f"false alerts {name}".strip()] = alerts
            row[f"a tenant-day {name}".strip()] = alerts / days
        rows.append(row)
    return Section("false alerts by profile", rows)


def _counted(
    truth: Truth,
    courses: Mapping[str, ours.Course],
    alerts: Callable[[ours.Course], list[int]],
    only: World | None = None,
) -> Result:
    accounts = accounts_of(truth)
    if only is not None:
        accounts = {name: account for name, account in accounts.items() if name in only}
    return count(accounts, {name: alerts(course) for name, course in courses.items()})


def _found(worlds: Sequence[Result], scenario: str) -> Row:
    found = [result.scenarios[scenario] for result in worlds if scenario in result.scenarios]
    tenants, queries = sum(one.tenants for one in found), [q for one in found for q in one.queries]
    medians = [one.median for one in found if one.median is not None]
    return {
        "caught": f"{len(queries)}/{tenants}",
        "share": len(queries) / tenants,
        "queries": statistics.mean(medians) if medians else None,
        "worst": max(queries, default=None),
    }


def _rate(worlds: Sequence[Result]) -> float:
    return sum(result.false_alerts for result in worlds) / sum(result.clean_days for result in worlds)


if __name__ == "__main__":
    main()
