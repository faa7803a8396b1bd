"""Where a test runs commands, each with the same settings file."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Names

USER = "distillwatch"
PASSWORD = "not-a-secret"  # noqa: S105 -- of a broker that lives as long as the tests
ROOT = Path(__file__).resolve().parents[3]
# Few requests are enough for an episode to open.
EAGER = {"block_requests": 2, "entropy_block_requests": 5, "warmup_requests": 50, "least_threshold": 10.0}
START_MS = 1_772_582_400_000
MINUTE_MS = 60_000
FLAGGED_FROM = 70
PATIENCE_SECONDS = 120.0


@dataclass
class Desk:
    """Where one test runs commands, each with the same settings file."""

    folder: Path
    names: Names
    kafka: dict[str, Any]
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What the workers said."""
        return self.folder / "worker.log"

    def settings(self) -> Path:
        """Write the settings file."""
        names = self.names
        every: dict[str, dict[str, Any]] = {
            "kafka": {**self.kafka, "group": names.group},
            "source": {"topic": names.source},
            "topics": {
                "sketches": names.sketches,
                "state": names.state,
                "alerts": names.alerts,
                "dead_letters": names.dead_letters,
                "population": names.population,
                "fingerprints": names.fingerprints,
                "scores": names.scores,
                "control": names.control,
                "partitions": 1,
            },
            "embedding": {"kind": "hashed"},
            "detector": EAGER,
            "state": {"checkpoint_seconds": 0.5, "checkpoint_events": 100},
            "scores": {"enabled": True},
            "metrics": {"port": 0},
        }
        for section, values in self.others.items():
            every[section] = {**every.get(section, {}), **values}
        lines = [
            line
            for section, values in every.items()
            for line in (f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()))
        ]
        file = self.folder / "distillwatch.toml"
        file.write_text("\n".join(lines))
        return file

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self._command(arguments), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command; it is gone after the test."""
        self.running.append(
            subprocess.Popen(
                self._command(arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        )
        return self.running[-1]

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker; it is gone after the test."""
        with self.log.open("ab") as log:
            self.running.append(subprocess.Popen(self._command(["worker"]), stderr=log, cwd=ROOT))
        return self.running[-1]

    def first_alert(self) -> dict[str, Any]:
        """Return the first finding; with what the workers logged where none comes."""
        reader = self.start("alerts", "--from-beginning", "--follow")
        assert reader.stdout is not None
        assert select.select([reader.stdout], [], [], PATIENCE_SECONDS)[0], self.said()
        found: dict[str, Any] = json.loads(reader.stdout.readline())
        return found

    def said(self) -> str:
        """Return what the workers logged."""
        return self.log.read_text() if self.log.exists() else ""

    def events(self, numbers: Iterable[int]) -> str:
        """Write requests of one tenant, flagged after a while, and return the file's name."""
        file = self.folder / "events.jsonl"
        file.write_text("".join(f"{json.dumps(event(number))}\n" for number in numbers))
        return str(file)

    def _command(self, arguments: Iterable[str]) -> list[str]:
        return [sys.executable, "-m", "streams", "--config", str(self.settings()), *arguments]


def event(number: int) -> dict[str, object]:
    """One request."""
    flags = {"flags": ["canary"]} if number >= FLAGGED_FROM else {}
    prompt = f"question {number * 7919 % 101} about one topic"
    return {
        "id": f"r{number:06d}",
        "time": START_MS + number * MINUTE_MS,
        "tenant": "t",
        "prompt": prompt,
        **flags,
    }
