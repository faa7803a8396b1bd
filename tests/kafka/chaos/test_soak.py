from __future__ import annotations

import time
from pathlib import Path

import pytest
from kafka_libraries import cache_folder

from streams.topics import apply_topics
from tests.kafka.chaos.options import option, say, seed
from tests.kafka.chaos.soak import Curve
from tests.kafka.cluster import cluster_or_skip
from tests.kafka.load import Load, Publisher
from tests.kafka.quick_settings import quick_settings
from tests.kafka.stand import stand

SAMPLE_SECONDS = 10.0
MOST_GROWTH = 0.05
# Of 200 tenants at a time a worker keeps 150; each leaves after 150 requests and is forgotten after a day.
POPULATION, TURNS = 200, 150
BOUNDED = {"max_tenants": 150, "ttl_days": 1.0, "checkpoint_seconds": 5.0, "checkpoint_events": 50_000}
RATE = 300.0


@pytest.mark.chaos
def test_a_worker_under_load_does_not_grow_once_it_is_warm(tmp_path: Path) -> None:
    file = cache_folder() / "chaos" / "soak.csv"
    with cluster_or_skip(1) as cluster:
        settings = quick_settings(cluster, state=BOUNDED, kafka={"request_timeout": 15.0})
        apply_topics(settings, with_source=True)
        load = Load(seed(), POPULATION, TURNS)
        with (
            stand(settings, tmp_path) as workers,
            Publisher(cluster.bootstrap, settings.source.topic, load, RATE) as publisher,
        ):
            worker = workers.start_ready()
            curve = Curve(worker.process.pid)
            over = time.monotonic() + 60 * option("CHAOS_SOAK_MINUTES", 30)
            while time.monotonic() < over:
                curve.sample()
                curve.write(file)
                time.sleep(SAMPLE_SECONDS)
                assert worker.runs, worker.said()[-4000:]
            behind = workers.behind()
        say(f"soak: {curve}; {publisher.published} requests, {behind} of them not committed yet; {file}")
    assert behind < 60 * RATE, "the worker cannot keep pace, and nothing is said about its memory"
    assert curve.growth() < MOST_GROWTH
