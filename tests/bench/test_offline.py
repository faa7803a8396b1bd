"""The sketch topic made without intake is as intake makes it."""

from __future__ import annotations

from itertools import islice

from bench.broker import PARTITIONS
from bench.offline import sketches
from bench.traffic import STEP_MS, events
from models.population.newcomers import BATCH_MS
from models.sketch import decode_sketch
from streams.population_records import MARK_KEY, read_mark

COUNT = 3_000


def test_every_request_is_a_sketch_under_its_tenant_in_order() -> None:
    source = list(events(COUNT, text=True))
    made = [(key, value) for key, value, _ in sketches(source, "requests") if not key.startswith(MARK_KEY)]
    assert [key for key, _ in made] == [key for key, _ in source]
    first = [decode_sketch(key, value) for key, value in islice(made, 600)]
    assert [sketch.origin.offset for sketch in first] == list(range(600))
    assert {(sketch.origin.topic, sketch.origin.partition) for sketch in first} == {("requests", 0)}


def test_marks_of_all_partitions_stand_on_all_partitions() -> None:
    marks = [
        (place, read_mark(key, value))
        for key, value, place in sketches(events(COUNT, text=True), "requests")
        if key.startswith(MARK_KEY)
    ]
    pairs = {(place, mark.partition) for place, mark in marks}
    assert len(pairs) == PARTITIONS**2
    assert len({mark.time for _, mark in marks}) >= COUNT * STEP_MS // BATCH_MS
