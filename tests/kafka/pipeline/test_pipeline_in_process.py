from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from models.finding import Finding
from models.tenant import TenantModel
from streams.app import Hooks
from streams.worker import Worker

if TYPE_CHECKING:
    from tests.kafka.pipeline.conftest import Bus, Statement

    Offline = Callable[[range], set[Statement]]


def test_a_worker_in_a_thread_shows_its_tenants_and_findings_and_stops_when_told(
    bus: Bus, offline: Offline, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    findings: list[Finding] = []
    seen: dict[str, int] = {}

    def on_findings(some: Sequence[Finding]) -> None:
        findings.extend(some)

    def on_tenants(tenants: Mapping[str, TenantModel]) -> None:
        seen.update({name: model.offset for name, model in tenants.items()})

    codes: list[int] = []
    worker = Worker(bus.settings, Hooks(on_findings, on_tenants))
    thread = threading.Thread(target=lambda: codes.append(worker.run()))
    thread.start()
    bus.publish_requests(range(900))
    wait_until(lambda: len(findings) >= len(offline(range(900))) and len(seen) == 6)
    worker.stop()
    thread.join(30)
    assert codes == [0]
    assert {finding.uid for finding in findings} == {uid for uid, *_ in offline(range(900))}
