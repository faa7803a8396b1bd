"""Every setting of distillwatch, with its default and its range; `load_settings` reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator

from models.campaign.config import CampaignConfig
from models.errors import SettingsError
from models.native import DEFAULT_LIMITS
from streams.settings_console import ConsoleSettings
from streams.settings_control import ControlSettings
from streams.settings_detector import CampaignSettings, DetectorSettings, PopulationSettings
from streams.settings_errors import describe
from streams.settings_kafka import KafkaSettings
from streams.settings_layers import Layer, merge, read_layers
from streams.settings_notify import NotifySettings
from streams.settings_registry import SchemaRegistrySettings
from streams.settings_section import Seconds, Section, TopicName
from streams.settings_source import FurtherSources, SourceSettings, require_apart, require_other_topics


class TopicSettings(Section):
    """Our own topics."""

    sketches: TopicName = "distillwatch-sketches"
    """Sketches keyed by tenant, from intake to detect."""
    state: TopicName = "distillwatch-state"
    """Compacted snapshots of the tenants' models."""
    alerts: TopicName = "distillwatch-alerts"
    """Findings, for a SIEM, an on-call or a rate limiter to read."""
    dead_letters: TopicName = "distillwatch-dead-letters"
    """Records that could not be understood, as they were."""
    population: TopicName = "distillwatch-population"
    """What is judged for the whole fleet in one place: newcomers, shared templates, findings; compacted."""
    fingerprints: TopicName = "distillwatch-fingerprints"
    """Which tenant uses which template, keyed by template, from detect to templates."""
    scores: TopicName = "distillwatch-scores"
    """How each tenant stands, once an interval; only with `scores.enabled`."""
    control: TopicName = "distillwatch-control"
    """What operators change while workers run, one partition; compacted."""
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 4
    """Partitions of our topics but alerts and dead letters; at most so many workers share the detection."""
    replication_factor: Annotated[int, Field(ge=1, le=32)] = 1
    """Copies of every partition; 3 in production."""
    check_at_start: bool = True
    """Whether a worker checks the topics before it starts; off only for brokers without an admin API."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        ours = ["sketches", "state", "population", "fingerprints", "alerts", "dead_letters"]
        ours += ["scores", "control"]
        if len({getattr(self, name) for name in ours}) < len(ours):
            raise ValueError(f"{', '.join(ours)} must all differ")
        return self


class EmbeddingSettings(Section):
    """How text becomes a vector."""

    kind: Literal["wordllama", "hashed"] = "wordllama"
    """`wordllama` uses the weights of that package; `hashed` needs none and finds less."""
    size: Annotated[int, Field(ge=1, le=65_536)] = DEFAULT_LIMITS.embedding_size
    """How many floats an `embedding` has that an event brings along."""


LONGEST_KEY = 64


class PrivacySettings(Section):
    """What protects the hashes that stand for text."""

    hash_key: SecretStr | None = None
    """Key of all hashes, 1 to 64 bytes, equal on all workers; without it guesses at prompts can be tested."""

    @field_validator("hash_key")
    @classmethod
    def _fits_the_hash(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not 1 <= len(value.get_secret_value().encode()) <= LONGEST_KEY:
            raise ValueError(f"must have 1 to {LONGEST_KEY} bytes")
        return value

    @property
    def key(self) -> bytes:
        """The key as bytes, empty where none is set."""
        return b"" if self.hash_key is None else self.hash_key.get_secret_value().encode()


class StateSettings(Section):
    """How tenants are kept in memory and on the state topic."""

    max_tenants: Annotated[int, Field(ge=1)] = 100_000
    """Tenants a worker keeps in memory; the least recently seen beyond it live on in the state topic."""
    ttl_days: Annotated[float, Field(gt=0, le=3_650, allow_inf_nan=False)] = 30.0
    """Days of event time without a request after which a tenant is forgotten."""
    checkpoint_seconds: Seconds = 5.0
    """Longest time between two checkpoints."""
    checkpoint_events: Annotated[int, Field(ge=1)] = 50_000
    """Most events between two checkpoints."""
    folder: Path | None = None
    """Folder for the snapshots of tenants that are not in memory; the system's temporary one if absent."""
    max_snapshot_bytes: Annotated[int, Field(ge=1_024, le=10_485_760)] = 262_144
    """Largest snapshot of one tenant in bytes."""


class ScoreSettings(Section):
    """How each tenant stands, for those who build their own alerts."""

    enabled: bool = False
    """Whether a record a tenant and interval is written to `topics.scores`."""
    interval_seconds: Annotated[int, Field(ge=60, le=86_400)] = 300
    """Length of an interval in seconds of event time."""

    @property
    def interval_ms(self) -> int:
        """The same in milliseconds; 0 where no scores are told."""
        return self.interval_seconds * 1000 if self.enabled else 0


class MetricsSettings(Section):
    """The worker's own web port, with `/metrics`, `/health` and `/status`."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """Address to listen on; `0.0.0.0` shows it to the network."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 9464
    """Port to listen on; 0 switches it off."""
    max_tenants: Annotated[int, Field(ge=0, le=10_000)] = 100
    """Tenants that metrics name, those nearest to an alert first; 0 names none."""
    token: Annotated[SecretStr, Field(min_length=16)] | None = None
    """Token of at least 16 characters that `/status` asks for; needed unless `host` is a loopback address."""


class WorkerSettings(Section):
    """The worker as a process."""

    liveness_seconds: Seconds = 120.0
    """Seconds without progress, while there is something to read, after which the worker ends."""


class LogSettings(Section):
    """What the worker writes to stderr; never text of a prompt."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least important messages that are written."""
    format: Literal["json", "console"] = "json"
    """`json` for machines, `console` for people."""


class Settings(Section):
    """All settings; frozen, and valid once they exist."""

    kafka: KafkaSettings = KafkaSettings()
    source: SourceSettings = SourceSettings()
    sources: FurtherSources = Field(default_factory=dict)
    """More topics to read, a table `[sources.NAME]` each."""
    schema_registry: SchemaRegistrySettings = SchemaRegistrySettings()
    topics: TopicSettings = TopicSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    privacy: PrivacySettings = PrivacySettings()
    detector: DetectorSettings = DetectorSettings()
    population: PopulationSettings = PopulationSettings()
    campaigns: CampaignSettings = CampaignSettings()
    control: ControlSettings = ControlSettings()
    state: StateSettings = StateSettings()
    scores: ScoreSettings = ScoreSettings()
    metrics: MetricsSettings = MetricsSettings()
    worker: WorkerSettings = WorkerSettings()
    notify: NotifySettings = NotifySettings()
    console: ConsoleSettings = ConsoleSettings()
    log: LogSettings = LogSettings()

    @property
    def campaign_config(self) -> CampaignConfig | None:
        """Of the search for campaigns; nothing where it is off, or where nothing is judged for the fleet."""
        return self.campaigns.config if self.campaigns.enabled and self.population.enabled else None

    @property
    def all_sources(self) -> Mapping[str, SourceSettings]:
        """Every topic that is read, by the name of its section: `source` first, then `sources.NAME`."""
        return {"source": self.source, **{f"sources.{name}": one for name, one in self.sources.items()}}

    @property
    def max_record_bytes(self) -> int:
        """Largest record that any source may hold, in bytes."""
        return max(source.max_record_bytes for source in self.all_sources.values())

    @field_validator("sources")
    @classmethod
    def _are_apart(cls, value: FurtherSources, info: ValidationInfo) -> FurtherSources:
        if "source" in info.data:
            require_apart(info.data["source"], value)
        return value

    @field_validator("topics")
    @classmethod
    def _are_no_sources(cls, value: TopicSettings, info: ValidationInfo) -> TopicSettings:
        if {"source", "sources"} <= info.data.keys():
            require_other_topics(info.data["source"], info.data["sources"], value)
        return value


def load_settings(path: Path | None = None, overrides: Mapping[str, object] | None = None) -> Settings:
    """Read the settings file, then the environment, then `overrides`; the later wins.

    Parameters
    ----------
    path
        The settings file. Without it `distillwatch.toml` of the working folder is read, if there is one.
    overrides
        Values by dotted name, such as `{"kafka.group": "blue"}`.

    Raises
    ------
    SettingsError
        A file cannot be read, or settings are unknown or wrong: one line each, with name and source.
    """
    return build_settings(read_layers(path, overrides or {}))


def build_settings(layers: Sequence[Layer]) -> Settings:
    """Validate the given layers, the last of which wins.

    Raises
    ------
    SettingsError
        One line for every setting that is unknown or wrong.
    """
    try:
        return Settings.model_validate(merge(layers))
    except ValidationError as error:
        raise SettingsError("\n".join(describe(error, layers, Settings))) from None
