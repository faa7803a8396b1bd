"""The settings of what is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from models.errors import SettingsError
from models.formats.adapter import AdapterOptions
from models.formats.registry import ADAPTERS, check_options
from models.native import DEFAULT_LIMITS, InputLimits
from streams.settings_section import Section, TopicName

FormatName = Literal[
    "native", "otlp_proto", "otlp_json", "litellm", "kong", "apisix", "envoy", "openai", "mapping"
]


def _listed(value: Any) -> Any:
    """Read a list as the environment and flags write it: separated by commas, or as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith('["'):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise ValueError('must be a list of paths, such as ["metadata.team", "user"]') from None
    return [path.strip() for path in value.split(",") if path.strip()]


def _check_format(name: str, options: AdapterOptions) -> None:
    try:
        check_options(name, options)
    except SettingsError as error:  # it cannot know which source it is about
        raise ValueError(str(error).replace("source.", "")) from None


Path = Annotated[str, Field(min_length=1, max_length=512)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_listed), Field(max_length=32)]


class SourceSettings(Section):
    """A topic with the platform's request events."""

    topic: TopicName = "llm-requests"
    """Topic to read."""
    format: FormatName = "native"
    """How its records are written; see `distillwatch formats list`."""
    tenant: Paths = ()
    """Paths to the tenant, the first that is there counts; without any those of the format."""
    fields: Mapping[str, Paths] = {}
    """Paths by field of the native format, in place of the format's own; all that `mapping` has."""
    keyed_by_tenant: bool = False
    """Whether records of one tenant always share a partition; saves the hop over the sketch topic."""
    start: Literal["earliest", "latest"] = "earliest"
    """Where a group without committed offsets begins."""
    max_record_bytes: Annotated[int, Field(ge=1_024, le=1_073_741_824)] = 16_777_216
    """Largest record in bytes that is taken in, and kept as it is when it becomes a dead letter."""
    max_events: Annotated[int, Field(ge=1, le=1_000_000)] = DEFAULT_LIMITS.max_events
    """Most events that one record may hold; a record with more becomes a dead letter."""
    max_text_chars: Annotated[int, Field(ge=1, le=1_073_741_824)] = DEFAULT_LIMITS.max_text_chars
    """Longest prompt or response in characters; a record with a longer one becomes a dead letter."""
    max_ahead_hours: Annotated[float, Field(gt=0, le=87_600, allow_inf_nan=False)] = 24.0
    """Hours that an event's time may be ahead of its record's timestamp; beyond, it becomes a dead letter."""

    @property
    def max_ahead_ms(self) -> int:
        """The same in milliseconds."""
        return int(self.max_ahead_hours * 3_600_000)

    @property
    def delimited(self) -> bool:
        """Whether files of its records hold messages and not lines."""
        return self.format == "otlp_proto"

    def options(self, embedding_size: int) -> AdapterOptions:
        """Return what the format is told; an `embedding` has so many floats."""
        limits = InputLimits(self.max_text_chars, embedding_size, self.max_events)
        return AdapterOptions(self.tenant, dict(self.fields), limits)

    @model_validator(mode="after")
    def _fits_the_format(self) -> Self:
        if "tenant" in self.fields:
            raise ValueError("fields.tenant is no field; the paths to the tenant stand in tenant")
        if self.format != "native":
            _check_format(self.format, self.options(DEFAULT_LIMITS.embedding_size))
        elif self.tenant or self.fields:
            name = "tenant" if self.tenant else "fields"
            raise ValueError(
                f"{name} is not for the format native, which has names of its own; leave it out, or set "
                "format = mapping"
            )
        if self.keyed_by_tenant and self.format in ADAPTERS and ADAPTERS[self.format].many:
            raise ValueError(
                f"keyed_by_tenant cannot be used with the format {self.format}: one record may hold events "
                "of several tenants"
            )
        return self


_SOURCE_NAME = re.compile(r"^(?=.{1,64}$)[a-z0-9-]+(_[a-z0-9-]+)*$")


def _nameable(name: str) -> str:
    if not _SOURCE_NAME.match(name):
        raise ValueError("must be 1 to 64 lower-case letters, digits, hyphens and single underscores")
    return name


SourceName = Annotated[str, AfterValidator(_nameable)]
"""Of a table `[sources.NAME]`; two underscores in a row part the names of variables."""


class FurtherSource(SourceSettings):
    """One more topic to read, with the settings of `source`."""

    topic: TopicName
    """Topic to read."""


FurtherSources = Mapping[SourceName, FurtherSource]


def require_apart(source: SourceSettings, others: FurtherSources) -> None:
    """Raise ValueError unless all sources can be read side by side."""
    seen = {source.topic: "source"}
    for name, other in others.items():
        section = f"sources.{name}"
        if source.keyed_by_tenant or other.keyed_by_tenant:
            keyed = "source" if source.keyed_by_tenant else section
            raise ValueError(
                f"{section} cannot be read beside {keyed}.keyed_by_tenant = true: the requests of a tenant "
                "would lie on two topics; leave keyed_by_tenant out"
            )
        if other.topic in seen:
            raise ValueError(
                f"{section}.topic is {other.topic!r}, which {seen[other.topic]} reads already; name another"
            )
        seen[other.topic] = section


def require_other_topics(source: SourceSettings, others: FurtherSources, topics: Section) -> None:
    """Raise ValueError if a source is one of our own topics, which would be read in a circle."""
    sources = {source.topic: "source", **{other.topic: f"sources.{name}" for name, other in others.items()}}
    for name, topic in topics.model_dump().items():
        if topic in sources:
            raise ValueError(f"topics.{name} is {topic!r}, which {sources[topic]} reads; name another")
