"""What operators change on a real Kafka: it holds through everything, and bad records change nothing."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from streams.cli import main
from streams.control_desk import write
from tests.kafka.pipeline.conftest import MINUTE_MS, START_MS, request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kafka.pipeline.conftest import Bus

    WaitUntil = Callable[[Callable[[], bool]], None]

SOME, ALL = range(1200), range(1800)
BEGIN, MIDDLE, END = "2026-03-04T00:00:00Z", "2026-03-04T16:00:00Z", "2026-03-06T00:00:00Z"
MIDDLE_MS = START_MS + 16 * 60 * MINUTE_MS


class Console:
    """Runs commands with the settings of a bus."""

    def __init__(self, bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
        self._bus, self._capsys = bus, capsys

    def run(self, *arguments: str) -> str:
        """Run a command that must succeed, and return what it printed."""
        code, out, err = self.attempt(*arguments)
        assert code == 0, err
        return out

    def attempt(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command; return its exit code and what it printed."""
        settings = self._bus.settings
        ours = settings.topics.model_dump(mode="json")
        flags = {f"topics.{name}": value for name, value in ours.items()}
        flags |= {"kafka.bootstrap_servers": settings.kafka.bootstrap_servers, "embedding.kind": "hashed"}
        flags |= {f"detector.{name}": getattr(settings.detector, name) for name in EAGER_NAMES}
        flags |= {"source.topic": settings.source.topic, "kafka.group": settings.kafka.group}
        given = [word for name, value in flags.items() for word in ("--set", f"{name}={value}")]
        code = main([*given, *arguments])
        told = self._capsys.readouterr()
        return code, told.out, told.err


EAGER_NAMES = ("block_requests", "entropy_block_requests", "warmup_requests", "least_threshold")
EAGER_NAMES += ("quiet_hours", "cooldown_hours", "update_minutes")


@pytest.fixture
def console(bus: Bus, capsys: pytest.CaptureFixture[str]) -> Console:
    """Commands for the bus."""
    return Console(bus, capsys)


def alerts(bus: Bus, until: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """Read findings until they are enough; all there are."""
    values = bus.read(
        bus.settings.topics.alerts, lambda records: until([json.loads(one.value) for one in records])
    )
    return [json.loads(one.value) for one in values]


def about(tenant: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those about a tenant, in order of time."""
    ours = [one for one in findings if one["metadata"].get("tenant_uid") == tenant]
    return sorted(ours, key=lambda one: (one["time"], one["activity_id"]))


def id_of(printed: str) -> str:
    """The id of the change that a command has written."""
    return printed.rsplit(maxsplit=1)[-1]


def key(finding: dict[str, Any]) -> tuple[str, int, int]:
    """What consumers know a finding by."""
    return finding["finding_info"]["uid"], finding["activity_id"], finding["time"]


def test_rules_of_every_kind_hold_as_in_a_backtest_of_the_same_records(
    bus: Bus, console: Console, tmp_path: Path
) -> None:
    period = ("--from", BEGIN, "--until", MIDDLE)
    silent = id_of(console.run("control", "suppress", "--tenant", "t1", "--reason", "known", *period))
    tried = id_of(
        console.run("control", "suppress", "--tenant", "t2", "--reason", "try", "--dry-run", *period)
    )
    allowed = id_of(console.run("control", "allow", "t3", "--purpose", "nightly evaluation", "--from", BEGIN))
    shadow = id_of(console.run("control", "shadow", "on", "--tenant", "t4", "--from", BEGIN))
    console.run("control", "window", "t5", "--purpose", "load test", "--from", BEGIN, "--until", END)
    console.run("control", "override", "t0", "--budget-days", "30", "--from", BEGIN)
    write(bus.settings, b"bad", b'{"version": 1, "tenant": "t0"')
    write(bus.settings, b"worse", json.dumps({"version": 1, "kind": "allow", "tenant": "t0"}).encode())
    records = tmp_path / "control.jsonl"
    records.write_text(console.run("control", "list", "--records"))
    events = tmp_path / "events.jsonl"
    events.write_text("".join(json.dumps(request(number)) + "\n" for number in ALL))
    expected = tmp_path / "alerts.jsonl"
    options = ("--alerts", str(expected), "--control", str(records), "--processes", "0")
    console.run("backtest", str(events), *options)
    offline = [json.loads(line) for line in expected.read_text().splitlines()]

    bus.start()
    bus.publish_requests(ALL)
    wanted = {key(one) for one in offline}
    found = alerts(bus, lambda read: wanted <= {key(one) for one in read})

    assert {key(one) for one in found} == wanted
    assert about("t5", found) == []
    assert {one["unmapped"]["budget_days"] for one in about("t0", found)} == {30}
    early, late = (
        [one for one in about("t1", found) if (one["time"] < MIDDLE_MS) is early] for early in (True, False)
    )
    assert early
    assert late
    for one in early:
        assert one["unmapped"]["suppressed_by"] == [silent]
        assert not one["is_alert"]
        assert one["status_id"] == (4 if one["activity_id"] == 3 else 3)
    assert all("suppressed_by" not in one["unmapped"] for one in late)
    assert any(one["is_alert"] for one in late)
    tries = [one for one in about("t2", found) if one["time"] < MIDDLE_MS]
    assert {tuple(one["unmapped"]["would_suppress"]) for one in tries} == {(tried,)}
    assert any(one["is_alert"] for one in tries)
    assert {tuple(one["unmapped"]["suppressed_by"]) for one in about("t3", found)} == {(allowed,)}
    for one in about("t4", found):
        assert one["finding_info"]["analytic"]["state"] == "Experimental"
        assert (one["is_alert"], one["unmapped"]["shadow_by"]) == (False, shadow)
    by_key = {key(one): one for one in found}
    for one in offline:
        del one["metadata"]["labels"]
        twin = by_key[key(one)]
        assert {**one, "evidences": []} == {**twin, "evidences": []}
    assert bus.said().count("control record refused") == 2
    counted = json.loads(console.run("control", "list", "--json", "--counts", "--all").splitlines()[0])
    assert (counted["id"], counted["matched"], counted["suppressed"]) == (silent, len(early), len(early))


@pytest.mark.parametrize("verdict", ["false_positive", "true_positive"])
def test_a_verdict_closes_an_episode_once_through_kill_and_restart(
    verdict: str, bus: Bus, console: Console, wait_until: WaitUntil
) -> None:
    first = bus.start()
    bus.publish_requests(SOME)
    opened = _an_open_episode(bus)
    uid, tenant = opened["finding_info"]["uid"], opened["metadata"]["tenant_uid"]
    told = json.loads(console.run("control", "verdict", uid, verdict, "--reason", "a launch", "--json"))
    assert (told["tenant"], told["signal"]) == (
        tenant,
        opened["anomaly_analyses"][0]["anomalies"][0]["observation_parameter"],
    )

    def closes(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one for one in found if one["finding_info"]["uid"] == uid and one["activity_id"] == 3]

    (closed, *_) = closes(alerts(bus, lambda found: bool(closes(found))))
    assert closed["status"] == "Resolved"
    assert closed["comment"] == "a launch"
    assert closed["unmapped"]["verdict"]["verdict"] == verdict
    assert closed["time"] > opened["time"]
    bus.stop(first, signal.SIGKILL)
    bus.start()
    bus.publish_requests(ALL[1200:])
    wait_until(lambda: len(bus.everything(bus.settings.topics.sketches)) >= len(ALL))
    bus.publish_requests(range(1800, 2400))
    found = alerts(
        bus,
        lambda read: any(
            one["time"] > START_MS + 2000 * MINUTE_MS for one in read if one["activity_id"] == 1
        ),
    )
    assert len({key(one) for one in closes(found)}) == 1
    after = [one for one in about(tenant, found) if one["finding_info"]["uid"] != uid]
    assert any(one["activity_id"] == 1 and one["time"] > opened["time"] for one in after)


def test_a_rule_that_comes_while_workers_run_holds_through_kill_and_restart(
    bus: Bus, console: Console
) -> None:
    workers = [bus.start(), bus.start()]
    bus.publish_requests(SOME)
    alerts(bus, lambda read: any(one["time"] > START_MS + 1100 * MINUTE_MS for one in read))
    silent = id_of(
        console.run(
            "control", "suppress", "--reason", "all of them", "--from", "2026-03-04T20:00:01Z", "--until", END
        )
    )
    for worker in workers:
        bus.stop(worker, signal.SIGKILL)
    bus.start()
    bus.publish_requests(range(1200, 2400))
    late = START_MS + 1201 * MINUTE_MS
    found = alerts(bus, lambda read: any(one["time"] > late + 700 * MINUTE_MS for one in read))
    assert {tuple(one["unmapped"].get("suppressed_by", ())) for one in found if one["time"] >= late} == {
        (silent,)
    }
    assert all("suppressed_by" not in one["unmapped"] for one in found if one["time"] < late - MINUTE_MS)


def test_a_sample_is_said_by_one_of_two_workers_and_not_again_after_a_restart(
    bus: Bus, console: Console, wait_until: WaitUntil
) -> None:
    workers = [bus.start(), bus.start()]
    wait_until(
        lambda: bus.said().count("control topic read") == 2 and bus.said().count("partitions assigned") >= 2
    )
    bus.publish_requests(range(60))
    wait_until(lambda: len(bus.everything(bus.settings.topics.sketches)) >= 60)
    said = json.loads(console.run("alerts", "sample", "somebody", "--author", "ann"))
    assert said["finding_info"]["title"].startswith("[SAMPLE] ")
    assert "sample" in said["metadata"]["labels"]
    assert said["unmapped"]["verdict"] == {"verdict": "test"}
    assert said["is_alert"]
    assert [bus.stop(worker) for worker in workers] == [0, 0]
    again = bus.start()
    wait_until(lambda: bus.said().count("control topic read") == 3)
    assert bus.stop(again) == 0
    assert [json.loads(one.value) for one in bus.everything(bus.settings.topics.alerts)] == [said]
    assert console.run("alerts").splitlines() == [
        bus.everything(bus.settings.topics.alerts)[0].value.decode()
    ]


def test_a_sample_without_a_worker_says_so(console: Console) -> None:
    code, _, err = console.attempt("alerts", "sample", "acme", "--wait", "1")
    assert code == 1
    assert "no worker answered within 1 s" in err


def test_the_history_of_a_tenant_shows_what_held_what_ended_and_what_was_refused(
    bus: Bus, console: Console
) -> None:
    old = ("--from", BEGIN, "--until", MIDDLE)
    console.run("control", "suppress", "--tenant", "ac*", "--reason", "past", "--author", "bob", *old)
    kept = id_of(console.run("control", "allow", "acme", "--purpose", "p", "--author", "ann"))
    console.run("control", "allow", "globex", "--purpose", "p")
    console.run("control", "remove", kept, "--author", "eve")
    write(bus.settings, b"bad", json.dumps({"version": 1, "kind": "allow", "tenant": "acme"}).encode())
    lines = [json.loads(line) for line in console.run("control", "history", "acme", "--json").splitlines()]
    assert [(one.get("kind"), one["state"], one.get("author")) for one in lines] == [
        ("suppress", "ended", "bob"),
        ("allow", "removed", "ann"),
        ("remove", "done", "eve"),
        (None, "refused", None),
    ]
    assert lines[-1]["reason"].startswith("missing_field: ")
    shown = console.run("control", "history", "acme")
    assert "purpose=p" in shown
    assert console.run("control", "list").count("globex") == 1
    assert "acme" not in console.run("control", "list")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("control", "verdict", "no-such-finding", "benign"), "unknown_finding: "),
        (("control", "remove", "no-such-change"), "unknown_id: "),
        (("control", "suppress", "--reason", "why"), "missing_field: the required field 'until' is absent"),
        (("control", "suppress", "--until", "2h"), "missing_field: the required field 'reason' is absent"),
        (("control", "override", "acme"), "missing_field: give 'budget_days'"),
        (
            ("control", "window", "ac*", "--purpose", "p", "--until", "2h"),
            "wrong_value: 'tenant' must be one",
        ),
    ],
)
def test_what_workers_would_refuse_is_not_written(
    arguments: tuple[str, ...], says: str, bus: Bus, console: Console
) -> None:
    code, out, err = console.attempt(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert bus.everything(bus.settings.topics.control) == []


def test_where_nobody_follows_changes_none_is_written(bus: Bus, console: Console) -> None:
    code, _, err = console.attempt("--set", "control.enabled=false", "control", "list")
    assert (code, bus.everything(bus.settings.topics.control)) == (2, [])
    assert "control.enabled is false" in err


def _an_open_episode(bus: Bus) -> dict[str, Any]:
    """Wait for the end of what was published, and return the opening of an episode that is not closed."""

    def open_ones(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        over = {one["finding_info"]["uid"] for one in found if one["activity_id"] == 3}
        late = START_MS + 1000 * MINUTE_MS
        return [
            one
            for one in found
            if one["activity_id"] == 1 and one["finding_info"]["uid"] not in over and one["time"] > late
        ]

    return open_ones(alerts(bus, lambda found: bool(open_ones(found))))[-1]
