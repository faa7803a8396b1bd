"""Some hundred services by their addresses, through apprise."""

from __future__ import annotations

import logging
import warnings

import apprise

from models.errors import SettingsError
from models.finding import Severity
from streams.notify.episodes import News
from streams.notify.message import Message
from streams.notify.sink import SinkError

_TYPES = {
    Severity.CRITICAL: apprise.NotifyType.FAILURE,
    Severity.HIGH: apprise.NotifyType.FAILURE,
    Severity.MEDIUM: apprise.NotifyType.WARNING,
}


class Service:
    """One service.

    Raises
    ------
    SettingsError
        apprise does not understand the address; the text does not repeat it.
    """

    def __init__(self, url: str, number: int, timeout: float) -> None:
        with warnings.catch_warnings():
            # All plugins are loaded now, and one looks for a module that goes away with Python 3.13.
            warnings.filterwarnings("ignore", "'imghdr' is deprecated", DeprecationWarning)
            plugin = apprise.Apprise.instantiate(url, asset=_asset(), suppress_exceptions=True)
        if plugin is None:
            schema = url.partition("://")[0] if "://" in url else "no scheme"
            raise SettingsError(
                f"notify.urls: apprise does not understand address {number} ({schema}); "
                "its documentation lists the form of each service"
            )
        self._plugin = plugin
        self._plugin.socket_connect_timeout = self._plugin.socket_read_timeout = timeout
        self.kind = type(plugin).__name__.removeprefix("Notify").lower()

    def send(self, message: Message) -> None:
        """Send as plain text, so that nothing in it is taken for markup; see `streams.notify.sink.Sink`."""
        kind = (
            apprise.NotifyType.SUCCESS
            if message.news is News.RESOLVED
            else _TYPES.get(message.severity, apprise.NotifyType.INFO)
        )
        try:
            taken = self._plugin.notify(
                body=message.body,
                title=message.title,
                notify_type=kind,
                body_format=apprise.NotifyFormat.TEXT,
            )
        except Exception as error:  # noqa: BLE001 - a hundred plugins fail in a hundred ways
            raise SinkError(f"the service failed ({type(error).__name__})") from None
        if not taken:
            raise SinkError("the service did not take it")


def _asset() -> apprise.AppriseAsset:
    # Its own log would name addresses, which are secrets, and a file of state would outlive us.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return apprise.AppriseAsset(
        app_id="distillwatch",
        app_desc="distillwatch",
        async_mode=False,
        secure_logging=True,
        http_redirects=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
