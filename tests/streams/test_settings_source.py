"""What is read: one source or several, each with its own format."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import SettingsError
from streams.commands.options import Options
from streams.settings import Settings, load_settings

MAPPED = {
    "source.format": "mapping",
    "source.tenant": "team",
    "source.fields.id": "id",
    "source.fields.time": "at",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def complaint(**flags: object) -> list[str]:
    """The lines that these flags are refused with; `__` stands for the dot."""
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {name.replace("__", "."): value for name, value in flags.items()})
    return str(caught.value).splitlines()


def test_further_sources_are_tables_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        """
        [source]
        topic = "requests"
        [sources.gateway]
        topic = "kong"
        format = "kong"
        tenant = ["consumer.username", "workspace"]
        max_ahead_hours = 1
        [sources.collector.fields]
        principal = 'attributes."user.id"'
        [sources.collector]
        topic = "otlp_spans"
        format = "otlp_json"
        start = "latest"
        """
    )
    settings = load_settings(path)
    assert list(settings.all_sources) == ["source", "sources.gateway", "sources.collector"]
    assert [source.topic for source in settings.all_sources.values()] == ["requests", "kong", "otlp_spans"]
    gateway, collector = settings.sources["gateway"], settings.sources["collector"]
    assert (gateway.tenant, gateway.max_ahead_ms) == (("consumer.username", "workspace"), 3_600_000)
    assert (collector.start, dict(collector.fields)) == ("latest", {"principal": ('attributes."user.id"',)})


def test_the_environment_and_flags_reach_further_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILLWATCH_SOURCES__GATEWAY__TOPIC", "kong")
    monkeypatch.setenv("DISTILLWATCH_SOURCES__GATEWAY__TENANT", "consumer.id, workspace")
    monkeypatch.setenv("DISTILLWATCH_SOURCES__GATEWAY__FIELDS__MODEL", '["ai.model", "a,b"]')
    source = load_settings(None, {"sources.gateway.format": "kong"}).sources["gateway"]
    assert (source.topic, source.format) == ("kong", "kong")
    assert source.tenant == ("consumer.id", "workspace")
    assert dict(source.fields) == {"model": ("ai.model", "a,b")}


def test_settings_survive_being_written_and_read() -> None:
    settings = load_settings(None, {**MAPPED, "sources.b.topic": "b"})
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


def test_the_largest_record_is_that_of_any_source() -> None:
    settings = load_settings(None, {"sources.b.topic": "b", "sources.b.max_record_bytes": 20_000_000})
    assert settings.max_record_bytes == 20_000_000


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (
            {"source__format": "xml"},
            (
                "source.format = 'xml' (flag): must be 'native', 'otlp_proto', 'otlp_json', 'litellm', "
                "'kong', 'apisix', 'envoy', 'openai' or 'mapping'"
            ),
        ),
        (
            {"source__format": "mapping"},
            "source (flag): format 'mapping' needs fields.id: paths to the id of a request",
        ),
        (
            {"source__tenant": "team"},
            (
                "source (flag): tenant is not for the format native, which has names of its own; leave it "
                "out, or set format = mapping"
            ),
        ),
        (
            {"source__format": "apisix", "source__keyed_by_tenant": True},
            (
                "source (flag): keyed_by_tenant cannot be used with the format apisix: one record may hold "
                "events of several tenants"
            ),
        ),
        (
            {"sources__b__topic": "llm-requests"},
            "sources.b.topic (flag): is 'llm-requests', which source reads already; name another",
        ),
        (
            {"sources__b__topic": "b", "source__keyed_by_tenant": True},
            (
                "sources.b (flag): cannot be read beside source.keyed_by_tenant = true: the requests of a "
                "tenant would lie on two topics; leave keyed_by_tenant out"
            ),
        ),
        (
            {"sources__b__topic": "distillwatch-alerts"},
            "topics.alerts: is 'distillwatch-alerts', which sources.b reads; name another",
        ),
        ({"sources__b__format": "kong"}, "sources.b.topic: is required"),
        (
            {"sources__b__topik": "b", "sources__b__topic": "b"},
            "sources.b.topik (flag): there is no such setting; did you mean sources.b.topic?",
        ),
        (
            {"sources__B__topic": "b"},
            (
                "sources.B = 'B' (flag): must be 1 to 64 lower-case letters, digits, hyphens and single "
                "underscores"
            ),
        ),
        ({"source__tenant": 7}, "source.tenant = 7 (flag): must be a list of paths"),
        (
            {"source__fields": 7},
            "source.fields = 7 (flag): must be a table, such as [source.fields] in the file",
        ),
        ({"sources": 7}, "sources = 7 (flag): must be a table, such as [sources] in the file"),
    ],
)
def test_a_wrong_source_is_told_what_is_allowed(flags: dict[str, object], line: str) -> None:
    assert complaint(**flags) == [line]


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        ({"source.tenant": "a..b"}, "a..b"),
        ({"source.fields.model": ["a["]}, "a["),
        ({"source.fields.nothing": "a"}, "nothing"),
        ({"source.fields.tenant": "a"}, "tenant"),
        ({"source.tenant": "headers.authorization"}, "secret"),
    ],
)
def test_a_wrong_path_is_named(flags: dict[str, object], part: str) -> None:
    with pytest.raises(SettingsError, match=r"^source") as caught:
        load_settings(None, MAPPED | flags)
    assert part in str(caught.value)


def test_files_are_read_as_the_source_that_is_named() -> None:
    options = Options(None, {"sources.b.topic": "b", "sources.b.format": "kong"})
    assert options.source_settings(None, None).source.format == "native"
    chosen = options.source_settings("b", None)
    assert (chosen.source.topic, chosen.source.format, chosen.sources) == ("b", "kong", {})
    with pytest.raises(SettingsError, match=r"no table \[sources.c\]; there are: b"):
        options.source_settings("c", None)
    with pytest.raises(SettingsError, match=r"sources\.b\.format is given by --format and by --set"):
        options.source_settings("b", "openai")


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        ({"url": "registry:8081"}, "must be an address with http:// or https://"),
        ({"url": "http://user:hunter2@registry"}, "must be an address"),
        ({"url": "http://registry", "username": "w", "password": "hunter2"}, "needs a url with https://"),
        ({"url": "https://registry", "username": "w"}, "required together"),
    ],
)
def test_a_wrong_registry_is_told_what_is_allowed(flags: dict[str, object], part: str) -> None:
    with pytest.raises(SettingsError, match="schema_registry") as caught:
        load_settings(None, {f"schema_registry.{name}": value for name, value in flags.items()})
    assert part in str(caught.value)
    assert "hunter2" not in str(caught.value)
