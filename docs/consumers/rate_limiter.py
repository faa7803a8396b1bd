"""A rate limiter that goes by findings: it reads the alert topic, and a gateway asks it before each request.

    pip install confluent-kafka
    python rate_limiter.py --bootstrap-servers broker:9092 --port 8099
    curl -H 'x-tenant: acme' http://127.0.0.1:8099/check       # 200 go on, 429 too fast, 403 suspended
    curl http://127.0.0.1:8099/decisions                       # {"acme": "throttle"}

`/check` is what Envoy's `ext_authz` filter, nginx' `auth_request` or a line in your gateway asks for. Who
keeps limits elsewhere (Redis, a rate limit service) reads `/decisions` and copies it there.

It has no memory on disk: at each start it reads the topic, and knows again which episodes are open.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

LEVELS = ("observe", "verify", "throttle", "suspend")
CLOSE = 3
SUPPRESSED = EXPERIMENTAL = 3
MOST_CLOSED = 10_000
"""Closed episodes that are remembered, so that a repeat does not open them again."""
NOT_LIVE = {"replay", "sample"}


@dataclass(frozen=True)
class Episode:
    """What is known of one episode.

    Parameters
    ----------
    stamp
        Time and activity of the latest finding; what is not later is a repeat.
    tenants
        Whom it concerns: one tenant, or the members of a campaign so far.
    """

    stamp: tuple[int, int] = (0, 0)
    level: str = "observe"
    tenants: frozenset[str] = frozenset()


class Decisions:
    """Which tenants to slow down, by the findings so far; may be asked from several threads.

    Parameters
    ----------
    least_share
        Members of a campaign of whose own traffic less is the campaign's are left alone: they are resold.
    """

    def __init__(self, least_share: float = 0.5) -> None:
        self._least_share = least_share
        self._episodes: dict[str, Episode] = {}
        self._closed: dict[str, None] = {}
        self._acting: dict[str, dict[str, str]] = {}
        self._levels: dict[str, str] = {}

    def take(self, value: bytes | None) -> None:
        """Go by one more finding; anything else is left alone."""
        try:
            self._apply(json.loads(value or b""))
        except (AttributeError, KeyError, TypeError, ValueError):
            print("a record is no finding and is left out")  # noqa: T201 - an example's log

    def of(self, tenant: str) -> str:
        """Return the gravest level that a tenant is at."""
        return self._levels.get(tenant, "observe")

    def all(self) -> dict[str, str]:
        """Return every tenant that is not merely observed, with its level."""
        return dict(sorted(self._levels.copy().items()))

    def _apply(self, found: dict[str, Any]) -> None:
        if NOT_LIVE & set(found["metadata"].get("labels", ())):
            return  # of a backtest, or a test of the path
        uid, stamp = found["finding_info"]["uid"], (found["time"], found["activity_id"])
        before = self._episodes.get(uid, Episode())
        if stamp <= before.stamp:
            return  # a repeat: delivery is at least once
        level = found["remediation"]["desc"].partition(":")[0]
        acts = is_live(found) and found["activity_id"] != CLOSE and level in LEVELS
        episode = Episode(stamp, level if acts else "observe", before.tenants | self._tenants(found))
        self._episodes[uid] = episode
        for tenant in episode.tenants:
            self._weigh(tenant, uid, episode.level)
        self._closed.pop(uid, None)
        if found["activity_id"] == CLOSE:
            self._forget_after(uid)

    def _weigh(self, tenant: str, uid: str, level: str) -> None:
        acting = {**self._acting.pop(tenant, {}), uid: level}
        acting = {one: its for one, its in acting.items() if its != "observe"}
        if not acting:
            self._levels.pop(tenant, None)
            return
        self._acting[tenant] = acting
        self._levels[tenant] = max(acting.values(), key=LEVELS.index)

    def _forget_after(self, uid: str) -> None:
        self._closed[uid] = None
        if len(self._closed) > MOST_CLOSED:
            oldest = next(iter(self._closed))
            del self._closed[oldest], self._episodes[oldest]

    def _tenants(self, found: dict[str, Any]) -> frozenset[str]:
        if "tenant_uid" in found["metadata"]:
            return frozenset({found["metadata"]["tenant_uid"]})
        members = found.get("resources", [])
        return frozenset(member["uid"] for member in members if member["data"]["share"] >= self._least_share)


def is_live(found: dict[str, Any]) -> bool:
    """Tell whether a finding may have consequences: it is neither suppressed nor experimental."""
    state = found["finding_info"]["analytic"].get("state_id")
    return found.get("status_id") != SUPPRESSED and state != EXPERIMENTAL


class Limiter:
    """Lets throttled tenants make so many requests a minute (a token bucket each)."""

    def __init__(
        self, decisions: Decisions, per_minute: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._decisions = decisions
        self._rate = per_minute / 60
        self._most = per_minute
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def check(self, tenant: str) -> tuple[int, str]:
        """Return the HTTP status for one request of a tenant, and its level."""
        level = self._decisions.of(tenant)
        if level == "suspend":
            return 403, level
        if level != "throttle":
            self._buckets.pop(tenant, None)
            return 200, level
        return (200 if self._take_token(tenant) else 429), level

    def _take_token(self, tenant: str) -> bool:
        with self._lock:
            now = self._clock()
            tokens, since = self._buckets.get(tenant, (self._most, now))
            tokens = min(self._most, tokens + (now - since) * self._rate)
            self._buckets[tenant] = (tokens - 1 if tokens >= 1 else tokens, now)
            return tokens >= 1


def findings(servers: str, topic: str, stop: threading.Event) -> Iterator[bytes | None]:
    """Yield every finding that is kept, and then those that come; without a group, so that each hears all."""
    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": "rate-limiter", "enable.auto.commit": False}
    )
    with closing(consumer):
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        while not stop.is_set():
            record = consumer.poll(0.2)
            if record is not None and record.error() is None:
                yield record.value()


def web_server(port: int, decisions: Decisions, limiter: Limiter) -> ThreadingHTTPServer:
    """Answer `/check` and `/decisions` on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/decisions":
                self._answer(200, decisions.all())
            elif self.path == "/check" and "x-tenant" in self.headers:
                tenant = self.headers["x-tenant"].encode("latin-1").decode("utf-8", "replace")
                status, level = limiter.check(tenant)
                self._answer(status, {"level": level})
            else:
                self._answer(404, {"error": "ask for /decisions, or for /check with the header x-tenant"})

        def _answer(self, status: int, body: dict[str, str]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing of each request."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bootstrap-servers", default="127.0.0.1:9092")
    parser.add_argument("--topic", default="distillwatch-alerts")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--per-minute", type=float, default=30.0, help="requests of a throttled tenant")
    options = parser.parse_args()
    decisions, stop = Decisions(), threading.Event()
    server = web_server(options.port, decisions, Limiter(decisions, options.per_minute))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for value in findings(options.bootstrap_servers, options.topic, stop):
            decisions.take(value)
    except KeyboardInterrupt:
        server.shutdown()


if __name__ == "__main__":
    main()
