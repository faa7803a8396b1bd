"""An analyst in a real browser, a console in a process of its own, a worker and a real Kafka."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Producer
from playwright.sync_api import Browser, Page, expect

from models.finding import Activity
from tests.kafka.pipeline.conftest import TENANTS, Bus, request
from tests.kafka.pipeline.conftest import make_bus as make_bus  # noqa: PLC0414 - a fixture
from tests.streams.console.world import finding

if TYPE_CHECKING:
    from tests.kafka.console.conftest import Served

    Serve = Callable[..., Served]
    MakeBus = Callable[..., Bus]

PATIENCE_MS = 60_000
SOME = range(600)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of the browser."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def open_tenants(bus: Bus) -> list[str]:
    """Wait for an open episode of some tenant; the tenants that have one."""
    topic = bus.settings.topics.alerts

    def opened(records: list[Any]) -> list[str]:
        last = {record.key.decode(): json.loads(record.value)["activity_id"] for record in records}
        return [tenant for tenant, activity in last.items() if activity != Activity.CLOSE]

    return opened(bus.read(topic, lambda records: bool(opened(records))))


def publish(bus: Bus, topic: str, *values: bytes) -> None:
    """Put records onto a topic."""
    producer = Producer({"bootstrap.servers": bus.settings.kafka.bootstrap_servers})
    for value in values:
        producer.produce(topic, value, b"acme")
    assert producer.flush(30) == 0


def test_an_analyst_goes_from_an_alert_to_the_tenant_and_gives_a_verdict_that_closes_it(
    make_bus: MakeBus, serve: Serve, page: Page
) -> None:
    bus = make_bus(scores={"enabled": True, "interval_seconds": 300})
    bus.start()
    bus.publish_requests(SOME)
    tenant = open_tenants(bus)[0]
    console = serve(bus.settings, write=True, author="ann")

    page.goto(console.address)
    page.get_by_role("link", name=tenant, exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(tenant)
    expect(page.locator("#plot")).to_be_visible()
    page.get_by_label("Reason (optional, one line)").fill("a launch of theirs")
    page.get_by_role("button", name="Benign").click()
    expect(page.get_by_text("Verdict: benign, by ann: a launch of theirs")).to_be_visible()
    # The worker reads it, closes the episode, and the console hears of that by the alert topic.
    console.wait_until(lambda: "No open alert fits" in console.page(f"/?q={tenant}"))
    closed = [json.loads(one.value) for one in bus.everything(bus.settings.topics.alerts)]
    last = [one for one in closed if one["metadata"]["tenant_uid"] == tenant][-1]
    assert (last["activity_id"], last["comment"]) == (Activity.CLOSE, "a launch of theirs")
    assert last["unmapped"]["verdict"]["author"] == "ann"
    page.goto(console.address)
    expect(page.get_by_role("region", name="Closed of late").get_by_role("link", name=tenant)).to_be_visible()

    other = f"t{(int(tenant[1:]) + 1) % TENANTS}"
    page.goto(f"{console.address}/tenant?name={other}")
    page.get_by_label("Reason (one line)").fill("benchmark week")
    page.get_by_role("button", name="Suppress").click()
    expect(page.get_by_role("cell", name="benchmark week")).to_be_visible()
    bus_says = [json.loads(one.value) for one in bus.everything(bus.settings.topics.control)]
    assert [(one["kind"], one["author"]) for one in bus_says] == [("verdict", "ann"), ("suppress", "ann")]
    assert console.stop() == 0
    assert request(0)["prompt"] not in console.said()


def test_it_follows_live_passes_over_strange_records_and_reads_back_after_a_restart(
    make_bus: MakeBus, serve: Serve, page: Page
) -> None:
    bus = make_bus()
    alerts = bus.settings.topics.alerts
    publish(bus, alerts, b"", b"nonsense", b"{}", finding("a", "acme"))
    console = serve(bus.settings)
    page.goto(console.address)
    expect(page.get_by_role("link", name="acme")).to_be_visible()
    publish(bus, alerts, finding("b", "globex"))
    expect(page.get_by_role("link", name="globex")).to_be_visible()
    assert console.said().count("a record is none of ours") == 3
    assert console.stop() == 0
    console.start()
    page.goto(console.address)
    expect(page.get_by_role("link", name="acme")).to_be_visible()
    expect(page.get_by_role("link", name="globex")).to_be_visible()
    assert console.stop() == 0
