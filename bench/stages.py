"""Where each microsecond goes: what each step costs by itself, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from bench.figure import Figure, Sample, stated
from bench.options import Options
from bench.traffic import events
from models.config import DetectorConfig
from models.fleet import Fleet
from models.native import decode_native
from models.requests import decode_table
from models.sketch import Origin, encode_sketch
from models.sketcher import Sketcher
from streams.embedders import load_embedder

BATCH = 512
STAGE_EVENTS = 20_000
KINDS = {"with text": True, "metadata only": False}
Result = TypeVar("Result")


def stages(options: Options) -> list[Figure]:
    """Measure each step with text and without, as often as asked, the kinds in turn."""
    count = min(options.events, STAGE_EVENTS)
    records = {kind: list(events(count, text=text)) for kind, text in KINDS.items()}
    runs = [{kind: costs(records[kind]) for kind in KINDS} for _ in range(options.runs)]
    return [
        stated(f"{step}, {kind}", "us/event", Sample.of(run[kind][step] for run in runs))
        for kind in KINDS
        for step in runs[0][kind]
    ]


def costs(records: Sequence[tuple[bytes, bytes]]) -> dict[str, float]:
    """Return microseconds an event of each step, over all records."""
    embedder = load_embedder("wordllama")
    sketcher, fleet = Sketcher(embedder), Fleet(DetectorConfig(), lambda _: None)
    found: dict[str, float] = {}

    def timed(step: str, work: Callable[[], Result]) -> Result:
        started = time.process_time()
        result = work()
        found[step] = (time.process_time() - started) / len(records) * 1e6
        return result

    decoded = timed("decode and validate", lambda: [decode_native(value) for _, value in records])
    known = [event for event in decoded if event is not None]
    origins = [Origin("bench", 0, offset) for offset in range(len(known))]
    places = range(0, len(known), BATCH)
    if any(event.prompt for event in known):
        texts = [event.prompt or "" for event in known]
        timed("tokenise and embed alone", lambda: [embedder.embed_many(texts[k : k + BATCH]) for k in places])
    batches = timed(
        "sketch (with the embedding)",
        lambda: [sketcher.sketch_many(known[k : k + BATCH], origins[k : k + BATCH]) for k in places],
    )
    sketches = [sketch for batch in batches for sketch in batch]
    values = timed("encode the sketch", lambda: [encode_sketch(sketch) for sketch in sketches])
    keys = [key for key, _ in records]
    tables = timed(
        "decode the sketch",
        lambda: [decode_table(keys[k : k + BATCH], values[k : k + BATCH])[0] for k in places],
    )
    fleet.apply_many(tables[0].taken([0]), [0])  # what is compiled is loaded once
    timed(
        "judge",
        lambda: [
            fleet.apply_many(table, range(k + 1, k + 1 + len(table)))
            for k, table in zip(places, tables, strict=True)
        ],
    )
    return found
