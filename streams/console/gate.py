"""Who may ask the console for what: by host, token, session and origin."""

from __future__ import annotations

import http
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from streams.console.sessions import SESSION_SECONDS, Sessions
from streams.console.templating import render
from streams.guard import names_loopback
from streams.settings_console import ConsoleSettings

log = structlog.get_logger(__name__)

COOKIE = "distillwatch_console"
OPEN_PATHS = ("/health/live", "/health/ready")
STATIC = "/static/"
LOG_IN = "/login"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gate:
    """Looks at every request before a page does.

    On loopback without a token everybody on this machine is let in, but only by a name of this machine: a
    page in a browser here can reach loopback by a name of its own that resolves there.
    """

    def __init__(self, settings: ConsoleSettings, sessions: Sessions) -> None:
        self._settings = settings
        self._sessions = sessions
        self._secure = (settings.public_url or "").startswith("https:")

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, or refuse it."""
        try:
            response = self._refusal(request) or await handler(request)
        except web.HTTPException as error:
            response = refusal(error.status, _ADVICE.get(error.status, error.reason))
        except Exception:
            log.exception("a page failed", path=request.path)
            response = refusal(500, "This page could not be made. The console's log says why.")
        if not response.prepared:
            response.headers.update(HEADERS)
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def session(self, request: web.Request) -> str:
        """Return the session of a request; a new one, which `keep` hands out, where it has none."""
        return request.cookies.get(COOKIE, "") or self._sessions.begin()

    def keep(self, response: web.StreamResponse, session: str) -> None:
        """Have the browser keep a session."""
        response.set_cookie(
            COOKIE,
            session,
            max_age=int(SESSION_SECONDS),
            httponly=True,
            samesite="Strict",
            secure=self._secure,
        )

    def is_let_in(self, request: web.Request) -> bool:
        """Tell whether a request may see anything."""
        if self._settings.token is None:
            return True
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._sessions.shows_token(shown.strip())
        return self._sessions.is_logged_in(request.cookies.get(COOKIE, ""))

    def _refusal(self, request: web.Request) -> web.StreamResponse | None:
        if request.path in OPEN_PATHS:
            return None
        if not self._is_known_host(request.headers.get("Host", "")):
            return refusal(403, "Ask for the console by the name that it is set up for, or by localhost.")
        if request.path.startswith(STATIC) or request.path == LOG_IN:
            return None
        if self.is_let_in(request):
            return None
        if request.method in {"GET", "HEAD"} and "Authorization" not in request.headers:
            return see(LOG_IN)
        response = refusal(401, "Log in, or send console.token as `Authorization: Bearer ...`.")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response

    def _is_known_host(self, host: str) -> bool:
        if self._settings.public_host is not None:
            return host.lower() == self._settings.public_host or names_loopback(host)
        return self._settings.token is not None or names_loopback(host)

    def require_own_form(self, request: web.Request, token: str) -> None:
        """Return if a POST comes from a page of ours.

        Raises
        ------
        HTTPForbidden
            It comes from elsewhere.
        """
        origin = request.headers.get("Origin")
        hosts = {request.host.lower(), self._settings.public_host or request.host.lower()}
        foreign = origin is not None and origin.lower().partition("://")[2] not in hosts
        sent_by = request.headers.get("Sec-Fetch-Site", "same-origin")
        own = self._sessions.is_own_form(request.cookies.get(COOKIE, ""), token)
        if foreign or sent_by not in {"same-origin", "none"} or not own:
            raise web.HTTPForbidden


_ADVICE = {
    400: "This form cannot be read: load the page again and send it once more.",
    403: "This form is not one of this page, or is out of date: load the page again and send it once more.",
    404: "There is no such page.",
    405: "This address does not take such a request.",
    413: "That is more than a form of ours holds.",
}


def see(address: str) -> web.Response:
    """Return what leads to another page."""
    return web.Response(status=303, headers={"Location": address})


def refusal(status: int, text: str) -> web.Response:
    """Return a page that says why a request is refused."""
    title = http.HTTPStatus(status).phrase
    return web.Response(
        status=status, text=render("refusal.html", title=title, text=text), content_type="text/html"
    )
