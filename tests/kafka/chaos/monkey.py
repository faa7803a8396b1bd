"""Hurts workers and their broker at random, and counts what it did."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from streams.steps import STEPS
from tests.kafka.chaos.tally import Tally
from tests.kafka.cluster import Cluster
from tests.kafka.stand import FAILED, KILLED, OK, TERMINATED, Stand, Worker

WORK_SECONDS = 0.1, 2.0
SETTLE_SECONDS = 15.0
# How long a worker hangs, in sessions; a producer gives up after four.
SESSIONS = 1.2, 5.5
MOST_WORKERS = 3
FEWEST_WORKERS = 2
TICK_SECONDS = 0.1
LEAVE_SECONDS = 60.0


@dataclass
class Monkey:
    """Keeps two or three workers running over a stand, and lets none of them in peace.

    Parameters
    ----------
    chance
        Decides what is done next, and when.
    tally
        Of this round.
    """

    stand: Stand
    cluster: Cluster
    chance: random.Random
    tally: Tally
    _leaving: list[Worker] = field(default_factory=list)
    _later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def rage(self, kills: int, rebalances: int) -> None:
        """Kill and rebalance so often, kill the broker and have it stall once each, in any order."""
        broker_at, stall_at = self.chance.randrange(kills), self.chance.randrange(kills)
        self._start()
        self._start()
        self._let_them_work()
        while (left := kills - self.deaths) > 0 or rebalances > self.rebalances:
            if self.deaths >= broker_at and not self.tally.brokers:
                self._kill_broker()
            if self.deaths >= stall_at and not self.tally.stalls:
                self._stall_broker()
            self._act(max(0, left), max(0, rebalances - self.rebalances))
            self._let_them_work()
        while self._later or self._leaving:
            self._rest(TICK_SECONDS)
        for worker in [worker for worker in self.stand.workers if worker.armed]:
            self.stand.end(worker, signal.SIGKILL)
            self.stand.start()

    @property
    def deaths(self) -> int:
        """How many workers have been killed."""
        return sum(worker.process.returncode == KILLED for worker in self.stand.gone)

    @property
    def rebalances(self) -> int:
        """How many rebalances have been asked for."""
        return self.tally.rebalances

    def _act(self, kills: int, rebalances: int) -> None:
        """Do one thing, the rarer the fewer of its kind are left."""
        if self.chance.random() * (kills + 2 * rebalances) < kills:
            self._kill()
        else:
            self._rebalance()

    def _kill(self) -> None:
        self.stand.end(self.chance.choice(self.stand.workers), signal.SIGKILL)
        self._start()

    def _rebalance(self) -> None:
        deeds = [self._hang, self._hang, self._roll]
        deeds += [self._join] * 2 if len(self.stand.workers) < MOST_WORKERS else []
        deeds += [self._leave] * 2 if len(self.stand.workers) > FEWEST_WORKERS else []
        self.chance.choice(deeds)()

    def _join(self) -> None:
        self._start()
        self.tally.joins += 1

    def _leave(self) -> None:
        self._ask_to_leave(self.chance.choice(self.stand.workers))
        self.tally.leaves += 1

    def _hang(self) -> None:
        worker = self.chance.choice(self.stand.workers)
        worker.send(signal.SIGSTOP)
        session = self.stand.settings.kafka.request_timeout
        self._in(session * self.chance.uniform(*SESSIONS), lambda: worker.send(signal.SIGCONT))
        self.tally.hangs += 1

    def _roll(self) -> None:
        for worker in list(self.stand.workers):
            if worker in self.stand.workers:
                self._ask_to_leave(worker)
                self._start()
                self._let_them_work()
        self.tally.rolls += 1

    def _stall_broker(self) -> None:
        [node] = self.cluster.nodes
        node.pause()
        self._in(self.chance.uniform(0.5, 5.0), node.resume)
        self.tally.stalls += 1

    def _kill_broker(self) -> None:
        [node] = self.cluster.nodes
        node.kill()
        self._in(self.chance.uniform(0.2, 5.0), node.start)
        self.tally.brokers += 1

    def _ask_to_leave(self, worker: Worker) -> None:
        worker.send(signal.SIGCONT)
        worker.send(signal.SIGTERM)
        self.stand.workers.remove(worker)
        self._leaving.append(worker)
        self._in(LEAVE_SECONDS, lambda: self._must_be_gone(worker))

    def _must_be_gone(self, worker: Worker) -> None:
        assert not worker.runs, f"a worker does not end:\n{worker.said()[-4000:]}"

    def _start(self) -> None:
        """Start a worker; every other one will kill itself at some step."""
        if self.chance.random() < 0.5:
            self.stand.start(self.chance.choice(STEPS), times=self.chance.randrange(1, 15))
        else:
            self.stand.start()

    def _in(self, seconds: float, deed: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, deed))

    def _let_them_work(self) -> None:
        """Wait until all have partitions, but not for ever, and then let them work for a while."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline and not all(worker.assignments for worker in self.stand.workers):
            self._rest(TICK_SECONDS)
        self._rest(self.chance.uniform(*WORK_SECONDS))

    def _rest(self, seconds: float) -> None:
        """Let time pass, do what is due, and see to who has died."""
        deadline = time.monotonic() + seconds
        while True:
            self._do_what_is_due()
            self._bury()
            if time.monotonic() >= deadline:
                return
            time.sleep(TICK_SECONDS)

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        due = [deed for at, deed in self._later if at <= now]
        self._later = [entry for entry in self._later if entry[0] > now]
        for deed in due:
            deed()

    def _bury(self) -> None:
        for worker in [worker for worker in self._leaving if not worker.runs]:
            self._leaving.remove(worker)
            self.stand.bury(worker, {OK, FAILED, KILLED, TERMINATED})
        for worker in [worker for worker in self.stand.workers if not worker.runs]:
            self.stand.workers.remove(worker)
            self.stand.bury(worker, {FAILED, KILLED})
            self._start()
