"""The services that the settings name."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from models.errors import SettingsError
from streams.notify.sinks import services
from streams.settings import Settings, load_settings
from streams.settings_notify import NotifySettings

KEY = "hunter2hunter2"


def settings(**values: Any) -> NotifySettings:
    """A section with these values."""
    return NotifySettings.model_validate(values)


def test_every_service_that_is_named_is_made() -> None:
    made = services(
        settings(
            urls="json://127.0.0.1:1/\n  mailto://127.0.0.1?from=a@example.com&to=b@example.com",
            pagerduty_key="key",
            alertmanager_urls="http://am-0:9093 http://am-1:9093",
        )
    )
    assert [sink.kind for sink in made] == ["json", "email", "pagerduty", "alertmanager", "alertmanager"]


def test_nobody_to_tell_is_an_error_that_names_the_settings() -> None:
    with pytest.raises(
        SettingsError, match=r"notify\.urls, notify\.pagerduty_key or notify\.alertmanager_urls"
    ):
        services(settings())


@pytest.mark.parametrize(
    ("missing", "values"),
    [
        ("apprise", {"urls": "json://127.0.0.1/"}),
        ("requests", {"pagerduty_key": "key"}),
        ("requests", {"alertmanager_urls": "http://am:9093"}),
    ],
)
def test_without_the_extra_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, missing: str, values: dict[str, str]
) -> None:
    for name in ("services", "pagerduty", "alertmanager", "http_post"):
        monkeypatch.delitem(sys.modules, f"streams.notify.{name}", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SettingsError) as caught:
        services(settings(**values))
    needed = f"`distillwatch notify` needs the package {missing}"
    assert str(caught.value) == f"{needed}: install it with `pip install 'distillwatch[notify]'`"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pagerduty_url", "ftp://pager"),
        ("alertmanager_urls", "am-0:9093"),
        ("alertmanager_urls", "http://user:hunter2@am-0:9093"),
        ("alertmanager_urls", " "),
        ("alertmanager_seconds", "0"),
        ("least_severity", "bad"),
        ("retries", "21"),
        ("retry_seconds", "0"),
        ("most_per_minute", "0"),
        ("docs_url", "wiki"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {f"notify.{name}": value})
    assert str(caught.value).startswith(f"notify.{name} = ")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"pagerduty_key": KEY, "pagerduty_url": "http://pager.example/v2/enqueue"},
        {"pagerduty_key": KEY, "pagerduty_url": "http://localhost.example/v2/enqueue"},
        {"alertmanager_token": KEY, "alertmanager_urls": "https://am-0.example http://am-1.example"},
    ],
)
def test_a_secret_over_an_open_line_stops_the_start(values: dict[str, str]) -> None:
    with pytest.raises(
        SettingsError, match=r"must have https:// \(http:// for this machine only\)"
    ) as caught:
        load_settings(None, {f"notify.{name}": value for name, value in values.items()})
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"pagerduty_url": "http://pager.example/v2/enqueue"},
        {"pagerduty_key": KEY, "pagerduty_url": "http://127.0.0.1:8080/v2/enqueue"},
        {"alertmanager_urls": "http://am-0.example"},
        {"alertmanager_token": KEY, "alertmanager_urls": "https://am-0.example http://[::1]:9093"},
    ],
)
def test_what_holds_no_secret_or_stays_here_may_be_sent_openly(values: dict[str, str]) -> None:
    assert settings(**values)


def test_pauses_double_up_to_a_minute() -> None:
    assert settings(retries=8, retry_seconds=1).delays == [1, 2, 4, 8, 16, 32, 60, 60]
    assert Settings().notify.retries == 8
