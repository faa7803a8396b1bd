"""What reads the source topics, as the settings say."""

from __future__ import annotations

from models.sketcher import Sketcher
from streams.embedders import load_embedder
from streams.formats import decoder
from streams.reading import FetchedSchemas, RequestReader
from streams.settings import Settings


def request_readers(settings: Settings) -> dict[str, RequestReader]:
    """Return the reader of every source topic, by its name; they share embedder and schemas.

    Raises
    ------
    SettingsError
        The embedder or the format that the settings name does not exist, or what Avro needs is not installed.
    """
    sketcher = Sketcher(load_embedder(settings.embedding.kind), settings.privacy.key)
    schemas = _schemas(settings)
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


def _schemas(settings: Settings) -> FetchedSchemas | None:
    if settings.schema_registry.url is None:
        return None
    from streams.schema_registry import schemas_of  # noqa: PLC0415 -- loads fastavro

    return schemas_of(settings.schema_registry, settings.kafka.request_timeout)
