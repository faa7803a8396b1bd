"""Where each microsecond goes: what each step costs by itself, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from bench.figure import Figure, Sample, stated
from bench.options import Options
from bench.traffic import events
from models.columns import Origins
from models.config import DetectorConfig
from models.fleet import Fleet
from models.native_columns import decode_columns
from models.requests import decode_table
from models.sketcher import Sketcher
from models.wire import values_of
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

    places = range(0, len(records), BATCH)
    read = [[value for _, value in records[k : k + BATCH]] for k in places]
    decoded = timed("decode and validate", lambda: [decode_columns(values).columns for values in read])
    prompts = [[prompt for prompt in columns.texts.get("prompt", ()) if prompt] for columns in decoded]
    if any(prompts):
        timed("tokenise and embed alone", lambda: [embedder.embed_many(texts) for texts in prompts])
    tables = timed(
        "sketch (with the embedding)",
        lambda: [
            sketcher.table(columns, _origins(k, len(columns)))
            for k, columns in zip(places, decoded, strict=True)
        ],
    )
    batches = timed("encode the sketch", lambda: [values_of(table) for table in tables])
    values = [value for batch in batches for value in batch]
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


def _origins(start: int, count: int) -> Origins:
    return Origins(["bench"] * count, [0] * count, range(start, start + count))
