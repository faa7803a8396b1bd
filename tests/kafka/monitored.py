"""A real Prometheus that scrapes a worker, with our rules."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from tests.prometheus_tools import ROOT, program

SCRAPE_SECONDS = 1
PATIENCE_SECONDS = 60.0


class Prometheus:
    """Answers queries on a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, path: str, **words: Any) -> Any:
        """Return the data of an answer; an answer that is an error is one."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10)
        connection.request("GET", f"/api/v1/{path}?{urlencode(words, doseq=True)}")
        with connection.getresponse() as answer:
            said = json.loads(answer.read())
        connection.close()
        assert said["status"] == "success", said
        return said["data"]

    def is_ready(self) -> bool:
        """Tell whether it answers at all."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("GET", "/-/ready")
            with connection.getresponse() as answer:
                return answer.status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def values(self, expression: str, *, instant: bool) -> list[float]:
        """Return every number that a panel with this query would show, of all series."""
        now = time.time()
        if instant:
            found = self.ask("query", query=expression, time=now)["result"]
            return [float(series["value"][1]) for series in found]
        found = self.ask("query_range", query=expression, start=now - 60, end=now, step=2)["result"]
        return [float(value) for series in found for _, value in series["values"]]

    def labels(self, metric: str, label: str) -> list[str]:
        """Return the values of a label of a metric."""
        return [str(value) for value in self.ask(f"label/{label}/values", **{"match[]": metric})]


@contextmanager
def prometheus(folder: Path, port: int, target: str) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes one target once a second."""
    config = {
        "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"},
        "rule_files": [str(ROOT / "deploy/prometheus/rules/*.yml")],
        "scrape_configs": [{"job_name": "distillwatch", "static_configs": [{"targets": [target]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [
        program("prometheus"),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/tsdb",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, cwd=folder)
    try:
        made, deadline = Prometheus(port), time.monotonic() + PATIENCE_SECONDS
        while not made.is_ready():
            assert process.poll() is None, (folder / "prometheus.log").read_text(errors="replace")
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield made
    finally:
        process.kill()
        process.wait()
