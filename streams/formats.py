"""The input formats by name: each turns the values of records into requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from models.columns import Decoded, columns_of
from models.errors import DecodeError, SettingsError
from models.event import RequestEvent
from models.formats.adapter import Adapter, AdapterOptions
from models.formats.bound import bounded
from models.formats.registry import ADAPTERS
from models.native import decode_native
from models.native_columns import decode_columns

NATIVE = "native"
Decode = Callable[[Sequence[bytes | None]], Decoded]
DecodeOne = Callable[[bytes], list[RequestEvent | DecodeError]]


class Format(NamedTuple):
    """How the value of one record is decoded, and how those of a batch, to the same requests."""

    one: Adapter
    many: Callable[[Sequence[bytes | None], AdapterOptions], Decoded]


def decoder(name: str, options: AdapterOptions | None = None) -> Decode:
    """Return the decoder of a format for batches.

    Parameters
    ----------
    options
        What the source's settings say about reading its records.

    Raises
    ------
    SettingsError
        There is no such format.
    """
    found, given = _format(name), options or AdapterOptions()
    return lambda values: found.many(values, given)


def decoder_of_one(name: str, options: AdapterOptions | None = None) -> DecodeOne:
    """Return the decoder of a format for single records: their events, and those that are not understood.

    It raises `DecodeError` where a record as a whole cannot be understood; see `decoder`.
    """
    found, given = _format(name), options or AdapterOptions()
    return lambda value: found.one(value, given)


def described() -> list[str]:
    """Return a line for every format: its name, how many events its records hold, and whether prompts."""
    rows = [(NATIVE, "one", "where `prompt` is given")]
    rows += [(name, "many" if spec.many else "one", spec.content) for name, spec in ADAPTERS.items()]
    head = ("format", "events a record", "prompts")
    return [f"{name:<12}{events:<17}{content}" for name, events, content in [head, *rows]]


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise SettingsError(f"source.format is '{name}' and must be one of {', '.join(sorted(FORMATS))}")
    return FORMATS[name]


def _native(value: bytes, options: AdapterOptions) -> list[RequestEvent | DecodeError]:
    event = decode_native(value, options.limits)
    return [] if event is None else [event]


def _native_columns(values: Sequence[bytes | None], options: AdapterOptions) -> Decoded:
    return decode_columns(values, options.limits)


def _adapted(adapter: Adapter) -> Format:
    """Make a format of an adapter, which reads records one by one."""

    def one(value: bytes, options: AdapterOptions) -> list[RequestEvent | DecodeError]:
        return bounded(adapter(value, options) if value else (), options.limits.max_events)

    def many(values: Sequence[bytes | None], options: AdapterOptions) -> Decoded:
        return _collected(values, lambda value: one(value, options))

    return Format(one, many)


def _collected(values: Sequence[bytes | None], decode: DecodeOne) -> Decoded:
    """Decode records one by one; what is wrong with an event does not touch the others of its record."""
    events: list[RequestEvent] = []
    places: list[tuple[int, int]] = []
    failures: dict[int, Exception] = {}
    wrong: dict[int, int] = {}
    empty = 0
    for place, value in enumerate(values):
        try:
            found = decode(value or b"")
        except DecodeError as error:
            failures[place] = error
            continue
        empty += not found
        bad = [event for event in found if isinstance(event, DecodeError)]
        if bad:
            failures[place], wrong[place] = bad[0], len(bad)
        for part, event in enumerate(found):
            if not isinstance(event, DecodeError):
                events.append(event)
                places.append((place, part))
    records, parts = [place for place, _ in places], [part for _, part in places]
    return Decoded(columns_of(events), records, failures, empty, parts, wrong)


FORMATS: Mapping[str, Format] = {
    NATIVE: Format(_native, _native_columns),
    **{name: _adapted(spec.decode) for name, spec in ADAPTERS.items()},
}
