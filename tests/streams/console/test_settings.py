"""The settings of the console: what would open it to the network is refused."""

from __future__ import annotations

import pytest

from models.errors import SettingsError
from streams.console.process import Console
from streams.settings import Settings, load_settings

TOKEN = "0123456789abcdef"  # noqa: S105 - of nothing


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"console.host": "0.0.0.0"}, "console.token: must be set, with at least 16 characters"),  # noqa: S104
        ({"console.host": "10.0.0.7"}, "console.token: must be set"),
        ({"console.token": "short"}, "console.token"),
        ({"console.write": "true"}, "console.author: must be set, or console.author_header"),
        ({"console.author": "a\nb"}, "console.author"),
        ({"console.author_header": "X User"}, "must be the name of a header"),
        ({"console.public_url": "console.example"}, "must be http:// or https://"),
        ({"console.public_url": "https://console.example/path"}, "must be http:// or https://"),
    ],
)
def test_what_would_be_open_or_anonymous_is_refused_with_what_to_do(
    flags: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError, match="console") as caught:
        load_settings(None, flags)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "flags",
    [
        {"console.host": "::1"},
        {"console.host": "localhost"},
        {"console.host": "0.0.0.0", "console.token": TOKEN},  # noqa: S104
        {"console.write": "true", "console.author": "ann"},
        {"console.write": "true", "console.author_header": "X-Forwarded-User"},
        {"console.public_url": "https://console.example:8443"},
    ],
)
def test_what_is_guarded_is_accepted(flags: dict[str, str]) -> None:
    assert load_settings(None, flags).console


def test_changes_that_no_worker_would_follow_are_refused_at_the_start() -> None:
    settings = {"console": {"write": True, "author": "ann"}, "control": {"enabled": False}}
    with pytest.raises(SettingsError, match=r"console\.write needs control\.enabled"):
        Console(Settings.model_validate(settings))
