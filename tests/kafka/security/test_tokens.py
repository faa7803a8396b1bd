"""Tokens that expire while a worker runs."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from streams.cli import main

if TYPE_CHECKING:
    from local_kafka import LocalKafka

    from tests.kafka.security.desk import Desk
    from tests.kafka.security.rights import AccessLists, Right
    from tests.kafka.security.token_endpoint import TokenEndpoint

RENEWALS = 3


def test_a_worker_outlives_its_tokens_and_a_pause_of_who_gives_them(  # noqa: PLR0917 -- fixtures
    sections: dict[str, dict[str, Any]],
    make_desk: Callable[[dict[str, Any]], Desk],
    secure_kafka: LocalKafka,
    token_endpoint: TokenEndpoint,
    access_lists: AccessLists,
    rights_of: Callable[[str], list[Right]],
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    owner = make_desk({"bootstrap_servers": secure_kafka.bootstrap})
    assert main(["--config", str(owner.settings()), "topics", "apply", "--with-source"]) == 0
    access_lists.allow(rights_of("worker"))
    token_endpoint.life = 3  # the broker ends a log-in with its token
    worker = make_desk(sections["OAUTHBEARER"])
    process = worker.start_worker()
    wait_until(lambda: "partitions assigned" in worker.said() or process.poll() is not None)
    for ready in (True, False):
        token_endpoint.ready, before = ready, token_endpoint.asked
        wait_until(
            lambda before=before: token_endpoint.asked >= before + RENEWALS or process.poll() is not None
        )
    token_endpoint.ready = True
    assert main(["--config", str(owner.settings()), "replay", owner.events(range(100))]) == 0
    assert owner.first_alert()["metadata"]["tenant_uid"] == "t"
    assert process.poll() is None, worker.said()
    for token in token_endpoint.given:
        assert token not in worker.said()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, worker.said()
