"""The input formats by name: each turns the values of records into requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from models.columns import Decoded
from models.errors import SettingsError
from models.event import RequestEvent
from models.native import DEFAULT_LIMITS, InputLimits, decode_native
from models.native_columns import decode_columns

Decode = Callable[[Sequence[bytes | None]], Decoded]
DecodeOne = Callable[[bytes | None], RequestEvent | None]


class Format(NamedTuple):
    """How the value of one record is decoded, and how those of a batch, to the same requests."""

    one: Callable[[bytes | None, InputLimits], RequestEvent | None]
    many: Callable[[Sequence[bytes | None], InputLimits], Decoded]


FORMATS: Mapping[str, Format] = {"native": Format(decode_native, decode_columns)}


def decoder(name: str, limits: InputLimits = DEFAULT_LIMITS) -> Decode:
    """Return the decoder of a format for batches.

    Parameters
    ----------
    limits
        What a record may hold at most.

    Raises
    ------
    SettingsError
        There is no such format.
    """
    found = _format(name)
    return lambda values: found.many(values, limits)


def decoder_of_one(name: str, limits: InputLimits = DEFAULT_LIMITS) -> DecodeOne:
    """Return the decoder of a format for single records; see `decoder`."""
    found = _format(name)
    return lambda value: found.one(value, limits)


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise SettingsError(f"source.format is '{name}' and must be one of {', '.join(sorted(FORMATS))}")
    return FORMATS[name]
