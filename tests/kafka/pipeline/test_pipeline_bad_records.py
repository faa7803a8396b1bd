from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kafka.pipeline.conftest import Bus, Statement

    Offline = Callable[[range], set[Statement]]

GOOD = {"id": "a", "time": 1_772_582_400, "tenant": "t0", "prompt": "hello"}
MARK = "zqxjkvmarkedprompt"


def changed(**fields: Any) -> bytes:
    return json.dumps(GOOD | fields).encode()


BAD = [
    (b"{", "not_json"),
    (b"[1]", "not_an_object"),
    (b"\xff\xfe", "not_json"),
    (changed(tenant=None), "missing_field"),
    (changed(tenant=7), "wrong_type"),
    (changed(time="9999-12-31T00:00:00Z"), "time_out_of_range"),
    (changed(prompt="x" * 5_000_000), "prompt_too_large"),
    (changed(embedding=[0.5, 0.5]), "wrong_embedding_size"),
    (changed(prompt="SURROGATE").replace(b"SURROGATE", b"\\ud800"), "bad_text"),
    (b"[" * 5_000 + b"]" * 5_000, "nested_too_deep"),
]
SILENT = [None, b""]


def test_bad_records_become_dead_letters_as_they_were_and_the_stream_goes_on(bus: Bus) -> None:
    values = [value for value, _ in BAD] + SILENT
    mixed = [part for value in values for part in (value, changed())]
    bus.publish(mixed, lambda _: b"the key")
    worker = bus.start()
    letters = bus.read(bus.settings.topics.dead_letters, lambda records: len(records) >= len(BAD))
    bus.read(bus.settings.topics.sketches, lambda records: len(records) >= len(values))
    assert bus.stop(worker) == 0
    sources = {
        (record.partition, record.offset): record for record in bus.everything(bus.settings.source.topic)
    }
    assert len(letters) == len(BAD)
    reasons = dict(BAD)
    for letter in letters:
        said = {name: value.decode() for name, value in letter.headers}
        assert said["reason"] == reasons[letter.value] or letter.value == b"\xff\xfe"
        assert (said["stage"], said["source_topic"]) == ("intake", bus.settings.source.topic)
        origin = sources[int(said["source_partition"]), int(said["source_offset"])]
        assert (origin.key, origin.value) == (letter.key, letter.value)


def test_a_record_of_the_sketch_topic_that_is_no_sketch_is_set_aside(bus: Bus, offline: Offline) -> None:
    settings = bus.settings
    bus.settings = settings.model_copy(
        update={"source": settings.source.model_copy(update={"topic": settings.topics.sketches})}
    )
    bus.publish([b"not a sketch", None], lambda _: b"t0")
    bus.settings = settings
    bus.publish_requests(range(1800))
    bus.start()
    assert sorted(bus.statements(offline(range(1800)))) == sorted(offline(range(1800)))
    [letter] = bus.everything(settings.topics.dead_letters)
    assert letter.value == b"not a sketch"
    assert dict(letter.headers)["stage"] == b"detect"


def test_no_text_of_a_prompt_leaves_the_intake(make_bus: Callable[..., Bus]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bus = make_bus(metrics={"port": port}, log={"level": "debug"})
    others = {"flags": ["x"], "input_tokens": 30, "output_tokens": 20}
    marked = [
        changed(id=f"r{number}", time=1_772_582_400 + 60 * number, prompt=f"{MARK} {number}", **others)
        for number in range(400)
    ]
    broken = [f'{{"id": "{MARK}", "prompt": "{MARK}"'.encode(), changed(time=MARK), changed(embedding=[MARK])]
    bus.publish(marked + broken, lambda _: b"t0")
    worker = bus.start()
    topics = bus.settings.topics
    bus.read(topics.dead_letters, lambda records: len(records) >= len(broken))
    bus.read(topics.alerts, lambda records: len(records) >= 1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        metrics = answer.read()
    assert bus.stop(worker) == 0
    assert b'distillwatch_events_total{stage="detect"}' in metrics
    assert b'distillwatch_dead_letters_total{format="native",reason="not_json",stage="intake"} 1.0' in metrics
    state = bus.everything(topics.state)
    assert state
    profiles = bus.everything(topics.population)
    assert profiles
    others = (topics.fingerprints, topics.alerts, topics.sketches)
    for record in [*state, *profiles, *(record for topic in others for record in bus.everything(topic))]:
        text = b"".join([record.key, record.value, *(value for _, value in record.headers)])
        assert MARK.encode() not in text
    for letter in bus.everything(topics.dead_letters):
        assert not any(MARK.encode() in value for _, value in letter.headers)
    assert MARK not in metrics.decode()
    assert MARK not in bus.said()
