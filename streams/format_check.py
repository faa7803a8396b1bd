"""What would become of the records of a file: which requests they hold, and what the detector sees by those.

Nothing that a record says is repeated but the ids, tenants and times of its requests.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from models.errors import DecodeError
from models.event import RequestEvent
from models.formats.coverage import SIGNALS, WORKS, understood
from streams.event_files import Line
from streams.formats import decoder_of_one
from streams.settings import Settings

_FIELDS = tuple(known.name for known in fields(RequestEvent))
_TOO_LARGE = DecodeError("record_too_large", "it is longer than source.max_record_bytes")
_REQUIRED = ("id", "time", "tenant")


@dataclass(slots=True)
class Tally:
    """What was seen so far; grows with the number of reasons, not of records."""

    records: int = 0
    events: int = 0
    silent: int = 0
    present: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    details: dict[str, str] = field(default_factory=dict)


class FormatCheck:
    """Looks at records as intake would, one by one.

    Parameters
    ----------
    settings
        Whose first source the records are of.
    now
        Wall clock in Unix milliseconds.
    """

    def __init__(self, settings: Settings, now: int | None = None) -> None:
        source = settings.source
        self.tally = Tally()
        self._form = source.format
        self._decode = decoder_of_one(source.format, source.options(settings.embedding.size))
        self._newest = (int(time.time() * 1000) if now is None else now) + source.max_ahead_ms

    def look(self, line: Line) -> list[str]:
        """Return what is to be said of one record, a line each."""
        self.tally.records += 1
        try:
            found = self._decode(line.value) if line.whole else [_TOO_LARGE]
        except DecodeError as error:
            found = [error]
        if not found:
            self.tally.silent += 1
            return [f"record {line.number}: holds no request"]
        places = [
            f"record {line.number}{f', event {n + 1}' if len(found) > 1 else ''}" for n in range(len(found))
        ]
        return [text for place, event in zip(places, found, strict=True) for text in self._say(place, event)]

    def _say(self, place: str, event: RequestEvent | DecodeError) -> Iterator[str]:
        if isinstance(event, RequestEvent) and event.time > self._newest:
            event = DecodeError("time_in_future", "its time is too far ahead (source.max_ahead_hours)")
        if isinstance(event, DecodeError):
            self.tally.failures[event.reason] += 1
            self.tally.details.setdefault(event.reason, event.detail)
            yield f"{place}: NOT UNDERSTOOD, {event.reason}: {event.detail}"
            return
        coverage = understood(event)
        self.tally.events += 1
        self.tally.present.update(coverage.present)
        at = datetime.fromtimestamp(event.time / 1000, UTC).isoformat(timespec="milliseconds")
        yield f"{place}: request {json.dumps(event.id)} of tenant {json.dumps(event.tenant)} at {at}"
        yield from _fields(coverage.present, coverage.missing)
        yield from _signals(frozenset(coverage.present))

    def summary(self) -> list[str]:
        """Return what is to be said of all records, a line each."""
        tally = self.tally
        wrong = tally.failures.total()
        head = (
            f"{tally.records:,} records of the format {self._form}: {tally.events:,} requests understood, "
            f"{wrong:,} not, {tally.silent:,} records without a request"
        )
        reasons = [
            f"  not understood: {count:,} {reason}, the first: {tally.details[reason]}"
            for reason, count in tally.failures.most_common()
        ]
        if not tally.events:
            return [
                head,
                *reasons,
                "  nothing was understood: is this the right format? `distillwatch formats list`",
            ]
        return [head, *reasons, *_fields(*self._given()), *_signals(frozenset(tally.present))]

    def _given(self) -> tuple[list[str], list[str]]:
        """Return the given fields, with their share where not all requests have them, and the missing."""
        events, present = self.tally.events, self.tally.present
        shares = {name: present[name] / events for name in _FIELDS}
        given = [name if share == 1 else f"{name} ({share:.0%})" for name, share in shares.items() if share]
        return given, [name for name, share in shares.items() if not share]


def _fields(given: Sequence[str], missing: Sequence[str]) -> Iterator[str]:
    yield f"  given:   {', '.join(name for name in given if name not in _REQUIRED) or 'nothing more'}"
    yield f"  missing: {', '.join(missing) or 'nothing'}"


def _signals(known: frozenset[str]) -> Iterator[str]:
    """Yield which signals work where these fields are known, and what the others need."""
    said = {name: check(known) for name, check in SIGNALS.items()}
    working = [name for name, verdict in said.items() if verdict == WORKS]
    yield f"  signals: {', '.join(working) or 'none'} work"
    for name, verdict in said.items():
        if verdict != WORKS:
            yield f"    {name}: {verdict}"
