"""A real Apache Kafka on this machine, without Docker: one KRaft node on loopback ports.

As a command it runs in the foreground until Ctrl-C; as a module, `LocalKafka` is a context manager.
Its data folder is temporary and removed when it stops.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from kafka import KafkaAdminClient  # type: ignore[import-untyped]
from kafka.errors import KafkaError  # type: ignore[import-untyped]
from kafka_libraries import LocalKafkaError, fetch_libraries, find_java, kafka_version
from listeners import Security, ServerTls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

HOST = "127.0.0.1"
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 15.0
START_ATTEMPTS = 3
POLL_SECONDS = 0.1
HEAP = ("-Xms256m", "-Xmx512m")

# Starting on an empty folder and stopping are the normal case here, not worth a warning.
QUIET = ("org.apache.kafka.controller.QuorumController", "org.apache.kafka.clients.NetworkClient")

SMALL: Mapping[str, str] = {
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "num.partitions": "1",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "message.max.bytes": str(16 * 1024 * 1024),
    "replica.fetch.max.bytes": str(16 * 1024 * 1024),
    "socket.request.max.bytes": str(64 * 1024 * 1024),
    "log.segment.bytes": str(64 * 1024 * 1024),
    "log.cleaner.threads": "1",
    "log.cleaner.dedupe.buffer.size": str(8 * 1024 * 1024),
    "log.cleaner.backoff.ms": "1000",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


@dataclass
class LocalKafka:
    """One broker, which is also its own controller.

    Parameters
    ----------
    port
        Port of the plaintext listener; 0 takes a free one.
    users, tls
        What it offers beside plaintext, in `addresses`; see `listeners.Security`.
    extra
        Server properties that are added to ours or override them.

    Raises
    ------
    LocalKafkaError
        On entering: Java or Maven is missing, or the broker does not come up.
    """

    port: int = 0
    users: Mapping[str, str] = field(default_factory=dict)
    tls: ServerTls | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict, init=False)
    folder: Path = field(init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _cluster_id: str = field(default="", init=False)

    def __enter__(self) -> Self:
        refuse_busy_port(self.port)
        java, libraries = self.prepare()
        self.folder = Path(tempfile.mkdtemp(prefix="distillwatch-kafka-"))
        try:
            self._start(java, libraries)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @staticmethod
    def prepare() -> tuple[str, Path]:
        """Fetch what is needed to start, if it is not there, and return Java and the folder of jars."""
        return find_java(), fetch_libraries()

    @property
    def bootstrap(self) -> str:
        """Address of the plaintext listener."""
        return self.addresses.get("PLAINTEXT", "")

    @property
    def pid(self) -> int:
        """Process id of the running broker.

        Raises
        ------
        LocalKafkaError
            It is not running.
        """
        if self._process is None:
            raise LocalKafkaError("the broker is not running")
        return self._process.pid

    def log(self) -> str:
        """Return what the broker has logged: warnings and errors."""
        file = self.folder / "broker.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def wait(self) -> int:
        """Wait until the broker ends by itself and return its exit code."""
        return self._process.wait() if self._process else 0

    def stop(self) -> None:
        """End the broker and remove its data; does nothing when it is stopped already."""
        if self._process is not None:
            end_process(self._process)
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, java: str, libraries: Path) -> None:
        # Another program may take a free port between our look and the broker's bind.
        for last in (False,) * (START_ATTEMPTS - 1) + (True,):
            self._launch([java, "-cp", f"{libraries}/*", *log_options()])
            if self._wait_until_ready():
                return
            if last or self.port or "BindException" not in self.log():
                raise LocalKafkaError(f"Apache Kafka did not start:\n{self._log_tail()}")
            self._discard_attempt()

    def _launch(self, java: list[str]) -> None:
        self._cluster_id = new_cluster_id()
        properties = self._assign_listeners()
        file = self.folder / "server.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in {**properties, **self.extra}.items()))
        format_folder = ["kafka.tools.StorageTool", "format", "--standalone", "-t", self._cluster_id]
        run_tool([*java, *format_folder, "-c", str(file), *self._security.scram_credentials()])
        with (self.folder / "broker.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*die_with_parent(), *java, *HEAP, "kafka.Kafka", str(file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end the broker
            )

    @property
    def _security(self) -> Security:
        return Security(self.users, self.tls)

    def _assign_listeners(self) -> dict[str, str]:
        names = self._security.names()
        controller, plain, *others = free_ports(len(names) + 1)
        ports = [self.port or plain, *others]
        self.addresses = {name: f"{HOST}:{port}" for name, port in zip(names, ports, strict=True)}
        listeners = {"CONTROLLER": f"{HOST}:{controller}", **self.addresses}
        return {
            **SMALL,
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"{HOST}:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": ",".join(f"{name}://{address}" for name, address in listeners.items()),
            "log.dirs": str(self.folder / "data"),
            **self._security.properties(),
        }

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                return False
            if cluster_at(self.bootstrap) == self._cluster_id:
                return True
            time.sleep(POLL_SECONDS)
        return False

    def _discard_attempt(self) -> None:
        if self._process is not None:
            end_process(self._process)
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def _log_tail(self) -> str:
        return "\n".join(self.log().splitlines()[-15:])


def cluster_at(bootstrap: str) -> str | None:
    """Return the id of the cluster at this address, or None while no broker there has joined one."""
    host, port = bootstrap.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        with KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=2000) as admin:
            cluster = admin.describe_cluster()
    except (OSError, KafkaError):
        return None
    joined = any(not broker.get("is_fenced") for broker in cluster["brokers"])
    return str(cluster["cluster_id"]) if joined else None


def refuse_busy_port(port: int) -> None:
    """Raise LocalKafkaError if somebody listens on this port already; 0 stands for none in particular."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        raise LocalKafkaError(f"{HOST}:{port} is taken: stop what listens there or give --port") from error


def free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on, all different."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [int(listener.getsockname()[1]) for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and kill it if it does not."""
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def new_cluster_id() -> str:
    """Return an id in Kafka's own form: a UUID in URL-safe base64, without dashes that look like options."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")


def run_tool(command: list[str]) -> None:
    """Run one of Kafka's tools to its end."""
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise LocalKafkaError(f"{' '.join(command[-6:])} failed:\n{finished.stderr[-2000:]}")


def die_with_parent() -> list[str]:
    """Return a command prefix under which the broker ends when we are killed, where that exists."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def log_options() -> list[str]:
    """Return the Java options that leave warnings in the log and no noise."""
    prefix = "-Dorg.slf4j.simpleLogger"
    levels = [f"{prefix}.log.{name}=error" for name in QUIET]
    return [f"{prefix}.defaultLogLevel=warn", f"{prefix}.showDateTime=true", *levels]


def main() -> int:
    """Run a broker in the foreground until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(description="A local Apache Kafka, in the foreground.")
    parser.add_argument("--port", type=int, default=9092, help="port on 127.0.0.1; 0 takes a free one")
    port: int = parser.parse_args().port
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.stdout.write(f"Starting Apache Kafka {kafka_version()} ...\n")
    sys.stdout.flush()
    try:
        with LocalKafka(port=port) as broker:
            sys.stdout.write(f"Apache Kafka listens on {broker.bootstrap}; Ctrl-C stops it.\n")
            sys.stdout.flush()
            code = broker.wait()
            sys.stderr.write(f"Apache Kafka ended by itself with code {code}:\n{broker.log()[-2000:]}\n")
            return code or 1
    except LocalKafkaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stdout.write("Stopped.\n")
        return 0


if __name__ == "__main__":
    sys.exit(main())
