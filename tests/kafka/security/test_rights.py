"""The rights that the documents name are enough, and each of them is needed and asked for by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from structlog.testing import capture_logs

from streams.cli import main
from streams.settings import load_settings
from streams.worker import Worker
from tests.kafka.security.desk import FLAGGED_FROM
from tests.kafka.security.rights import documented_rights

if TYPE_CHECKING:
    from conftest import Names
    from local_kafka import LocalKafka

    from tests.kafka.security.desk import Desk
    from tests.kafka.security.rights import AccessLists, Right

    MakeDesk = Callable[[dict[str, Any]], Desk]
    RightsOf = Callable[[str], list[Right]]
    WaitUntil = Callable[[Callable[[], bool]], None]

PLACES = ("source", "sketches", "state", "alerts", "dead_letters", "population", "fingerprints", "control")
PLACES += ("group",)
WORKER = documented_rights("worker", cast("Names", SimpleNamespace(**{name: name for name in PLACES})))


@pytest.fixture
def owner(make_desk: MakeDesk, secure_kafka: LocalKafka) -> Desk:
    """Somebody who may do everything."""
    return make_desk({"bootstrap_servers": secure_kafka.bootstrap})


@pytest.fixture
def topics(owner: Desk) -> None:
    """The topics exist."""
    assert run(owner, "topics", "apply", "--with-source") == 0


@pytest.fixture
def desk(make_desk: MakeDesk, sections: dict[str, dict[str, Any]]) -> Desk:
    """A user who has no rights yet."""
    return make_desk(sections["SCRAM-SHA-512"])


def run(desk: Desk, *command: str) -> int:
    """Run a command in this process and return its exit code."""
    return main(["--config", str(desk.settings()), *command])


@pytest.mark.usefixtures("topics")
def test_a_worker_reaches_the_alert_with_exactly_its_documented_rights(
    owner: Desk, desk: Desk, access_lists: AccessLists, rights_of: RightsOf
) -> None:
    access_lists.allow(rights_of("worker"))
    assert run(owner, "replay", owner.events(range(100))) == 0
    worker = desk.start_worker()
    assert owner.first_alert()["metadata"]["tenant_uid"] == "t"
    assert worker.poll() is None


@pytest.mark.usefixtures("topics")
@pytest.mark.parametrize("missing", WORKER, ids=lambda right: f"{right.operation}-{right.name}")
def test_a_worker_without_one_of_its_rights_names_it_and_the_command_that_grants_it(
    missing: Right, desk: Desk, names: Names, access_lists: AccessLists, rights_of: RightsOf
) -> None:
    place = WORKER.index(missing)
    access_lists.allow([right for number, right in enumerate(rights_of("worker")) if number != place])
    with capture_logs() as said:
        assert Worker(load_settings(desk.settings())).run() == 2
    line = str(said[-1]["event"])
    name = getattr(names, missing.name)
    assert f"'{name}': grant it with `kafka-acls.sh " in line
    # Who has no right at all on a topic does not see it; that is then the first to be granted.
    operations = (
        {missing.operation, "Describe"} if missing.operation in {"Read", "Write"} else {missing.operation}
    )
    assert any(f"--operation {operation} --{missing.kind} {name}`" in line for operation in operations)
    assert "\n" not in line


@pytest.mark.parametrize(
    ("role", "command"),
    [
        ("deployer", ["topics", "apply"]),
        ("producer", ["replay"]),
        ("reader", ["alerts"]),
        ("auditor", ["state", "digest"]),
        ("operator", ["control", "allow", "acme", "--purpose", "nightly"]),
    ],
)
def test_every_other_role_needs_its_documented_rights_and_no_others(  # noqa: PLR0917 -- fixtures
    role: str,
    command: list[str],
    owner: Desk,
    desk: Desk,
    access_lists: AccessLists,
    rights_of: RightsOf,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if command == ["replay"]:
        command = ["replay", desk.events(range(3))]
    if role != "deployer":
        assert run(owner, "topics", "apply", "--with-source") == 0
    assert run(desk, *command) == 2
    assert "kafka-acls.sh" in capsys.readouterr().err
    access_lists.allow(rights_of(role))
    for _ in range(2):
        assert run(desk, *command) == 0, capsys.readouterr().err


@pytest.mark.usefixtures("topics")
@pytest.mark.parametrize(
    ("operation", "place"),
    [
        ("Read", "source"),
        ("Read", "group"),
        ("Write", "alerts"),
        ("Write", "state"),
        ("Read", "population"),
        ("Write", "population"),
        ("Read", "fingerprints"),
        ("Write", "fingerprints"),
        ("Read", "control"),
    ],
)
def test_a_right_that_is_taken_away_ends_the_worker_which_says_what_to_give_back(  # noqa: PLR0917 -- fixtures
    operation: str,
    place: str,
    owner: Desk,
    desk: Desk,
    names: Names,
    access_lists: AccessLists,
    rights_of: RightsOf,
    wait_until: WaitUntil,
) -> None:
    name = getattr(names, place)
    access_lists.allow(rights_of("worker"))
    worker = desk.start_worker()
    wait_until(lambda: "partitions assigned" in desk.said())
    [taken] = [right for right in rights_of("worker") if (right.operation, right.name) == (operation, name)]
    access_lists.deny(taken)
    assert run(owner, "replay", owner.events(range(FLAGGED_FROM + 30))) == 0
    assert worker.wait(60) == 2, desk.said()
    last = json.loads(desk.said().splitlines()[-1])["event"]
    assert f"--{taken.kind} {name}`" in last
    assert f"--operation {operation} " in last or "--operation Describe " in last
