"""What the benchmarks of memory, checkpoints and growth conclude from what they see."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench.checkpoints import longest_standstill
from bench.figure import Sample
from bench.growth import flat, take_over
from bench.pages import resident_kib, wait_until
from bench.scaling import Stretch, pin
from bench.worker import BenchmarkError
from models.config import DetectorConfig
from models.sketch import Origin, Sketch
from models.tenant import TenantModel


def test_a_standstill_lasts_from_one_change_to_the_next() -> None:
    looks = [(0.0, 5.0), (0.1, 6.0), (0.2, 6.0), (0.5, 6.0), (0.6, 9.0), (0.7, 10.0)]
    assert longest_standstill(looks) == pytest.approx(0.5)


def test_nothing_stands_still_that_was_looked_at_once() -> None:
    assert longest_standstill([(1.0, 5.0)]) == 0


def test_a_cost_is_flat_up_to_a_fifth_more() -> None:
    assert flat("", Sample.of([11.9, 12.0]), "", Sample.of([10.0, 10.0])).holds
    assert not flat("", Sample.of([12.5, 12.1]), "", Sample.of([10.0, 10.0])).holds


def test_a_stretch_is_told_by_event() -> None:
    stretch = Stretch(events=1_000, seconds=0.5, workers_seconds=0.02, broker_seconds=0.005)
    assert stretch.a_second == 2_000
    assert stretch.workers_us == pytest.approx(20)
    assert stretch.broker_us == pytest.approx(5)


def test_who_takes_over_a_state_goes_on_as_the_other_would() -> None:
    model, tenant = (TenantModel(name, DetectorConfig()) for name in ("a", "longer"))
    for number in range(1, 4):
        model.apply(Sketch(f"r{number}", "a", 1_772_582_400_000 + number, Origin("bench", 0, number)))
    take_over(tenant, model)
    assert tenant.events == 3
    assert tenant.time == model.time
    assert tenant.state["name_size"] == len("longer")


def test_a_process_is_pinned_and_has_memory_until_it_ends() -> None:
    waiting = "import threading; print(flush=True); threading.Event().wait()"
    with subprocess.Popen([sys.executable, "-c", waiting], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        pin(process.pid, [0])
        assert os.sched_getaffinity(process.pid) == {min(os.sched_getaffinity(0))}
        assert resident_kib(process) > 1_000
        process.kill()
    with pytest.raises(BenchmarkError, match="come so far: the end"):
        wait_until(process, "the end", lambda: False)
