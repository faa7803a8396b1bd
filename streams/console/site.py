"""The console as a web application."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files

from aiohttp import web

from streams.console.actions import Actions
from streams.console.changes import Changes
from streams.console.gate import Gate
from streams.console.knowledge import Knowledge
from streams.console.pages import Pages
from streams.console.sessions import Sessions
from streams.settings import Settings

MOST_FORM_BYTES = 65_536
_KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_ASSETS = ("console.css", "console.js", "chart.js", "chart.css", "icon.svg")
PLOTLY = "plotly.min.js"


def make_site(settings: Settings, knowledge: Knowledge, hindrance: Callable[[], str]) -> web.Application:
    """Return the application.

    Parameters
    ----------
    hindrance
        Says what keeps us from knowing all; empty where nothing does.
    """
    token = settings.console.token
    sessions = Sessions(None if token is None else token.get_secret_value())
    gate = Gate(settings.console, sessions)
    pages = Pages(settings, knowledge, gate, sessions, hindrance)
    actions = Actions(settings.console, Changes(settings, knowledge), gate, sessions, pages)
    app = web.Application(middlewares=[gate.answer], client_max_size=MOST_FORM_BYTES)
    app.router.add_get("/", pages.alerts)
    app.router.add_get("/tenant", pages.tenant)
    app.router.add_get("/campaign", pages.campaign)
    app.router.add_get("/version", pages.version)
    app.router.add_get("/login", pages.log_in)
    app.router.add_post("/login", actions.log_in)
    app.router.add_post("/logout", actions.log_out)
    app.router.add_post("/verdict", actions.verdict)
    app.router.add_post("/suppress", actions.suppress)
    app.router.add_post("/remove", actions.remove)
    app.router.add_get("/static/{name}", _asset)
    app.router.add_get("/health/live", _live)
    app.router.add_get("/health/ready", pages.ready)
    return app


async def _live(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def _asset(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in {*_ASSETS, PLOTLY}:
        raise web.HTTPNotFound
    body, kind = _read(name), _KINDS[name.rpartition(".")[2]]
    response = web.Response(body=body, content_type=kind, charset="utf-8")
    response.headers["Cache-Control"] = "max-age=3600"
    response.enable_compression()
    return response


@cache
def _read(name: str) -> bytes:
    if name == PLOTLY:
        return (files("plotly") / "package_data" / PLOTLY).read_bytes()
    return (files("streams.console") / "static" / name).read_bytes()
