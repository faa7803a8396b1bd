"""One `kafka` section admits the worker, the admin client and the tools, by every mechanism."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kafka.security.desk import Desk
    from tests.kafka.security.rights import AccessLists, Right

ROLES = ("deployer", "worker", "producer", "reader", "auditor")
MECHANISMS = ("SSL", "mTLS", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_everything_works_from_the_topics_to_the_alert_with_the_documented_rights(
    mechanism: str,
    sections: dict[str, dict[str, Any]],
    make_desk: Callable[[dict[str, Any]], Desk],
    access_lists: AccessLists,
    rights_of: Callable[[str], list[Right]],
) -> None:
    desk = make_desk(sections[mechanism])
    [write] = rights_of("producer")
    access_lists.allow([right for role in ROLES for right in rights_of(role)])
    access_lists.allow([replace(write, operation="Create")])
    for command in (
        ["topics", "apply", "--with-source"],
        ["doctor"],
        ["replay", desk.events(range(100))],
    ):
        done = desk.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    worker = desk.start_worker()
    reader = desk.start("alerts", "--from-beginning", "--follow")
    assert reader.stdout is not None
    assert json.loads(reader.stdout.readline())["metadata"]["tenant_uid"] == "t"
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0, desk.said()
    assert desk.run("state", "digest").stdout.split()[1] == "1"
