"""Settings under which workers notice soon that one of them is gone, and checkpoint often."""

from __future__ import annotations

import uuid
from typing import Any

from streams.settings import Settings
from tests.kafka.cluster import Cluster
from tests.kafka.load import EAGER

PARTITIONS = 4
# The session is as long as a request may take: a worker that is killed or hangs is missed soon.
QUICK = {"request_timeout": 3.0, "startup_timeout": 60.0}


def quick_settings(cluster: Cluster, *, source_topic: str = "", **sections: dict[str, Any]) -> Settings:
    """Build settings with topics and a group that nobody else uses."""
    unique = uuid.uuid4().hex[:8]
    topics = ("sketches", "state", "population", "fingerprints", "control", "alerts", "dead_letters")
    ours = {name: f"{name}-{unique}" for name in topics}
    chosen: dict[str, dict[str, Any]] = {
        "kafka": {"bootstrap_servers": cluster.bootstrap, "group": f"group-{unique}", **QUICK},
        "source": {"topic": source_topic or f"requests-{unique}"},
        "topics": {**ours, "partitions": PARTITIONS, "replication_factor": cluster.size},
        "embedding": {"kind": "hashed"},
        "detector": EAGER,
        "state": {"checkpoint_seconds": 0.5, "checkpoint_events": 200},
        "metrics": {"port": 0},
    }
    every = {**chosen, **sections}
    return Settings.model_validate({name: chosen.get(name, {}) | sections.get(name, {}) for name in every})
