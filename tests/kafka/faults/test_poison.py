"""Records and loads that are meant to hurt: nothing stops, nothing is lost, and memory stays bounded."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.sketch import Origin, Sketch, encode_sketch
from tests.kafka.cluster import Cluster
from tests.kafka.load import START_MS, Load, Publisher
from tests.kafka.process import invented, resident
from tests.kafka.stand import Stand
from tests.kafka.topic_reader import read_topic
from tests.kafka.truth import judged
from tests.kafka.upkeep import write

EVENTS = 2400
INVENTED = 12_000
LIVE = 300
LONG = "x" * 100_000
MiB = 1_048_576
MakeStand = Callable[..., Stand]
MakePublisher = Callable[[Stand], Publisher]


def test_a_flood_of_invented_tenants_is_bounded_in_memory_and_evicts_no_evidence(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one, state={"max_tenants": LIVE, "checkpoint_events": 50_000})
    load = publisher(stand)
    load.publish(EVENTS)
    worker = stand.start()
    stand.wait_until(stand.is_done)
    before = resident(worker.process.pid)
    write(one.bootstrap, stand.settings.source.topic, invented(0, INVENTED))
    stand.wait_until(stand.is_done)
    # In memory they would take 24 kB each.
    assert resident(worker.process.pid) - before < INVENTED * 24_000 // 3
    load.publish(EVENTS)
    outcome = stand.finish()
    assert len(outcome.tenants) == INVENTED + load.load.tenants


def test_one_tenant_with_all_the_traffic_is_judged_like_any_other(
    one: Cluster, make_stand: MakeStand
) -> None:
    stand = make_stand(one)
    Publisher(one.bootstrap, stand.settings.source.topic, Load(tenants=1)).publish(EVENTS)
    stand.start()
    stand.start()
    assert stand.finish().events == {"t0": EVENTS}


def test_a_tenant_with_an_endless_name_is_set_aside_on_either_topic(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one)
    request = {"id": "a", "time": START_MS, "tenant": LONG, "prompt": "hello"}
    write(one.bootstrap, stand.settings.source.topic, [(0, b"key", json.dumps(request).encode())])
    forged = encode_sketch(Sketch(id="a", tenant=LONG, time=START_MS, origin=Origin("elsewhere", 0, 0)))
    write(one.bootstrap, stand.settings.topics.sketches, [(0, LONG.encode(), forged)])
    publisher(stand).publish(EVENTS)
    stand.start()
    stand.finish()
    letters = read_topic(one.bootstrap, stand.settings.topics.dead_letters)
    said = sorted((dict(letter.headers())["stage"], dict(letter.headers())["reason"]) for letter in letters)
    assert said == [(b"detect", b"broken_sketch"), (b"intake", b"tenant_too_long")]


def test_a_snapshot_beyond_its_limit_costs_the_past_at_a_restore_and_nothing_before(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher
) -> None:
    stand = make_stand(one, state={"max_snapshot_bytes": 1_024})
    load = publisher(stand)
    load.publish(EVENTS)
    first = stand.start()
    stand.wait_until(stand.is_done)
    assert stand.end(first) == 0
    assert "snapshot too large" in first.said()
    outcome, expected = found_findings(stand), judged(stand.settings)
    assert outcome == set(expected.findings)
    load.publish(EVENTS)
    second = stand.start()
    stand.wait_until(stand.is_done)
    assert stand.end(second) == 0
    assert second.said().count("tenant starts cold: its last") == load.load.tenants


def found_findings(stand: Stand) -> set[tuple[str, int, int]]:
    """Return uid, activity and time of all alerts."""
    records = read_topic(stand.settings.kafka.bootstrap_servers, stand.settings.topics.alerts)
    values: list[dict[str, Any]] = [json.loads(record.value()) for record in records]
    return {(value["finding_info"]["uid"], value["activity_id"], value["time"]) for value in values}


def test_a_full_disk_ends_the_worker_with_its_name_and_after_the_mend_nothing_is_missing(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher, small_disk: Path
) -> None:
    stand = make_stand(one, state={"folder": str(small_disk)})
    load = publisher(stand)
    load.publish(EVENTS)
    (small_disk / "somebody else's").write_bytes(b"x" * (small_disk_bytes(small_disk) - 200_000))
    worker = stand.start()
    assert worker.process.wait(60) == 1
    assert f"snapshots cannot be kept in {small_disk}" in worker.said()
    assert "set state.folder" in worker.said()
    stand.workers.remove(worker)
    (small_disk / "somebody else's").unlink()
    stand.start()
    stand.finish()


def test_a_disk_that_is_full_at_a_restore_ends_the_worker_as_well(
    one: Cluster, make_stand: MakeStand, publisher: MakePublisher, small_disk: Path
) -> None:
    stand = make_stand(one, state={"folder": str(small_disk)})
    load = publisher(stand)
    load.publish(EVENTS)
    stand.start()
    stand.finish()
    (small_disk / "somebody else's").write_bytes(b"x" * (small_disk_bytes(small_disk) - 100_000))
    worker = stand.start()
    assert worker.process.wait(60) == 1
    assert f"snapshots cannot be kept in {small_disk}" in worker.said()
    stand.workers.remove(worker)
    (small_disk / "somebody else's").unlink()
    load.publish(EVENTS)
    stand.start()
    stand.finish()


def small_disk_bytes(folder: Path) -> int:
    """Return how much fits."""
    return shutil.disk_usage(folder).free


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={8 * MiB}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
