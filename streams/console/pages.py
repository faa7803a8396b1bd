"""What can be looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from models.control.records import Verdict
from models.control.signals import SIGNALS
from streams.console.chart import chart_data, evidence_chart, signal_chart, signal_names
from streams.console.episode import Episode
from streams.console.filters import KINDS, PAGE, SEVERITIES, Filters, kind_of, number_of
from streams.console.gate import Gate, see
from streams.console.graph import MOST_NODES, campaign_graph
from streams.console.history import history
from streams.console.knowledge import Knowledge
from streams.console.sessions import Sessions
from streams.console.templating import render
from streams.control_fields import now_ms
from streams.notify.message import runbook_link
from streams.release import release
from streams.settings import Settings

MOST_CLOSED = 50
"""Closed episodes on the first page."""
MOST_CHARTED = 8


class Pages:
    """Makes pages from what is known.

    Parameters
    ----------
    trouble
        Says what keeps us from knowing the newest; empty where nothing does.
    """

    def __init__(
        self,
        settings: Settings,
        knowledge: Knowledge,
        gate: Gate,
        sessions: Sessions,
        trouble: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._knowledge = knowledge
        self._gate = gate
        self._sessions = sessions
        self._trouble = trouble

    async def alerts(self, request: web.Request) -> web.Response:
        """Show what is open, and what closed of late."""
        filters, page = Filters.of(request.query), number_of(request.query)
        chosen = filters.choose(self._knowledge.open())
        loud = [episode for episode in chosen if episode.alerts]
        quiet = [episode for episode in chosen if not episode.alerts]
        closed = filters.choose(self._knowledge.closed())
        return self._page(
            request,
            "alerts.html",
            filters=filters,
            severities=SEVERITIES,
            kinds=KINDS,
            total=len(loud),
            page=page,
            pages=-(-len(loud) // PAGE),
            loud=loud[PAGE * (page - 1) : PAGE * page],
            quiet=quiet[:PAGE],
            more_quiet=max(0, len(quiet) - PAGE),
            closed=closed[:MOST_CLOSED],
            more_closed=max(0, len(closed) - MOST_CLOSED),
        )

    async def tenant(self, request: web.Request) -> web.Response:
        """Show all that is known of a tenant; the name is in the query, for it may hold anything."""
        name = request.query.get("name", "")
        if not name:
            raise web.HTTPNotFound
        episodes = self._knowledge.concerning(name)
        own = [episode for episode in episodes if episode.tenant == name]
        return self._page(
            request,
            "tenant.html",
            name=name,
            episode=next((one for one in own if not one.closed), own[0] if own else None),
            own=own,
            campaigns=[episode for episode in episodes if episode.is_campaign],
            scores=self._scores(name, own),
            **self._changing(name),
        )

    async def campaign(self, request: web.Request) -> web.Response:
        """Show a campaign and its accounts; an episode of a tenant is shown on the tenant's page."""
        episode = self._knowledge.find(request.query.get("uid", ""))
        if episode is None:
            raise web.HTTPNotFound
        if not episode.is_campaign:
            return see(f"/tenant?{urlencode({'name': episode.tenant})}")
        members = sorted(episode.members.values(), key=lambda one: (one.joined, one.tenant))
        page = number_of(request.query)
        return self._page(
            request,
            "campaign.html",
            episode=episode,
            graph=campaign_graph(members, episode.latest.view.accounts),
            more_nodes=max(0, len(members) - MOST_NODES),
            members=members[PAGE * (page - 1) : PAGE * page],
            known=len(members),
            page=page,
            pages=-(-len(members) // PAGE),
            open_of={member.tenant for member in members if self._knowledge.is_watched(member.tenant)},
            **self._changing(""),
        )

    async def version(self, _request: web.Request) -> web.Response:
        """Say a number that is another one whenever there is something new."""
        return web.json_response({"version": self._knowledge.version})

    async def ready(self, _request: web.Request) -> web.Response:
        """Say whether all that there was at the start has been read."""
        trouble = self._trouble()
        return web.Response(status=503 if trouble else 200, text=f"{trouble or 'ok'}\n")

    async def log_in(self, request: web.Request) -> web.Response:
        """Show the form that asks for the token."""
        if self._gate.is_let_in(request):
            return see("/")
        return self._page(request, "login.html", wrong=False)

    def refuse_log_in(self, request: web.Request) -> web.Response:
        """Show the form once more."""
        return self._page(request, "login.html", 401, wrong=True)

    def refuse_change(self, request: web.Request, why: str, back: str) -> web.Response:
        """Say why a change was refused."""
        return self._page(request, "refused.html", 422, why=why, back=back)

    def _page(self, request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
        session = self._gate.session(request)
        common = {
            "csrf": self._sessions.form_token(session),
            "write": self._settings.console.write,
            "logged_in": self._settings.console.token is not None and template != "login.html",
            "trouble": self._trouble(),
            "release": release(),
            "version": self._knowledge.version,
            "kind_of": kind_of,
            "runbook": self._runbook,
            "verdict_of": self._verdict_of,
        }
        response = web.Response(
            status=status, text=render(template, **common, **values), content_type="text/html"
        )
        self._gate.keep(response, session)
        return response

    def _changing(self, tenant: str) -> dict[str, Any]:
        control = self._knowledge.control
        return {
            "history": history(control, tenant, now_ms()) if tenant else [],
            "verdicts": list(Verdict),
            "signals": SIGNALS,
            "severities": SEVERITIES,
        }

    def _scores(self, tenant: str, episodes: list[Episode]) -> dict[str, Any]:
        points = self._knowledge.points(tenant)
        found: dict[str, Any] = {
            "enabled": self._settings.scores.enabled,
            "any": self._knowledge.has_scores,
            "points": points,
        }
        if points:
            names = signal_names(points)[:MOST_CHARTED]
            found |= {
                "last": points[-1],
                "names": names,
                "evidence": evidence_chart(points, episodes),
                "signals": [(name, signal_chart(points, name)) for name in names],
                "data": chart_data(points, episodes),
            }
        return found

    def _verdict_of(self, episode: Episode) -> dict[str, str] | None:
        """Return what an analyst said of an episode, also where no worker has closed it yet."""
        change = self._knowledge.control.verdicts.get(episode.uid)
        if change is not None:
            return {"verdict": change.what.verdict.value, "author": change.author, "reason": change.reason}  # type: ignore[union-attr]
        last = episode.ending
        if not last.verdict:
            return None
        return {"verdict": last.verdict, "author": last.author, "reason": last.comment}

    def _runbook(self, episode: Episode) -> str:
        """Return the address of the runbook; empty where it is not known where the documents are."""
        link = runbook_link(episode.latest.view, self._settings.notify.docs_url)
        return link if link.startswith(("https://", "http://")) else ""
