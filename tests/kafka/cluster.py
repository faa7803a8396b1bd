"""A real Apache Kafka whose nodes can be killed, stopped, paused and started again: one node or three.

Every node is broker and controller in one, keeps its ports and its data, and listens on loopback alone.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from kafka.errors import KafkaError
from kafka_libraries import LocalKafkaError, fetch_libraries, find_java
from local_kafka import HOST, SMALL, die_with_parent, end_process, log_options, new_cluster_id, run_tool

from streams.kafka_python import KafkaAdminClient

JAVA = ("-Xms96m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# Below the ports that the system hands out, so that nobody takes one while its broker is down.
PORTS = range(15_000, 32_000)
READY_SECONDS = 120.0
POLL_SECONDS = 0.1
FAST: Mapping[str, str] = {
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "4000",
    "controller.quorum.election.timeout.ms": "1000",
    "controller.quorum.fetch.timeout.ms": "2000",
    "group.min.session.timeout.ms": "1000",
    "leader.imbalance.check.interval.seconds": "3600",
    "replica.lag.time.max.ms": "5000",
}


@dataclass
class Node:
    """One server of a cluster.

    Parameters
    ----------
    number
        Its id, from 1.
    command
        Starts it.
    """

    number: int
    bootstrap: str
    folder: Path
    command: list[str]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def running(self) -> bool:
        """Tell whether its process lives, paused or not."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it; does not wait until it answers."""
        with (self.folder / "broker.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*die_with_parent(), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it as a power cut would, but for what the system still writes to disk."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it in order."""
        if self.process is not None:
            end_process(self.process)

    def pause(self) -> None:
        """Let it neither answer nor close a connection."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def log(self) -> str:
        """Return what it has logged: warnings and errors."""
        return (self.folder / "broker.log").read_text(errors="replace")

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)


@dataclass
class Cluster:
    """Nodes that know each other; replication is 3 with at least 2 in sync where there are three.

    Parameters
    ----------
    size
        1 or 3 nodes.
    extra
        Server properties that are added to ours or override them.

    Raises
    ------
    LocalKafkaError
        On entering: Java or Maven is missing, or the nodes do not come up.
    """

    size: int = 1
    extra: Mapping[str, str] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list, init=False)
    _folder: Path = field(init=False)

    def __enter__(self) -> Self:
        java = [find_java(), *JAVA, "-cp", f"{fetch_libraries()}/*", *log_options()]
        self._folder = Path(tempfile.mkdtemp(prefix="distillwatch-cluster-"))
        try:
            self._make_nodes(java)
            for node in self.nodes:
                node.start()
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def bootstrap(self) -> str:
        """Addresses of all nodes."""
        return ",".join(node.bootstrap for node in self.nodes)

    def close(self) -> None:
        """Kill what runs and remove all data."""
        for node in self.nodes:
            node.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def wait_until_ready(self) -> None:
        """Return as soon as every running node serves as a broker.

        Raises
        ------
        LocalKafkaError
            One has ended or does not get that far.
        """
        deadline = time.monotonic() + READY_SECONDS
        while not all(self._serves(node) for node in self.nodes if node.running):
            if time.monotonic() > deadline or not any(node.running for node in self.nodes):
                raise LocalKafkaError(f"the cluster is not ready:\n{self.nodes[0].log()[-3000:]}")
            time.sleep(POLL_SECONDS)

    def leader(self, topic: str, partition: int) -> Node:
        """Return the node that leads a partition; waits until one that runs does."""
        running = {node.number for node in self.nodes if node.running}
        number = self._wait(lambda: self._partition(topic, partition)["leader_id"], running.__contains__)
        return self.nodes[number - 1]

    def move_leader(self, topic: str, partition: int) -> Node:
        """Have another replica lead a partition, the next in order, and return its node."""
        from kafka import TopicPartition  # noqa: PLC0415 -- warns when imported before streams.kafka_python

        known = self._partition(topic, partition)
        others = [number for number in known["replica_nodes"] if number != known["leader_id"]]
        with self._admin() as admin:
            admin.alter_partition_reassignments(
                {TopicPartition(topic, partition): [*others, known["leader_id"]]}
            )
            admin.elect_leaders(0, {topic: [partition]}, raise_errors=False)
        self._wait(lambda: self._partition(topic, partition)["leader_id"], lambda found: found == others[0])
        return self.nodes[others[0] - 1]

    def _partition(self, topic: str, partition: int) -> dict[str, Any]:
        with self._admin() as admin:
            [found] = admin.describe_topics([topic])
        return next(each for each in found["partitions"] if each["partition_index"] == partition)

    def _wait(self, ask: Callable[[], int], enough: Callable[[int], bool]) -> int:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                if enough(found := ask()):
                    return found
            except KafkaError:
                pass
            assert time.monotonic() < deadline, "the partition has not the leader that it should have"
            time.sleep(POLL_SECONDS)

    def _serves(self, node: Node) -> bool:
        """Ask the node itself: the others may still believe in what it was before."""
        host, port = node.bootstrap.split(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            with KafkaAdminClient(bootstrap_servers=node.bootstrap, bootstrap_timeout_ms=2000) as admin:
                brokers = admin.describe_cluster()["brokers"]
        except (OSError, KafkaError):
            return False
        return node.number in {broker["broker_id"] for broker in brokers if not broker.get("is_fenced")}

    def _admin(self) -> KafkaAdminClient:
        servers = [node.bootstrap for node in self.nodes if node.running]
        return KafkaAdminClient(bootstrap_servers=servers, bootstrap_timeout_ms=2000)

    def _make_nodes(self, java: list[str]) -> None:
        ports = free_ports(2 * self.size)
        voters = ",".join(f"{n + 1}@{HOST}:{ports[2 * n + 1]}" for n in range(self.size))
        identity, copies = new_cluster_id(), str(self.size)
        shared = {
            **SMALL,
            **FAST,
            "process.roles": "broker,controller",
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "default.replication.factor": copies,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "min.insync.replicas": str(self.size // 2 + 1),
            **self.extra,
        }
        for n in range(self.size):
            folder = self._folder / str(n + 1)
            folder.mkdir()
            bootstrap = f"{HOST}:{ports[2 * n]}"
            listeners = f"PLAINTEXT://{bootstrap},CONTROLLER://{HOST}:{ports[2 * n + 1]}"
            own = {"node.id": str(n + 1), "listeners": listeners, "log.dirs": str(folder / "data")}
            file = folder / "server.properties"
            file.write_text("".join(f"{key}={value}\n" for key, value in {**shared, **own}.items()))
            run_tool([*java, "kafka.tools.StorageTool", "format", "-t", identity, "-c", str(file)])
            self.nodes.append(Node(n + 1, bootstrap, folder, [*java, "kafka.Kafka", str(file)]))


@contextmanager
def slow(node: Node, *, stalled: float, awake: float) -> Iterator[None]:
    """Have a node stand still and go on in turn, so many seconds each, and go on afterwards."""
    over = threading.Event()

    def alternate() -> None:
        while not over.wait(awake):
            node.pause()
            over.wait(stalled)
            node.resume()

    thread = threading.Thread(target=alternate)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def cluster_or_skip(size: int) -> Cluster:
    """Fetch Kafka, or skip with the reason, or fail where Kafka is required."""
    try:
        find_java()
        fetch_libraries()
    except LocalKafkaError as error:
        if os.environ.get("DISTILLWATCH_REQUIRE_KAFKA"):
            raise
        pytest.skip(str(error))
    return Cluster(size)


def free_ports(count: int) -> list[int]:
    """Return ports outside the system's own range that nobody listens on, all different."""
    found: list[int] = []
    while len(found) < count:
        port = random.choice(PORTS)
        try:
            socket.create_server((HOST, port)).close()
        except OSError:
            continue
        if port not in found:
            found.append(port)
    return found
