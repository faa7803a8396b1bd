"""Control records under fuzzing: what is read of them, and valid ones to begin with."""

from __future__ import annotations

from collections.abc import Iterator

from models.config import DetectorConfig
from models.control.annotation import Annotator
from models.control.encoding import encode_change
from models.control.parsing import parse_change
from models.control.records import (
    Allow,
    Change,
    Judged,
    Override,
    Remove,
    Sample,
    Scope,
    Shadow,
    Suppress,
    Verdict,
    What,
    Window,
)
from models.control.sample import sample_of
from models.finding import Severity
from models.steering import Steering
from streams.control_reading import ControlReading, Refusal
from streams.ocsf import to_record


def control(data: bytes) -> None:
    """Read control records, one a line, and go by those that are taken."""
    refused: list[Refusal] = []
    reading = ControlReading(refused.append)
    for offset, line in enumerate(data.split(b"\n")):
        key, _, value = line.partition(b"\0")
        change = reading.take(offset, key, value)
        if change is not None:
            assert parse_change(encode_change(change)[1]) == change
    assert all(refusal.error.reason for refusal in refused)
    found = reading.finish()
    steering = Steering(DetectorConfig())
    steering.follow(found)
    annotator = Annotator(found)
    for tenant in ("acme", "*", "\u00e9t\u00e9"):
        steering.number_of(tenant)
        found.history(tenant)
        said = sample_of("c1", 1_772_582_400_000, Sample(tenant))
        to_record(said, annotator.annotate(said))


def records() -> Iterator[bytes]:
    """Yield changes of every kind, alone and after each other."""
    begin = 1_772_582_400_000
    period, _no = (begin, begin + 3_600_000), False
    whats: list[What] = [
        Allow("acme", "nightly", *period),
        Override("acme", 30.0, ("rate", "habits"), "", *period),
        Window("*", "load test", *period),
        Suppress(
            "ac*",
            "",
            Severity.HIGH,
            no_alert=True,
            no_learn=True,
            dry_run=False,
            begins=begin,
            until=begin + 1,
        ),
        Judged("6fd64adc", Verdict.BENIGN, "acme", "novelty"),
        Shadow(Scope.SIGNAL, "habits", on=True, begins=begin),
        Remove("c1"),
        Sample("acme"),
    ]
    made = [Change(f"c{number}", begin, "ann", "why", what) for number, what in enumerate(whats)]
    written = [b"\0".join(encode_change(change)) for change in made]
    yield from written
    yield b"\n".join(written)
