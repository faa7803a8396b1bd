"""Workers that can be killed, hung and restarted over one test's topics, and whether all came out right."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from confluent_kafka import KafkaException

from streams.settings import Settings
from tests.kafka.topic_reader import unread
from tests.kafka.truth import Outcome, differences, found, judged

HERE = Path(__file__).resolve().parent
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.1
FAILED = 1
OK = 0
KILLED = -signal.SIGKILL
TERMINATED = -signal.SIGTERM
"""Ended by SIGTERM before it had anything to checkpoint: while it was starting."""


@dataclass
class Worker:
    """A worker in a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path
    armed: bool = False
    hit: bool = False

    @property
    def runs(self) -> bool:
        """Tell whether its process lives."""
        return self.process.poll() is None

    def said(self) -> str:
        """Return what it has logged."""
        return self.log.read_text(errors="replace")

    def send(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM, seconds: float = 60.0) -> int:
        """End it by a signal and return its exit code."""
        self.hit = True
        self.send(number)
        return self.process.wait(seconds)

    @property
    def assignments(self) -> int:
        """How often it was given partitions, or none."""
        return self.said().count('"partitions assigned"')

    @property
    def settled(self) -> bool:
        """Tell whether it has partitions and is not about to end, having given up."""
        return self.assignments > 0 and '"worker stops"' not in self.said()


@dataclass
class Stand:
    """Workers over one set of topics.

    Parameters
    ----------
    folder
        Takes the workers' logs, a file each.
    """

    settings: Settings
    folder: Path
    workers: list[Worker] = field(default_factory=list)
    gone: list[Worker] = field(default_factory=list)
    started: list[Worker] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def start(self, step: str = "", times: int = 1) -> Worker:
        """Start a worker, perhaps one that kills itself the n-th time it reaches a step."""
        log = self.folder / f"{self.settings.kafka.group}-{next(self._numbers)}.log"
        armed = [step, str(times)] if step else []
        run = [sys.executable, "-X", "faulthandler", str(HERE / "armed_worker.py")]
        command = [*run, self.settings.model_dump_json(), *armed]
        with log.open("wb") as out:
            worker = Worker(subprocess.Popen(command, stderr=out, cwd=HERE.parents[1]), log, bool(step))
        self.workers.append(worker)
        self.started.append(worker)
        return worker

    def start_ready(self) -> Worker:
        """Start a worker and wait until it has partitions."""
        worker = self.start()
        self.wait_until(lambda: worker.assignments > 0)
        return worker

    def end(self, worker: Worker, number: int = signal.SIGTERM) -> int:
        """End a worker and return its exit code."""
        self.workers.remove(worker)
        self.gone.append(worker)
        return worker.end(number)

    def revive(self) -> None:
        """Start anew what gave up, as whatever supervises workers does; any other end is an error."""
        for worker in [worker for worker in self.workers if not worker.runs]:
            self.workers.remove(worker)
            self.bury(worker, {FAILED, KILLED})
            self.start()

    def bury(self, worker: Worker, usual: set[int]) -> None:
        """Take note of a worker that has ended, with one of these codes."""
        code = worker.process.returncode
        assert code in usual, f"a worker ended with code {code}:\n{worker.said()[-6000:]}"
        self.gone.append(worker)

    def wait_until(self, condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Keep the workers alive until a condition holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true:\n" + self.last_words()
            self.revive()
            time.sleep(POLL_SECONDS)

    def wait_for_partitions(self, worker: Worker) -> None:
        """Wait until a worker has been given partitions, or has killed itself already."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while worker.runs and not worker.assignments:
            assert time.monotonic() < deadline, worker.said()[-6000:]
            time.sleep(POLL_SECONDS)

    def wait_for_death(self, worker: Worker) -> None:
        """Wait until a worker has killed itself."""
        worker.process.wait(PATIENCE_SECONDS)
        self.workers.remove(worker)
        self.bury(worker, {KILLED})

    def behind(self) -> int:
        """Return how many records of the source topics and the sketch topic have not been committed.

        Raises
        ------
        KafkaException
            The broker cannot say.
        """
        kafka = self.settings.kafka
        topics = [source.topic for source in self.settings.all_sources.values()]
        if not self.settings.source.keyed_by_tenant:
            topics.append(self.settings.topics.sketches)
        return sum(unread(kafka.bootstrap_servers, kafka.group, topic) for topic in topics)

    def is_done(self) -> bool:
        """Tell whether everything has been committed."""
        try:
            return not self.behind()
        except KafkaException:
            return False

    def finish(self, expected: Outcome | None = None) -> Outcome:
        """Wait until all is done, end the workers, and see that nothing was lost or counted twice.

        Parameters
        ----------
        expected
            What an undisturbed run says; what the detector says without a bus unless given.
        """
        outcome = self.outcome()
        wrong = differences(outcome, expected or judged(self.settings))
        assert not wrong, "\n".join(wrong)
        return outcome

    def outcome(self) -> Outcome:
        """Wait until all is done, end the workers, and return what they have said and kept."""
        self.wait_until(lambda: self.is_done() and all(worker.settled for worker in self.workers))
        for worker in list(self.workers):
            code = self.end(worker)
            assert code == OK, f"a worker ended with code {code}:\n{worker.said()[-6000:]}"
        return found(self.settings)

    def last_words(self) -> str:
        """Return the end of every living worker's log."""
        return "\n".join(f"--- {worker.log.name}\n{worker.said()[-3000:]}" for worker in self.workers)

    def kill_all(self) -> None:
        """Leave no process behind."""
        for worker in self.started:
            worker.process.kill()
            worker.process.wait()


@contextmanager
def stand(settings: Settings, folder: Path) -> Iterator[Stand]:
    """Have workers over these topics, and none afterwards."""
    made = Stand(settings, folder)
    try:
        yield made
    finally:
        made.kill_all()
