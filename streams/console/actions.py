"""What can be done: log in and out, and change a running detector where that is enabled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog
from aiohttp import web

from models.control.records import Change
from models.errors import ControlError, DistillwatchError
from streams.console.changes import Changes
from streams.console.gate import Gate, refusal, see
from streams.console.pages import Pages
from streams.console.sessions import Sessions
from streams.settings_console import ConsoleSettings

log = structlog.get_logger(__name__)

READ_ONLY = "This console is read-only. Set console.write to give verdicts and suppressions in it."
UNNAMED = "The proxy did not say who you are: it must send the header that console.author_header names."


class Actions:
    """Takes forms; each must be one of our own pages."""

    def __init__(
        self, settings: ConsoleSettings, changes: Changes, gate: Gate, sessions: Sessions, pages: Pages
    ) -> None:
        self._settings = settings
        self._changes = changes
        self._gate = gate
        self._sessions = sessions
        self._pages = pages

    async def log_in(self, request: web.Request) -> web.Response:
        """Log in with the token."""
        form = await self._form(request)
        session = self._sessions.log_in(form.get("token", ""))
        if session is None:
            log.warning("a wrong token was shown", address=request.remote)
            return self._pages.refuse_log_in(request)
        response = see("/")
        self._gate.keep(response, session)
        return response

    async def log_out(self, request: web.Request) -> web.Response:
        """End the session."""
        await self._form(request)
        self._sessions.log_out(self._gate.session(request))
        response = see("/")
        self._gate.keep(response, self._sessions.begin())
        return response

    async def verdict(self, request: web.Request) -> web.StreamResponse:
        """Say what a finding was."""
        return await self._change(request, self._changes.verdict)

    async def suppress(self, request: web.Request) -> web.StreamResponse:
        """Silence a tenant's findings for a while."""
        return await self._change(request, self._changes.suppress)

    async def remove(self, request: web.Request) -> web.StreamResponse:
        """Take a change back."""
        return await self._change(request, self._changes.remove)

    async def _change(
        self, request: web.Request, make: Callable[[Mapping[str, str], str], Change]
    ) -> web.StreamResponse:
        if not self._settings.write:
            return refusal(403, READ_ONLY)
        form = await self._form(request)
        author = self._author(request)
        if not author:
            return refusal(403, UNNAMED)
        back = _own_place(form.get("back", ""))
        try:
            change = await asyncio.to_thread(make, form, author)
        except ControlError as error:
            return self._pages.refuse_change(request, error.detail, back)
        except DistillwatchError as error:
            log.warning("a change was not written", reason=str(error))
            return self._pages.refuse_change(request, str(error), back)
        log.info("changed", id=change.id, kind=change.kind, author=change.author)
        return see(back)

    def _author(self, request: web.Request) -> str:
        header = self._settings.author_header
        named = request.headers.get(header, "") if header else ""
        return named if header else self._settings.author or ""

    async def _form(self, request: web.Request) -> Mapping[str, str]:
        try:
            sent = await request.post()
        except (LookupError, ValueError):  # a charset that there is not, or bytes that are not of it
            raise web.HTTPBadRequest from None
        form = {name: value for name, value in sent.items() if isinstance(value, str)}
        self._gate.require_own_form(request, form.get("csrf", ""))
        return form


def _own_place(address: str) -> str:
    """Return the address of one of our pages; the first page where it is none."""
    own = address.startswith(("/tenant?", "/campaign?")) and address.isascii() and address.isprintable()
    return address if own else "/"
