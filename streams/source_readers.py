"""What reads the source topics, as the settings say."""

from __future__ import annotations

from models.sketcher import Sketcher
from streams.embedders import load_embedder
from streams.formats import decoder
from streams.reading import FetchedSchemas, RequestReader
from streams.settings import Settings
from streams.settings_registry import SchemaRegistrySettings


def request_readers(settings: Settings) -> dict[str, RequestReader]:
    """Return the reader of every source topic, by its name; they share embedder and schemas.

    Raises
    ------
    SettingsError
        The embedder or the format that the settings name does not exist, or what Avro needs is not installed.
    """
    sketcher = Sketcher(load_embedder(settings.embedding.kind), settings.privacy.key)
    schemas = known_schemas(settings.schema_registry, settings.kafka.request_timeout)
    return {
        source.topic: RequestReader(
            decoder(source.format, source.options(settings.embedding.size)),
            sketcher,
            source.max_ahead_ms,
            source.format,
            schemas,
        )
        for source in settings.all_sources.values()
    }


def known_schemas(registry: SchemaRegistrySettings, patience: float) -> FetchedSchemas | None:
    """Return the schemas of the registry if there is one, which may be away for so many seconds.

    Raises
    ------
    SettingsError
        What Avro needs is not installed.
    """
    if registry.url is None:
        return None
    from streams.schema_registry import schemas_of  # noqa: PLC0415 -- loads fastavro

    return schemas_of(registry, patience)
