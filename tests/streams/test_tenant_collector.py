"""Metrics that name tenants: few, those of now, and the others under one label."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from models.config import DetectorConfig
from models.episode import State
from models.finding import SignalReading
from models.tenant import TenantModel
from streams import standings
from streams.standings import InLoop, standing_of
from streams.tenant_collector import OTHERS, Standing, Standings, TenantCollector


def standing(tenant: str, evidence: float) -> Standing:
    reading = SignalReading("novelty", 3.0, 1.0, "nats", evidence / 1000)
    return Standing(tenant, State.NORMAL, evidence, 1000.0, [reading])


class Models:
    """Tenants with evidence, the strongest first; somebody asks for them."""

    def __init__(self, **evidence: float) -> None:
        self.evidence = evidence
        self.asked: list[tuple[int, set[str]]] = []
        self.busy = False

    def __call__(self, most: int, known: Collection[str]) -> Standings:
        self.asked.append((most, set(known)))
        if self.busy:
            raise TimeoutError
        ordered = sorted(self.evidence, key=self.evidence.__getitem__, reverse=True)
        return Standings([standing(name, self.evidence[name]) for name in ordered[:most]], len(self.evidence))


class Page:
    """A registry with nothing but the collector."""

    def __init__(self, most: int, models: Models) -> None:
        self.registry = CollectorRegistry()
        TenantCollector(self.registry).name(most, models)

    def evidence(self) -> dict[str, float]:
        """The evidence by the tenant's label."""
        return {
            sample.labels["tenant"]: sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == "distillwatch_tenant_evidence"
        }

    def unnamed(self) -> float | None:
        return self.registry.get_sample_value("distillwatch_unnamed_tenants")


def test_the_nearest_are_named_and_the_nearest_of_the_others_stands_for_them() -> None:
    page = Page(2, Models(a=5.0, b=9.0, c=7.0, d=1.0))
    assert page.evidence() == {"b": 9.0, "c": 7.0, OTHERS: 5.0}
    assert page.unnamed() == 2


def test_where_all_are_named_there_are_no_others() -> None:
    page = Page(5, Models(a=5.0, b=9.0))
    assert page.evidence() == {"a": 5.0, "b": 9.0}
    assert page.unnamed() == 0


def test_with_0_nobody_is_asked_for_or_named() -> None:
    models = Models(a=5.0)
    page = Page(0, models)
    assert (page.evidence(), page.unnamed(), models.asked) == ({}, 0, [])


def test_series_vanish_with_their_tenant() -> None:
    models = Models(a=5.0, b=9.0)
    page = Page(2, models)
    assert page.evidence() == {"a": 5.0, "b": 9.0}
    del models.evidence["b"]
    assert page.evidence() == {"a": 5.0}
    models.evidence.clear()
    assert (page.evidence(), page.unnamed()) == ({}, 0)


def test_a_tenant_that_is_called_as_the_others_are_is_one_of_them() -> None:
    page = Page(2, Models(a=5.0, b=3.0, c=1.0, **{OTHERS: 9.0}))
    assert page.evidence() == {"a": 5.0, "b": 3.0, OTHERS: 9.0}
    assert b'tenant="_other"' in generate_latest(page.registry)


def test_who_was_named_is_said_when_it_is_asked_again() -> None:
    models = Models(a=5.0, b=9.0, c=7.0)
    page = Page(1, models)
    page.evidence()
    page.evidence()
    assert models.asked == [(3, set()), (3, {"b"})]


def test_what_was_said_last_stands_while_nobody_has_time_to_answer() -> None:
    models = Models(a=5.0)
    page = Page(2, models)
    assert page.evidence() == {"a": 5.0}
    models.evidence["a"], models.busy = 8.0, True
    assert page.evidence() == {"a": 5.0}
    models.busy = False
    assert page.evidence() == {"a": 8.0}


def test_names_are_written_so_that_they_can_be_read_again() -> None:
    page = Page(2, Models(**{'a"b\\c\n': 5.0}))
    assert rb'tenant="a\"b\\c\n"' in generate_latest(page.registry)


def test_the_signals_of_a_tenant_say_what_they_saw_and_expected() -> None:
    registry = Page(2, Models(a=500.0)).registry
    labels = {"tenant": "a", "signal": "novelty"}
    found = {
        name: registry.get_sample_value(f"distillwatch_tenant_signal_{name}", labels)
        for name in ("observed", "expected", "evidence_ratio")
    }
    assert found == {"observed": 3.0, "expected": 1.0, "evidence_ratio": 0.5}


def models_of(*names: str) -> Any:
    """Answer as the detector does."""
    tenants = [TenantModel(name, DetectorConfig()) for name in names]
    return lambda most, _known: (tenants[:most], len(tenants))


def test_a_standing_is_a_copy_of_what_the_model_says() -> None:
    tenant = TenantModel("acme", DetectorConfig())
    found = standing_of(tenant)
    assert (found.tenant, found.state, found.evidence) == ("acme", State.WARMING, 0.0)
    assert found.threshold == tenant.threshold
    assert [reading.name for reading in found.readings] == list(tenant.readings)


def test_the_models_are_looked_at_in_their_own_thread() -> None:
    threads: list[int] = []

    def nearest(most: int, known: Collection[str]) -> Any:
        threads.append(threading.get_ident())
        return models_of("a", "b")(most, known)

    async def body() -> None:
        ask = InLoop(nearest)
        there = await asyncio.to_thread(ask, 1, ())
        here = ask(1, ())
        assert [one.tenant for one in there.tenants] == [one.tenant for one in here.tenants] == ["a"]
        assert there.live == here.live == 2

    asyncio.run(body())
    assert threads == [threading.get_ident()] * 2


def test_a_loop_that_has_no_time_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standings, "PATIENCE_SECONDS", 0.01)
    asked = threading.Event()

    async def body() -> None:
        ask = InLoop(models_of("a"))
        failures: list[Exception] = []

        def scrape() -> None:
            try:
                ask(1, ())
            except TimeoutError as error:
                failures.append(error)
            asked.set()

        thread = threading.Thread(target=scrape)
        thread.start()
        asked.wait()  # the loop is busy with this
        thread.join()
        assert len(failures) == 1

    asyncio.run(body())


def test_an_error_of_the_models_is_told_to_who_asked() -> None:
    def nearest(_most: int, _known: Collection[str]) -> Any:
        raise KeyError(3)

    async def body() -> None:
        with pytest.raises(KeyError):
            await asyncio.to_thread(InLoop(nearest), 1, ())

    asyncio.run(body())


def test_once_the_loop_has_ended_nothing_is_said_any_more() -> None:
    async def body() -> InLoop:
        return InLoop(models_of("a"))

    with asyncio.Runner() as runner:
        ask = runner.run(body())
    answers: list[Standings] = []
    thread = threading.Thread(target=lambda: answers.append(ask(1, ())))
    thread.start()
    thread.join()
    assert answers == [Standings()]
