"""What an adapter of an input format is given, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from models.errors import DecodeError
from models.event import RequestEvent
from models.native import DEFAULT_LIMITS, InputLimits

Fields = Mapping[str, str | tuple[str, ...]]
"""Paths by the field of `RequestEvent` that they fill."""


@dataclass(frozen=True, slots=True)
class AdapterOptions:
    """What a source's settings say about reading its records; see `models.formats.paths` for paths.

    Parameters
    ----------
    tenant
        Paths in order: the first that gives a string that is not empty, or a number, is the tenant. Without
        any, the format's own.
    fields
        Paths by field of `RequestEvent`. They stand in place of the format's own, and are all that `mapping`
        has.
    limits
        What a record may hold at most.
    """

    tenant: tuple[str, ...] = ()
    fields: Fields = field(default_factory=dict, hash=False)
    limits: InputLimits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        """Keep what was given, whatever becomes of the caller's own mapping."""
        object.__setattr__(self, "tenant", tuple(self.tenant))
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))


Decoded = RequestEvent | DecodeError
"""One event of a record, or what is wrong with it."""

Adapter = Callable[[bytes, AdapterOptions], list[Decoded]]
"""Returns the events of a record, none where it holds nothing of interest. Raises `DecodeError` where the
whole record cannot be understood, and `SettingsError` where a path of the options is wrong."""


@dataclass(frozen=True, eq=False)
class Source:
    """Where the records of a format have the fields of a request, paths in order.

    Parameters
    ----------
    tenant
        The format's own paths to the tenant.
    fields
        Paths by field of `RequestEvent`, and for `CONTINUES`.
    """

    tenant: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]


CONTINUES = "continues"
"""Beside the fields of a request: what shows that an answer came before, though the history is not given."""


@dataclass(frozen=True, slots=True)
class AdapterSpec:
    """An input format.

    Parameters
    ----------
    decode
        Reads a record's value.
    source
        Where its records have the fields.
    many
        Whether one record may hold many events. Such a source cannot be taken as keyed by tenant.
    content
        When its records hold the text of prompts, as a phrase.
    """

    decode: Adapter
    source: Source
    many: bool
    content: str
