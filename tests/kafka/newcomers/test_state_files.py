"""The state of a group in a file, and workers on other topics that go on from it and say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from models.errors import DistillwatchError, TopicError
from models.snapshot import Header, pack
from streams.settings import Settings
from streams.state_digest import overall_digest, tenant_digests
from streams.state_export import export_state
from streams.state_file import StoredRecord, reading, writing
from streams.state_import import import_state
from streams.state_record import (
    PARTITION_KEY,
    PartitionRecord,
    StateRecord,
    close_partition,
    decode_state,
    encode_state,
    open_partition,
)
from tests.kafka.newcomers.conftest import Findings, alerts, publish
from tests.kafka.stand import OK, Stand
from tests.kafka.topic_reader import read_topic
from tests.streams.campaign_world import BEGIN_MS, world
from tests.streams.newcomer_world import HOUR_MS, START_MS

MakeStand = Callable[..., Stand]
Backtested = Callable[..., Findings]
QUIET: dict[str, Any] = {"quiet_days": 0.5}
OURS = ("sketches", "state", "alerts", "dead_letters", "population", "fingerprints")
BORDER = START_MS + BEGIN_MS + 3 * HOUR_MS
"""In the middle of a campaign."""


def halves() -> tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]]]:
    records = world()
    return [one for one in records if one["time"] < BORDER], [one for one in records if one["time"] >= BORDER]


def run(stand: Stand, records: Sequence[dict[str, Any]]) -> None:
    """Let a worker judge requests, and end it."""
    worker = stand.start_ready()
    publish(stand.settings, records)
    stand.wait_until(lambda: stand.is_done() and _ahead(stand.settings, records))
    assert stand.end(worker) == OK, stand.last_words()


def _ahead(settings: Settings, records: Sequence[dict[str, Any]]) -> bool:
    """Tell whether all requests have been forwarded, and not only read."""
    if settings.source.keyed_by_tenant:
        return True
    sketches = read_topic(settings.kafka.bootstrap_servers, settings.topics.sketches)
    known = [message for message in sketches if not (message.key() or b"").startswith(b"\xff")]
    return len(known) >= len(records)


def renamed(stand: Stand, make_stand: MakeStand, *, source: str = "") -> Stand:
    """Other topics and another group, perhaps over the same source."""
    was = stand.settings.source
    return make_stand(
        campaigns=QUIET,
        topics=_names(stand, "b"),
        kafka={"group": f"{stand.settings.kafka.group}-b"},
        source={"topic": source or was.topic, "keyed_by_tenant": was.keyed_by_tenant},
    )


@pytest.mark.parametrize("keyed", [{}, {"keyed_by_tenant": True}], ids=["over sketches", "keyed"])
@pytest.mark.parametrize("new_source", ["", "another"], ids=["same source", "new source"])
def test_workers_on_new_topics_go_on_from_a_file_and_say_the_same(
    make_stand: MakeStand,
    backtested: Backtested,
    tmp_path: Path,
    new_source: str,
    keyed: dict[str, Any],
) -> None:
    before, after = halves()
    first = make_stand(campaigns=QUIET, source=keyed)
    run(first, before)
    done = export_state(first.settings, tmp_path / "state")
    assert done.tenants == len({one["tenant"] for one in before})
    assert done.damaged == 0

    second = renamed(first, make_stand, source=f"{first.settings.source.topic}-b" if new_source else "")
    taken = import_state(second.settings, tmp_path / "state")
    assert (taken.tenants, taken.state, taken.unread) == (done.tenants, done.state, done.unread)
    kept = [overall_digest(tenant_digests(one.settings)) for one in (first, second)]
    assert kept[0] == kept[1]

    expected = backtested(first.settings, [*before, *after])
    second.start_ready()
    publish(second.settings, after)
    second.wait_until(lambda: len(alerts(first.settings) | alerts(second.settings)) >= len(expected), 60)
    second.wait_until(second.is_done)
    assert [second.end(worker) for worker in list(second.workers)] == [OK], second.last_words()
    said = alerts(first.settings) | alerts(second.settings)
    assert said.keys() == expected.keys()
    assert said == expected
    assert alerts(second.settings)


def test_a_state_topic_that_was_deleted_is_brought_back_between_the_others(
    make_stand: MakeStand, backtested: Backtested, tmp_path: Path
) -> None:
    before, after = halves()
    first = make_stand(campaigns=QUIET)
    run(first, before)
    done = export_state(first.settings, tmp_path / "state")
    topics = {"state": f"{first.settings.topics.state}-b"}
    kept = {name: getattr(first.settings.topics, name) for name in OURS if name != "state"}
    second = make_stand(
        campaigns=QUIET,
        topics={**kept, **topics},
        kafka={"group": first.settings.kafka.group},
        source={"topic": first.settings.source.topic},
    )
    taken = import_state(second.settings, tmp_path / "state")
    assert (taken.tenants, taken.unread) == (done.tenants, 0)
    run(second, after)
    expected = backtested(first.settings, [*before, *after])
    second.start_ready()
    second.wait_until(lambda: len(alerts(second.settings)) >= len(expected), 60)
    assert alerts(second.settings) == expected


def test_marks_of_every_source_that_is_still_there_are_kept(make_stand: MakeStand, tmp_path: Path) -> None:
    made = make_stand(campaigns=QUIET).settings
    first, second, gone = made.source.topic, f"{made.source.topic}-gateway", "deleted"
    stand = make_stand(campaigns=QUIET, sources={"gateway": {"topic": second}})
    marks = {(first, 0): (7, 0), (second, 1): (8, 3), (gone, 0): (9, 0)}
    import_state(stand.settings, file_of(stand, tmp_path, {PARTITION_KEY: marked(marks)}))
    kept = open_partition(standing(stand)[PARTITION_KEY]).marks
    assert kept == {place: mark for place, mark in marks.items() if place[0] != gone}


def test_a_tenant_whose_snapshot_cannot_be_read_starts_cold_and_the_others_do_not(
    make_stand: MakeStand, tmp_path: Path
) -> None:
    stand = make_stand(campaigns=QUIET)
    whole, damaged = StateRecord(0, 5, pack(Header(-1, 5), b"state")), StateRecord(0, 5, b"damaged")
    taken = import_state(stand.settings, file_of(stand, tmp_path, {b"acme": whole, b"globex": damaged}))
    assert (taken.tenants, taken.state, taken.cold) == (2, 2, 1)
    assert standing(stand) == {b"acme": whole, b"globex": StateRecord(0, 5, b"")}


def file_of(stand: Stand, folder: Path, records: Mapping[bytes, StateRecord]) -> Path:
    """Write a file with these state records, as if a group had left them on the topics of an idle one."""
    export_state(stand.settings, folder / "empty")
    with reading(folder / "empty") as source, writing(folder / "state", source.head) as out:
        for key, record in records.items():
            out.add(StoredRecord("state", 0, 0, record.time, key, encode_state(record)))
    return folder / "state"


def marked(marks: dict[tuple[str, int], tuple[int, int]]) -> StateRecord:
    return close_partition(PartitionRecord(0, 5, marks))


def standing(stand: Stand) -> dict[bytes, StateRecord]:
    """Return what stands on the state topic."""
    found = read_topic(stand.settings.kafka.bootstrap_servers, stand.settings.topics.state)
    return {bytes(one.key() or b""): decode_state(bytes(one.value() or b"")) for one in found}


def test_nothing_is_written_where_it_would_do_harm(make_stand: MakeStand, tmp_path: Path) -> None:
    before, _ = halves()
    first, file = make_stand(campaigns=QUIET), tmp_path / "state"
    file.write_bytes(b"damaged")
    with pytest.raises(DistillwatchError, match="is no state, or a damaged one"):
        import_state(first.settings, file)
    worker = first.start_ready()
    with pytest.raises(TopicError, match=r"1 workers of the group .* run: stop them all"):
        export_state(first.settings, file)
    publish(first.settings, before[:500])
    first.wait_until(lambda: first.is_done() and _ahead(first.settings, before[:500]))
    assert first.end(worker) == OK
    export_state(first.settings, file)
    with pytest.raises(TopicError, match=r"topics.state .* is not empty: delete it"):
        import_state(first.settings, file)
    other = make_stand(topics={**_names(first), "partitions": 2}, campaigns=QUIET)
    with pytest.raises(TopicError, match="has 2 partitions and the file 3"):
        import_state(other.settings, file)
    other = make_stand(topics={**_names(first, "d")}, campaigns={"enabled": False})
    with pytest.raises(TopicError, match=r"the file has the topics .*, and the settings use"):
        import_state(other.settings, file)


def _names(stand: Stand, suffix: str = "c") -> dict[str, str]:
    return {name: f"{getattr(stand.settings.topics, name)}-{suffix}" for name in OURS}
