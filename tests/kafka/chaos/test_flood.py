"""A million invented tenants: the worker's memory stays bounded, and nobody's evidence is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.state_digest import tenant_digests
from streams.topics import apply_topics
from tests.kafka.chaos.options import option, say
from tests.kafka.cluster import cluster_or_skip
from tests.kafka.load import Publisher
from tests.kafka.process import invented, resident
from tests.kafka.quick_settings import quick_settings
from tests.kafka.stand import stand
from tests.kafka.topic_reader import read_topic
from tests.kafka.truth import Outcome
from tests.kafka.upkeep import write

EVENTS = 2400
AT_ONCE = 50_000
LIVE = 1_000
MOST_GROWTH = 300 * 1_048_576
SECONDS = 1_800.0


@pytest.mark.chaos
def test_a_million_invented_tenants_neither_fill_the_memory_nor_touch_a_real_one(tmp_path: Path) -> None:
    tenants = option("CHAOS_TENANTS", 1_000_000)
    state = {"max_tenants": LIVE, "checkpoint_seconds": 5.0, "checkpoint_events": 50_000}
    with cluster_or_skip(1) as cluster:
        settings = quick_settings(cluster, state=state, kafka={"request_timeout": 30.0})
        alone = quick_settings(cluster, state=state)
        for each in (settings, alone):
            apply_topics(each, with_source=True)
            Publisher(cluster.bootstrap, each.source.topic).publish(EVENTS)
        with stand(settings, tmp_path) as flooded:
            worker = flooded.start()
            flooded.wait_until(flooded.is_done)
            before = most = resident(worker.process.pid)
            for first in range(0, tenants, AT_ONCE):
                write(
                    cluster.bootstrap, settings.source.topic, invented(first, min(first + AT_ONCE, tenants))
                )
                flooded.wait_until(flooded.is_done, SECONDS)
                most = max(most, resident(worker.process.pid))
            load = Publisher(cluster.bootstrap, settings.source.topic)
            load.published = EVENTS
            load.publish(EVENTS)
            flooded.wait_until(flooded.is_done)
            assert flooded.end(worker) == 0
        with stand(alone, tmp_path) as undisturbed:
            load = Publisher(cluster.bootstrap, alone.source.topic)
            load.published = EVENTS
            load.publish(EVENTS)
            undisturbed.start()
            expected = undisturbed.finish()
        found = Outcome()
        for record in read_topic(cluster.bootstrap, settings.topics.alerts):
            found.add(record.value())
        known = len(tenant_digests(settings))
    say(
        f"flood: {tenants} invented tenants, {known} known; "
        f"resident {before >> 20} MiB before, {most >> 20} MiB at most"
    )
    assert found.findings.keys() == expected.findings.keys()
    assert known == tenants + len(expected.tenants)
    assert most - before < MOST_GROWTH
