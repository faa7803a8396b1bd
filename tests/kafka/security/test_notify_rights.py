"""The rights that the documents name are enough for `distillwatch notify`, and each of them is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from confluent_kafka import Producer
from structlog.testing import capture_logs

from models.errors import TopicError
from streams.cli import main
from streams.notify.notifier import Notifier
from streams.settings import load_settings
from tests.kafka.security.rights import documented_rights
from tests.streams.notify.findings import value
from tests.streams.notify.stand_in import StandIn, serving

if TYPE_CHECKING:
    from conftest import Names
    from local_kafka import LocalKafka

    from tests.kafka.security.desk import Desk
    from tests.kafka.security.rights import AccessLists, Right

    MakeDesk = Callable[[dict[str, Any]], Desk]
    RightsOf = Callable[[str], list[Right]]
    WaitUntil = Callable[[Callable[[], bool]], None]

PLACES = ("source", "sketches", "state", "alerts", "dead_letters", "population", "fingerprints", "scores")
PLACES += ("control", "group")
NOTIFIER = documented_rights("notifier", cast("Names", SimpleNamespace(**{name: name for name in PLACES})))


@pytest.fixture
def service() -> Iterator[StandIn]:
    """A webhook on loopback."""
    with serving() as stand_in:
        yield stand_in


@pytest.fixture
def desk(
    make_desk: MakeDesk, sections: dict[str, dict[str, Any]], secure_kafka: LocalKafka, service: StandIn
) -> Desk:
    """A user who has no rights yet, and topics that somebody else made."""
    owner = make_desk({"bootstrap_servers": secure_kafka.bootstrap})
    assert main(["--config", str(owner.settings()), "topics", "apply", "--with-source"]) == 0
    made = make_desk(sections["SCRAM-SHA-512"])
    made.others["notify"] = {"urls": f"json://127.0.0.1:{service.port}/", "start": "earliest", "port": 0}
    return made


def test_an_alert_and_a_record_that_is_none_are_dealt_with_by_exactly_these_rights(  # noqa: PLR0917 -- fixtures
    desk: Desk,
    access_lists: AccessLists,
    rights_of: RightsOf,
    secure_kafka: LocalKafka,
    service: StandIn,
    wait_until: WaitUntil,
) -> None:
    access_lists.allow(rights_of("notifier"))
    producer = Producer({"bootstrap.servers": secure_kafka.bootstrap})
    for written in (b"nonsense", value()):
        producer.produce(desk.names.alerts, written, b"acme")
    producer.flush()
    process = desk.start("notify")
    wait_until(lambda: bool(service.requests))
    process.terminate()
    assert process.wait(60) == 0


@pytest.mark.parametrize("missing", NOTIFIER, ids=lambda right: f"{right.operation}-{right.name}")
def test_each_of_the_rights_is_asked_for_by_name_at_the_start(
    missing: Right, desk: Desk, access_lists: AccessLists, rights_of: RightsOf
) -> None:
    place = NOTIFIER.index(missing)
    rights = rights_of("notifier")
    access_lists.allow([right for number, right in enumerate(rights) if number != place])
    with capture_logs(), pytest.raises(TopicError) as caught:
        Notifier(load_settings(desk.settings())).run()
    assert f"--{missing.kind} {rights[place].name}`" in str(caught.value)
    assert "\n" not in str(caught.value)
