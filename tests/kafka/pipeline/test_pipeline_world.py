"""A file through `replay` and two workers gives what `backtest` gives, at the detector's own settings."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from models.config import DetectorConfig
from streams.simulation import ATTACK_MS, ATTACKER, simulate

if TYPE_CHECKING:
    from tests.kafka.pipeline.conftest import Bus

ROOT = Path(__file__).resolve().parents[3]
EVALUATION = Path(os.environ.get("DISTILLWATCH_EVAL", ROOT.parent / "shared"))
HOUR_MS = 3_600_000
Key = tuple[str, int, str, int]
DEFAULT = asdict(DetectorConfig())


def command(environment: dict[str, str], *words: object) -> str:
    """Run `distillwatch` to its end and return what it printed."""
    line = [sys.executable, "-m", "streams", *map(str, words)]
    done = subprocess.run(line, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment(bus: Bus) -> dict[str, str]:
    """Return the settings of a test as the variables that every command reads."""
    sections = bus.settings.model_dump(exclude_defaults=True, mode="json")
    given = {
        f"DISTILLWATCH_{section}__{name}".upper(): str(value)
        for section, values in sections.items()
        for name, value in values.items()
    }
    return {**os.environ, **given}


def keys(lines: Iterable[str | bytes]) -> list[Key]:
    """Read what identifies each finding: uid, activity, tenant, time."""
    records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [
        (found["finding_info"]["uid"], found["activity_id"], found["metadata"]["tenant_uid"], found["time"])
        for found in records
    ]


def simulated(file: Path) -> str:
    """Write the demo's world up to an hour after the attack began; return the attacker."""
    requests = takewhile(lambda request: request.time < ATTACK_MS + HOUR_MS, simulate())
    file.write_text("".join(json.dumps(request.record) + "\n" for request in requests))
    return ATTACKER


def real(file: Path) -> str:
    """Write five tenants with a quarter of foreign traffic, out of an evaluation world; return one."""
    if not (EVALUATION / "eval" / "world.py").exists():
        pytest.skip("no evaluation worlds: name their folder by DISTILLWATCH_EVAL")
    world, truth = file.with_suffix(".all.gz"), file.with_suffix(".truth")
    words = [sys.executable, EVALUATION / "eval" / "world.py", "--data", EVALUATION / "data" / "dev"]
    words += ["--manifest", EVALUATION / "eval" / "dev.json", "--seed", 1, "--benign", 11, "--days", 3]
    subprocess.run([*map(str, words), "--out", str(world), "--truth", str(truth)], check=True)
    tenants = json.loads(truth.read_text())["tenants"]
    chosen = [tenant["tenant"] for tenant in tenants if tenant["scenario"] == "mixed-25"][:5]
    with gzip.open(world, "rt") as lines, file.open("w") as out:
        out.writelines(line for line in lines if json.loads(line)["tenant"] in chosen)
    return str(chosen[0])


@pytest.mark.parametrize("make_world", [simulated, real])
def test_two_workers_say_what_a_backtest_says(
    make_world: Callable[[Path], str], make_bus: Callable[..., Bus], tmp_path: Path
) -> None:
    bus = make_bus(
        detector=DEFAULT,
        embedding={"kind": "wordllama"},
        state={"checkpoint_seconds": 2.0},
        scores={"enabled": True},
    )
    world, alerts, scores = (tmp_path / f"{name}.jsonl" for name in ("world", "alerts", "scores"))
    attacker = make_world(world)
    variables = environment(bus)
    command(variables, "backtest", world, "--alerts", alerts, "--scores", scores)
    expected = keys(alerts.read_text().splitlines())
    assert attacker in {tenant for _, activity, tenant, _ in expected if activity == 1}

    workers = [bus.start(), bus.start()]
    command(variables, "replay", world)
    total = len(world.read_bytes().splitlines())

    alerted = bus.settings.topics.alerts
    bus.read(alerted, lambda records: {*expected} <= {*keys(record.value for record in records)}, 120)
    bus.read(bus.settings.topics.sketches, lambda records: len(records) == total, 120)
    assert [bus.stop(worker) for worker in workers] == [0, 0]
    assert sorted(keys(command(variables, "alerts", "--from-beginning").splitlines())) == sorted(expected)
    told = [record.value for record in bus.everything(bus.settings.topics.scores)]
    assert sorted(told) == sorted(scores.read_bytes().splitlines()) != []
