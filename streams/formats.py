"""The input formats by name: each turns a record's value into a request event."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.errors import SettingsError
from models.event import RequestEvent
from models.native import DEFAULT_LIMITS, InputLimits, decode_native

Decode = Callable[[bytes | None], RequestEvent | None]

FORMATS: Mapping[str, Callable[[bytes | None, InputLimits], RequestEvent | None]] = {"native": decode_native}


def decoder(name: str, limits: InputLimits = DEFAULT_LIMITS) -> Decode:
    """Return the decoder of a format.

    Parameters
    ----------
    limits
        What a record may hold at most.

    Raises
    ------
    SettingsError
        There is no such format.
    """
    if name not in FORMATS:
        raise SettingsError(f"source.format is '{name}' and must be one of {', '.join(sorted(FORMATS))}")
    decode = FORMATS[name]
    return lambda value: decode(value, limits)
