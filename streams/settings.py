"""Every setting of distillwatch, with its default and its range; `load_settings` reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass

from models.campaign.config import CampaignConfig
from models.config import DetectorConfig
from models.errors import SettingsError
from models.native import DEFAULT_LIMITS, InputLimits
from streams.settings_errors import describe
from streams.settings_layers import Layer, merge, read_layers

TopicName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
_TOKEN_URL = re.compile(r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$))[^\s@#]+$")
_LOGIN = dict.fromkeys(("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"), ("sasl_username", "sasl_password"))
_SERVER = re.compile(r"^(\[[0-9a-fA-F:]+\]|[^\s:,]+):\d{1,5}$")


class Section(BaseModel):
    """What all sections share: frozen, unknown keys refused, described by their attribute docstrings."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )


class KafkaSettings(Section):
    """The broker; this one section feeds the worker, the admin client and the tools."""

    bootstrap_servers: str = "127.0.0.1:9092"
    """Comma-separated `host:port` of some brokers of the cluster."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How connections are secured."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = None
    """How we log in; required by the SASL protocols."""
    sasl_username: str | None = None
    """User to log in as; required by PLAIN and SCRAM."""
    sasl_password: SecretStr | None = None
    """Password to log in with; required by PLAIN and SCRAM, never shown."""
    oauth_token_url: str | None = None
    """Where OAUTHBEARER fetches tokens, by the client credentials grant (RFC 6749); `https://` only."""
    oauth_client_id: str | None = None
    """Client that the tokens are for; required with `oauth_token_url`."""
    oauth_client_secret: SecretStr | None = None
    """Secret of that client; required with `oauth_token_url`, never shown."""
    oauth_scope: str | None = None
    """Scopes to ask for, separated by blanks; those of the client when absent."""
    oauth_cafile: Path | None = None
    """Certificates (PEM) that may sign that of `oauth_token_url`; the system's store when absent."""
    oauth_token_file: Path | None = None
    """File with a token that somebody keeps fresh, such as Kubernetes, in place of `oauth_token_url`."""
    ssl_cafile: Path | None = None
    """Certificates (PEM) that may sign the brokers' own; the system's store when absent."""
    ssl_certfile: Path | None = None
    """Our client certificate (PEM), when the brokers ask for one."""
    ssl_keyfile: Path | None = None
    """Key (PEM) of the client certificate."""
    ssl_keyfile_password: SecretStr | None = None
    """Password of that key, where it has one; never shown."""
    group: Annotated[str, Field(min_length=1, max_length=255)] = "distillwatch"
    """Consumer group; workers of one group share the partitions."""
    startup_timeout: Seconds = 60.0
    """Seconds to wait for the broker at the start before giving up."""
    request_timeout: Seconds = 30.0
    """Seconds until a single request to the broker has failed."""

    @field_validator("bootstrap_servers")
    @classmethod
    def _servers_have_ports(cls, value: str) -> str:
        for server in value.split(","):
            if not _SERVER.match(server.strip()):
                raise ValueError("must be host:port, several separated by commas")
        return value

    @field_validator("oauth_token_url")
    @classmethod
    def _secret_travels_encrypted(cls, value: str | None) -> str | None:
        if value is not None and not _TOKEN_URL.match(value):
            raise ValueError("must be an address with https:// (http:// for this machine only)")
        return value

    @model_validator(mode="after")
    def _credentials_are_complete(self) -> Self:
        if self.security_protocol.startswith("SASL"):
            for name in ("sasl_mechanism", *_LOGIN.get(self.sasl_mechanism or "", ())):
                if getattr(self, name) is None:
                    raise ValueError(f"{name} is required when security_protocol is {self.security_protocol}")
            if self.sasl_mechanism == "OAUTHBEARER":
                self._require_token_source()
        if (self.ssl_certfile is None) != (self.ssl_keyfile is None):
            raise ValueError("ssl_certfile and ssl_keyfile are required together")
        return self

    def _require_token_source(self) -> None:
        if (self.oauth_token_url is None) == (self.oauth_token_file is None):
            raise ValueError("OAUTHBEARER needs either oauth_token_url or oauth_token_file")
        for name in ("oauth_client_id", "oauth_client_secret"):
            if self.oauth_token_url is not None and getattr(self, name) is None:
                raise ValueError(f"{name} is required with oauth_token_url")


class SourceSettings(Section):
    """The topic with the platform's request events."""

    topic: TopicName = "llm-requests"
    """Topic to read."""
    format: Literal["native"] = "native"
    """How its records are written."""
    keyed_by_tenant: bool = False
    """Whether records of one tenant always share a partition; saves the hop over the sketch topic."""
    start: Literal["earliest", "latest"] = "earliest"
    """Where a group without committed offsets begins."""
    max_record_bytes: Annotated[int, Field(ge=1_024, le=1_073_741_824)] = 16_777_216
    """Largest record in bytes that is taken in, and kept as it is when it becomes a dead letter."""
    max_text_chars: Annotated[int, Field(ge=1, le=1_073_741_824)] = DEFAULT_LIMITS.max_text_chars
    """Longest prompt or response in characters; a record with a longer one becomes a dead letter."""
    max_ahead_hours: Annotated[float, Field(gt=0, le=87_600, allow_inf_nan=False)] = 24.0
    """Hours that an event's time may be ahead of its record's timestamp; beyond, it becomes a dead letter."""

    @property
    def max_ahead_ms(self) -> int:
        """The same in milliseconds."""
        return int(self.max_ahead_hours * 3_600_000)


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
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 4
    """Partitions of our topics but alerts and dead letters; at most so many workers share the detection."""
    replication_factor: Annotated[int, Field(ge=1, le=32)] = 1
    """Copies of every partition; 3 in production."""
    check_at_start: bool = True
    """Whether a worker checks the topics before it starts; off only for brokers without an admin API."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        ours = ("sketches", "state", "population", "fingerprints", "alerts", "dead_letters")
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


def _described_by(config: type) -> Callable[[dict[str, Any]], None]:
    """Take the descriptions from the docstring, where the core keeps them."""
    text = cleandoc(config.__doc__ or "")

    def describe_all(schema: dict[str, Any]) -> None:
        for name, setting in schema["properties"].items():
            lines = re.search(rf"^{name}\n((?:    .*\n?)+)", text, re.MULTILINE)
            setting.setdefault("description", " ".join(lines[1].split()) if lines else "")

    return describe_all


@contextmanager
def _for_pydantic() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        raise ValueError(str(error)) from None


@pydantic_dataclass(
    frozen=True, config=ConfigDict(extra="forbid", json_schema_extra=_described_by(DetectorConfig))
)
class DetectorSettings(DetectorConfig):
    """The detector; its settings, defaults and ranges are those of `models.config`."""

    def __post_init__(self) -> None:
        """Let pydantic collect what the detector refuses."""
        with _for_pydantic():
            super().__post_init__()


@pydantic_dataclass(
    frozen=True,
    config=ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra=_described_by(CampaignConfig),
    ),
)
class CampaignSettings(CampaignConfig):
    """The search for campaigns; its other settings are those of `models.campaign.config`."""

    enabled: bool = True
    """Whether accounts are judged together; needs `population.enabled`, and the same on all workers."""

    def __post_init__(self) -> None:
        """Let pydantic collect what the search refuses."""
        with _for_pydantic():
            super().__post_init__()

    @property
    def config(self) -> CampaignConfig:
        """What the search itself has to know."""
        return CampaignConfig(**{field.name: getattr(self, field.name) for field in fields(CampaignConfig)})


class PopulationSettings(Section):
    """The comparison of tenants without a past with their peers."""

    enabled: bool = True
    """Whether newcomers are compared with their peers; the same on all workers."""
    baseline: Path | None = None
    """Baseline that a group without one begins with, as `distillwatch backtest` saves it."""
    idle_seconds: Seconds = 10.0
    """Seconds without a record after which a partition says so, in order not to hold up the comparison."""


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


class MetricsSettings(Section):
    """The worker's own web port, with `/metrics`, `/health` and `/status`."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """Address to listen on; `0.0.0.0` shows it to the network."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 9464
    """Port to listen on; 0 switches it off."""
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
    topics: TopicSettings = TopicSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    privacy: PrivacySettings = PrivacySettings()
    detector: DetectorSettings = DetectorSettings()
    population: PopulationSettings = PopulationSettings()
    campaigns: CampaignSettings = CampaignSettings()
    state: StateSettings = StateSettings()
    metrics: MetricsSettings = MetricsSettings()
    worker: WorkerSettings = WorkerSettings()
    log: LogSettings = LogSettings()

    @property
    def campaign_config(self) -> CampaignConfig | None:
        """Of the search for campaigns; nothing where it is off, or where nothing is judged for the fleet."""
        return self.campaigns.config if self.campaigns.enabled and self.population.enabled else None

    @property
    def input_limits(self) -> InputLimits:
        """What a record may hold at most."""
        return InputLimits(self.source.max_text_chars, self.embedding.size)


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
