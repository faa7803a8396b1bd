"""The rights that the documents name are enough for `distillwatch console`, and each of them is needed."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from structlog.testing import capture_logs

from models.errors import TopicError
from streams.cli import main
from streams.console.process import Console
from streams.console.rights import require_rights
from streams.settings import load_settings
from tests.kafka.security.rights import documented_rights

if TYPE_CHECKING:
    from conftest import Names
    from local_kafka import LocalKafka

    from tests.kafka.security.desk import Desk
    from tests.kafka.security.rights import AccessLists, Right

    MakeDesk = Callable[[dict[str, Any]], Desk]
    RightsOf = Callable[[str], list[Right]]

PLACES = ("source", "sketches", "state", "alerts", "dead_letters", "population", "fingerprints", "group")
EVERY = (*PLACES, "scores", "control")
CONSOLE = documented_rights("console", cast("Names", SimpleNamespace(**{name: name for name in EVERY})))


@pytest.fixture
def desk(make_desk: MakeDesk, sections: dict[str, dict[str, Any]], secure_kafka: LocalKafka) -> Desk:
    """A user who has no rights yet, and topics that somebody else made."""
    owner = make_desk({"bootstrap_servers": secure_kafka.bootstrap})
    owner.others["scores"] = {"enabled": True}
    assert main(["--config", str(owner.settings()), "topics", "apply", "--with-source"]) == 0
    made = make_desk(sections["SCRAM-SHA-512"])
    made.others["scores"] = {"enabled": True}
    made.others["console"] = {"write": True, "author": "ann"}
    return made


def test_exactly_these_rights_are_enough(desk: Desk, access_lists: AccessLists, rights_of: RightsOf) -> None:
    access_lists.allow(rights_of("console"))
    require_rights(load_settings(desk.settings()))


@pytest.mark.parametrize("missing", CONSOLE, ids=lambda right: f"{right.operation}-{right.name}")
def test_each_of_the_rights_is_asked_for_by_name_at_the_start(
    missing: Right, desk: Desk, access_lists: AccessLists, rights_of: RightsOf
) -> None:
    place = CONSOLE.index(missing)
    rights = rights_of("console")
    access_lists.allow([right for number, right in enumerate(rights) if number != place])
    with capture_logs(), pytest.raises(TopicError) as caught:
        Console(load_settings(desk.settings())).run()
    assert f"--operation {missing.operation} --{missing.kind} {rights[place].name}`" in str(caught.value)
    assert "\n" not in str(caught.value)
