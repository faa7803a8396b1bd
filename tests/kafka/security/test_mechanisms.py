"""One `kafka` section admits the worker, the admin client and the tools, by every mechanism."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from streams.cli import main
from tests.kafka.security.desk import PASSWORD
from tests.kafka.security.silence import assert_silent

if TYPE_CHECKING:
    from tests.kafka.security.desk import Desk
    from tests.kafka.security.rights import AccessLists, Right
    from tests.kafka.security.token_endpoint import TokenEndpoint

ROLES = ("deployer", "worker", "producer", "reader", "auditor")
MECHANISMS = ("SSL", "mTLS", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_everything_works_from_the_topics_to_the_alert_and_shows_no_secret(  # noqa: PLR0917 -- fixtures
    mechanism: str,
    sections: dict[str, dict[str, Any]],
    make_desk: Callable[[dict[str, Any]], Desk],
    token_endpoint: TokenEndpoint,
    access_lists: AccessLists,
    rights_of: Callable[[str], list[Right]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = make_desk(sections[mechanism])
    desk.others = {"log": {"level": "debug"}}
    [write] = rights_of("producer")
    access_lists.allow([right for role in ROLES for right in rights_of(role)])
    access_lists.allow([replace(write, operation="Create")])
    settings = ["--config", str(desk.settings())]
    assert main([*settings, "topics", "apply", "--with-source"]) == 0
    worker = desk.start_worker()
    for command in (["doctor"], ["replay", desk.events(range(100))]):
        assert main([*settings, *command]) == 0
    assert desk.first_alert()["metadata"]["tenant_uid"] == "t"
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0, desk.said()
    assert main([*settings, "state", "digest"]) == 0
    said = "".join(capsys.readouterr())
    assert said.splitlines()[-1].endswith(" 1")
    assert_silent(said + desk.said(), PASSWORD, token_endpoint.secret, *token_endpoint.given)
