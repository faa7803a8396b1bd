"""Reads the fields of a request from a record, by paths that a format has and a source's settings may change.

Every value is checked as in the native format. What is wrong with an id, a time or a tenant is an error. Any
other value of a wrong kind says nothing: many of them are what a client wrote, and an odd parameter must not
keep its requests from being judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from models.errors import DecodeError, SettingsError
from models.event import RequestEvent
from models.formats.adapter import CONTINUES, AdapterOptions, Decoded, Source
from models.formats.messages import asked
from models.formats.paths import Steps, Texts, find_holder, held, parse_path
from models.formats.values import READINGS
from models.native import CHECKS, InputLimits, request_of

REQUIRED = ("id", "time", "tenant")


Place = tuple[int, str | int]
"""Where a value stands: the number of the object or list that holds it, and its key or index there."""


class _Field(NamedTuple):
    name: str
    read: Callable[[Any], Any]
    check: Callable[[str, Any], Any]
    places: tuple[Place, ...]


class Plan:
    """The paths of a source, parsed.

    Parameters
    ----------
    paths
        By field.
    """

    def __init__(self, paths: Mapping[str, tuple[str, ...]], limits: InputLimits) -> None:
        self.paths = paths
        self._limits = limits
        self._holders: dict[Steps, int] = {}
        places = {name: tuple(map(self._place, each)) for name, each in paths.items()}
        self._prompt = places.pop("prompt", ())
        self._continues = places.pop(CONTINUES, ())
        self._fields = [_Field(name, READINGS[name], CHECKS[name], each) for name, each in places.items()]

    def _place(self, path: str) -> Place:
        """Number what holds the values, so that it is looked for once a record and not once a path."""
        *outer, last = parse_path(path)
        return self._holders.setdefault(tuple(outer), len(self._holders)), last

    def read(self, record: Any) -> Decoded:
        """Return the request of a record, or what is wrong with it."""
        try:
            return self._read(record)
        except DecodeError as error:
            return error

    def _read(self, record: Any) -> RequestEvent:
        texts: Texts = {}
        holders = [find_holder(record, steps, texts) for steps in self._holders]
        found = self._read_fields(holders)
        for name in REQUIRED:
            if name not in found:
                raise self._absent(name)
        if found.get("principal") == found["tenant"]:
            del found["principal"]  # one name for both says nothing of the users behind the tenant
        self._read_prompt(holders, found)
        return request_of(found, self._limits)

    def _read_fields(self, holders: list[Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, read, check, places in self._fields:
            for number, last in places:
                holder = holders[number]
                if not holder:
                    continue
                value = holder.get(last) if type(holder) is dict else held(holder, last)
                if value is None or (value := read(value)) is None:
                    continue
                try:
                    found[name] = check(name, value)
                except DecodeError:
                    if name in REQUIRED:
                        raise
                else:
                    break
        return found

    def _read_prompt(self, holders: list[Any], found: dict[str, Any]) -> None:
        for number, last in self._prompt:
            said = asked(held(holders[number], last))
            if said is not None and said.turn is not None:
                found.setdefault("turn", said.turn)
            if said is not None and said.text is not None:
                found["prompt"] = said.text
                break
        if not found.get("turn") and any(held(holders[number], last) for number, last in self._continues):
            found["turn"] = 1

    def _absent(self, name: str) -> DecodeError:
        paths = ", ".join(self.paths.get(name, ()))
        return DecodeError("missing_field", f"the record has no '{name}' at {paths} ({setting_of(name)})")


def setting_of(field: str) -> str:
    """Return the setting that holds a field's paths."""
    return "source.tenant" if field == "tenant" else f"source.fields.{field}"


@lru_cache(maxsize=256)
def plan(source: Source, options: AdapterOptions) -> Plan:
    """Return the plan for a source's settings.

    Raises
    ------
    SettingsError
        A path is wrong, or a field is none of a request's.
    """
    given = {
        name: (paths,) if isinstance(paths, str) else tuple(paths) for name, paths in options.fields.items()
    }
    for name in given:
        if name not in RequestEvent.__dataclass_fields__:
            known = ", ".join(RequestEvent.__dataclass_fields__)
            raise SettingsError(f"source.fields names '{name}', which is no field of a request: {known}")
    paths = {"tenant": source.tenant, **source.fields, **given}
    if options.tenant:
        paths["tenant"] = options.tenant
    return Plan(paths, options.limits)
