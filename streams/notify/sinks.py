"""The services that the settings name."""

from __future__ import annotations

from collections.abc import Iterator

from models.errors import SettingsError
from streams.notify.sink import Sink
from streams.settings_notify import NotifySettings

_INSTALL = "install it with `pip install 'distillwatch[notify]'`"


def services(settings: NotifySettings) -> list[Sink]:
    """Return every service that is to be told.

    Raises
    ------
    SettingsError
        None is named, one is not understood, or the extra `notify` is not installed.
    """
    try:
        found = list(_services(settings))
    except ModuleNotFoundError as error:
        if error.name not in {"apprise", "requests"}:
            raise
        raise SettingsError(f"`distillwatch notify` needs the package {error.name}: {_INSTALL}") from None
    if not found:
        raise SettingsError(
            "nobody is to be told: set notify.urls, notify.pagerduty_key or notify.alertmanager_urls"
        )
    return found


def _services(settings: NotifySettings) -> Iterator[Sink]:
    timeout, docs_url = settings.timeout_seconds, settings.docs_url
    if settings.urls is not None:
        from streams.notify.services import Service  # noqa: PLC0415 - an optional extra

        for number, url in enumerate(settings.urls.get_secret_value().split(), 1):
            yield Service(url, number, timeout)
    if settings.pagerduty_key is not None:
        from streams.notify.pagerduty import PagerDuty  # noqa: PLC0415 - an optional extra

        yield PagerDuty(settings.pagerduty_url, settings.pagerduty_key, timeout, docs_url)
    for url in (settings.alertmanager_urls or "").split():
        from streams.notify.alertmanager import Alertmanager  # noqa: PLC0415 - an optional extra

        yield Alertmanager(
            url,
            timeout,
            token=settings.alertmanager_token,
            docs_url=docs_url,
            seconds=settings.alertmanager_seconds,
        )
