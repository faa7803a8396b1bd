"""Schemas of a registry with Confluent's interface: fetched once and kept as readers of payloads."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from urllib.parse import quote

import orjson
import structlog

from models.errors import DecodeError
from streams.avro import ToJson, avro_reader, require_avro
from streams.connection import BrokerUnreachableError
from streams.framing import SchemaKey
from streams.registry_request import NOT_FOUND, OK, Answer, get
from streams.settings_registry import SchemaRegistrySettings

log = structlog.get_logger(__name__)

MOST_SCHEMAS = 8_192
"""Kept in memory; more than the chunks that several sources have at hand can name."""
MOST_REFERENCES = 64
AT_ONCE = 16
"""Schemas that are fetched side by side."""
RETRY_SECONDS = 1.0
SHOWN = 5
"""Unknown schemas that a line of the log names."""
UNKNOWN_SECONDS = 30.0
"""How long a schema counts as unknown that the registry did not know when it was asked twice."""


_Texts = dict[tuple[str, int], str]
Get = Callable[[str], Answer]
"""Asks the registry for a path; raises `BrokerError` where it does not answer."""


def schemas_of(settings: SchemaRegistrySettings, patience: float) -> RegistrySchemas:
    """Return the schemas of a registry, which may be away for so many seconds.

    Raises
    ------
    SettingsError
        What reads Avro is not installed.
    """
    require_avro()
    return RegistrySchemas(lambda path: get(settings, path), patience)


class RegistrySchemas:
    """Fetches schemas before they are needed, so that records are read without waiting.

    An answer decides what becomes of records: without one they wait, and the worker ends rather than set them
    aside. A schema that the registry says it does not have, twice, makes its records dead letters.

    Parameters
    ----------
    get
        Asks the registry; may take seconds.
    patience
        Seconds that the registry may be away before the worker ends.
    sleep, clock
        Seconds.
    """

    def __init__(
        self,
        get: Get,
        patience: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._get = get
        self._patience = patience
        self._sleep = sleep
        self._clock = clock
        self._readers: OrderedDict[SchemaKey, ToJson] = OrderedDict()
        self._unknown: OrderedDict[SchemaKey, float] = OrderedDict()

    async def fetch(self, schemas: AbstractSet[SchemaKey]) -> None:
        """Fetch those that are not known yet.

        Raises
        ------
        RefusedError
            The registry does not admit us.
        BrokerUnreachableError
            It does not answer, or not in a way that decides anything.
        """
        for schema in schemas & self._readers.keys():
            self._readers.move_to_end(schema)
        now = self._clock()
        missing = [key for key in schemas - self._readers.keys() if self._unknown.get(key, now) <= now]
        absent = await self._absent(missing)
        if absent:
            await self._sleep(RETRY_SECONDS)  # one that is new may not be everywhere yet
        unknown = await self._absent(absent)
        for key in unknown:
            _keep(self._unknown, key, self._clock() + UNKNOWN_SECONDS)
        if unknown:
            log.error("the schema registry does not know schemas that records name", schemas=unknown[:SHOWN])

    def to_json(self, schema: SchemaKey, payload: bytes) -> bytes:
        """Return a payload as JSON.

        Raises
        ------
        DecodeError
            The registry does not know the schema, or the payload is not written with it.
        """
        reader = self._readers.get(schema)
        if reader is None:
            detail = f"the schema registry does not know schema {schema}, which the value's frame names"
            raise DecodeError("unknown_schema", detail)
        return reader(payload)

    async def _absent(self, keys: Sequence[SchemaKey]) -> list[SchemaKey]:
        """Fetch schemas side by side and return those that the registry does not have."""
        places = asyncio.Semaphore(AT_ONCE)

        async def fetch(key: SchemaKey) -> bool:
            async with places:
                return await self._fetch(key)

        found = await asyncio.gather(*map(fetch, keys))
        return [key for key, there in zip(keys, found, strict=True) if not there]

    async def _fetch(self, key: SchemaKey) -> bool:
        """Fetch a schema and tell whether the registry has it."""
        place = f"/schemas/guids/{key}" if isinstance(key, str) else f"/schemas/ids/{key}"
        found = await self._ask(place)
        if found is None:
            return False
        _keep(self._readers, key, await self._reader(key, found))
        return True

    async def _reader(self, key: SchemaKey, found: dict[str, Any]) -> ToJson:
        kind = str(found.get("schemaType") or "AVRO")
        if kind == "JSON":
            return lambda payload: payload
        if kind != "AVRO":
            return _refusing(
                "unsupported_schema", f"schema {key} is of the type {kind}, which is not read here"
            )
        try:
            texts = await self._texts(found, {})
            return avro_reader([*texts.values(), str(found["schema"])])
        except (LookupError, TypeError, ValueError) as error:
            return _refusing("unsupported_schema", f"schema {key} cannot be used: {error}")

    async def _texts(
        self, found: dict[str, Any], known: dict[tuple[str, int], str]
    ) -> dict[tuple[str, int], str]:
        """Return the schemas that one refers to, each behind those that it refers to itself."""
        for reference in found.get("references") or ():
            place = str(reference["subject"]), int(reference["version"])
            if place in known:
                continue
            if len(known) >= MOST_REFERENCES:
                raise ValueError(f"it refers to more than {MOST_REFERENCES} others")
            other = await self._ask(f"/subjects/{quote(place[0], safe='')}/versions/{place[1]}")
            if other is None:
                raise ValueError("it refers to one that the registry does not know")
            known[place] = ""  # so that a circle ends
            await self._texts(other, known)
            del known[place]
            known[place] = str(other["schema"])
        return known

    async def _ask(self, path: str) -> dict[str, Any] | None:
        """Ask until there is an answer that decides; nothing where the registry does not have it."""
        deadline = self._clock() + self._patience
        while True:
            try:
                return await self._answer(path)
            except BrokerUnreachableError as error:
                if self._clock() >= deadline:
                    raise
                log.warning("waiting for the schema registry", reason=str(error))
            await self._sleep(RETRY_SECONDS)

    async def _answer(self, path: str) -> dict[str, Any] | None:
        answer = await asyncio.to_thread(self._get, path)
        if answer.status == NOT_FOUND and b'"error_code"' in answer.body:
            return None
        parsed = _parsed(answer.body) if answer.status == OK else None
        if parsed is None:
            raise BrokerUnreachableError(
                f"the schema registry answers {path} with HTTP {answer.status} and no schema: check "
                "schema_registry.url; nothing was lost, start the worker again"
            )
        return parsed


def _keep(kept: OrderedDict[SchemaKey, Any], key: SchemaKey, value: Any) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > MOST_SCHEMAS:
        kept.popitem(last=False)


def _refusing(reason: str, detail: str) -> ToJson:
    def refuse(_payload: bytes) -> bytes:
        raise DecodeError(reason, detail)

    return refuse


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("schema"), str) else None
