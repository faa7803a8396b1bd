"""Which campaigns are found, how soon and whom they name, and whether honest tenants are taken for one.

Counted by the evaluation's own `score.py`. The worlds: the evaluation's main one, campaigns that word their
template in five ways, tenants that share a library, an example or a tool, and an article's readers.
"""

from __future__ import annotations

import statistics
from argparse import ArgumentParser, Namespace
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.detection.campaigns.observed import Observed, observe
from bench.detection.campaigns.places import NAMES, place
from bench.detection.campaigns.replay import Outcome, replay
from bench.detection.command import Row, Section, command, configured, progress
from bench.detection.stage import load
from bench.detection.worlds import Truth
from models.campaign.config import CampaignConfig

DAY_MS = 86_400_000
MANY = 200
"""Requests of a tenant of which one may ask what share led to fingerprints."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One world and what was made of it.

    Parameters
    ----------
    score
        What the evaluation's scorer says of it.
    """

    truth: Truth
    observed: Observed
    outcome: Outcome
    score: Mapping[str, Any]


def main() -> None:
    """Search the worlds and print the tables."""
    command("bench.detection.campaigns", __doc__, measure, options=options, seeds=(1, 2))


def options(parser: ArgumentParser) -> None:
    """Add what this command takes besides."""
    parser.add_argument("--worlds", nargs="+", default=list(NAMES), choices=NAMES)
    parser.add_argument(
        "--search", action="append", default=[], metavar="KEY=VALUE", help="a setting of campaigns"
    )


def searched(arguments: Namespace) -> CampaignConfig:
    """Return how campaigns are searched for: as by default but for the settings that were given."""
    pairs = (setting.removeprefix("campaigns.").partition("=") for setting in arguments.search)
    values: dict[str, Any] = {name: type(getattr(CampaignConfig(), name))(value) for name, _, value in pairs}
    return CampaignConfig(**values)


def measure(folder: Path, arguments: Namespace) -> list[Section]:
    """Search each world of each seed."""
    setup, search = configured(arguments), searched(arguments)
    found: dict[str, dict[int, Judged]] = defaultdict(dict)
    for name in arguments.worlds:
        for seed in arguments.seeds:
            truth, world = place(folder, name, seed)
            observed = observe(f"{name}-{seed}", world, setup.config)
            outcome = replay(observed, setup.config, search)
            score = load(folder / "eval" / "score.py").score(truth, outcome.opened, outcome.scored())
            found[name][seed] = Judged(truth, observed, outcome, score)
            progress(f"world {name} {seed} is searched")
    return [campaigns(found), summary(found), wrongly_named(found), volume(found)]


def campaigns(found: Mapping[str, Mapping[int, Judged]]) -> Section:
    """One row a campaign of the truth."""
    rows: list[Row] = []
    for name, worlds in found.items():
        for seed, judged in worlds.items():
            for label, one in judged.score["campaigns"].items():
                rows.append(
                    {
                        "world": name,
                        "seed": seed,
                        "campaign": label,
                        "named": f"{one['named']}/{one['accounts']}",
                        "share": one["named"] / one["accounts"],
                        "hours to half": one["hours_to_half"],
                        "precision": one["precision"],
                    }
                )
    return Section("campaigns", rows, ["hours: from the first account's onset until half are named"])


def summary(found: Mapping[str, Mapping[int, Judged]]) -> Section:
    """One row for each world and kind of campaign."""
    kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for name, worlds in found.items():
        for judged in worlds.values():
            for label, one in judged.score["campaigns"].items():
                kinds[name, label.rpartition("-")[0]].append(one)
    rows: list[Row] = []
    for (name, kind), ones in kinds.items():
        shares = [one["named"] / one["accounts"] for one in ones]
        hours = [one["hours_to_half"] for one in ones if one["hours_to_half"] is not None]
        rows.append(
            {
                "world": name,
                "kind": kind,
                "campaigns": len(ones),
                "share, mean": statistics.mean(shares),
                "share, worst": min(shares),
                "half named": f"{len(hours)}/{len(ones)}",
                "hours, median": statistics.median(hours) if hours else None,
                "hours, worst": max(hours, default=None),
                "precision, worst": min((one["precision"] for one in ones if one["named"]), default=None),
            }
        )
    return Section("by kind", rows)


def wrongly_named(found: Mapping[str, Mapping[int, Judged]]) -> Section:
    """One row a world: campaigns that are none, and tenants named before or without an attack of theirs."""
    rows: list[Row] = []
    for name, worlds in found.items():
        days, false, wrong, opened = 0.0, 0, Counter[str](), 0
        for judged in worlds.values():
            tenants = {tenant["tenant"]: tenant for tenant in judged.truth["tenants"]}
            days += honest_days(judged)
            opened += len(judged.outcome.campaigns)
            false += sum(is_false(named, tenants) for named in judged.outcome.campaigns.values())
            wrong += innocents(judged.outcome, tenants)
        alerts = sum(judged.score["false_alerts"] for judged in worlds.values())
        clean = sum(judged.score["clean_tenant_days"] for judged in worlds.values())
        rows.append(
            {
                "world": name,
                "campaigns opened": opened,
                "false": false,
                "clean tenant-days": clean,
                "since the first request": round(days, 1),
                "wrongly named": ", ".join(f"{kind} {n}" for kind, n in sorted(wrong.items())) or None,
                "all false alerts": alerts,
                "a tenant-day": alerts / clean if clean else None,
            }
        )
    return Section("false campaigns", rows, ["false: most of its tenants never attack"])


def volume(found: Mapping[str, Mapping[int, Judged]]) -> Section:
    """One row a world: how much the fingerprints are beside the requests."""
    rows: list[Row] = []
    for name, worlds in found.items():
        seen = [judged.observed for judged in worlds.values()]
        requests, sketches = (
            sum(sum(one.requests.values()) for one in seen),
            sum(one.sketch_bytes for one in seen),
        )
        count, size = sum(len(one.fingerprints) for one in seen), sum(one.fingerprint_bytes for one in seen)
        passed = sum(judged.outcome.passed for judged in worlds.values())
        rows.append(
            {
                "world": name,
                "requests": requests,
                "fingerprints": count,
                "of requests, %": 100 * count / requests,
                "of sketch bytes, %": 100 * size / sketches,
                "bytes each": size // max(1, count),
                "passed on, %": 100 * passed / max(1, count),
                "most of one tenant, %": 100 * max(map(busiest, seen)),
            }
        )
    return Section("volume of fingerprints", rows, [f"of one tenant: that sent {MANY} requests or more"])


def busiest(observed: Observed) -> float:
    """Return the highest share of fingerprints among the requests of a tenant that sent many."""
    counts = Counter(one.tenant for one in observed.fingerprints)
    many = {tenant: sent for tenant, sent in observed.requests.items() if sent >= MANY}
    return max((counts[tenant] / sent for tenant, sent in many.items()), default=0.0)


def is_false(named: Mapping[str, int], tenants: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether fewer than half of a campaign's tenants ever attack."""
    return 2 * sum(bool(tenants[name]["onset"]) for name in named) < len(named)


def innocents(outcome: Outcome, tenants: Mapping[str, Mapping[str, Any]]) -> Counter[str]:
    """Count the tenants that were named before they attacked, or never do, by group and profile."""
    wrong = Counter[str]()
    for named in outcome.campaigns.values():
        for name, time in named.items():
            tenant = tenants[name]
            if tenant["onset"] is None or time < tenant["onset"]:
                wrong[_kind(tenant)] += 1
    return wrong


def honest_days(judged: Judged) -> float:
    """Return the tenant-days of those that never attack, each from its first request on."""
    began, end = judged.observed.began, int(judged.truth["end"])
    honest = [tenant["tenant"] for tenant in judged.truth["tenants"] if tenant["onset"] is None]
    return sum((end - began[name]) / DAY_MS for name in honest if name in began)


def _kind(tenant: Mapping[str, Any]) -> str:
    parts = dict.fromkeys(part for part in (tenant["scenario"], tenant["profile"]) if part != "benign")
    return "/".join(parts) or "benign"


if __name__ == "__main__":
    main()
