from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import kafka_libraries
import pytest
from kafka_libraries import LocalKafkaError, fetch_libraries, find_java, kafka_version
from local_kafka import LocalKafka, free_ports

COMMAND = Path(kafka_libraries.__file__).with_name("local_kafka.py")


@pytest.fixture
def fake_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `mvn` that copies one jar and counts its runs, and an empty cache."""
    program = tmp_path / "mvn"
    program.write_text(
        f'#!/bin/sh\necho run >> {tmp_path}/runs\nfor option; do case "$option" in '
        '-DoutputDirectory=*) touch "${option#*=}/kafka.jar";; esac; done\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("DISTILLWATCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_a_missing_program_comes_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DISTILLWATCH_CACHE", str(tmp_path))
    with pytest.raises(LocalKafkaError, match="apt-get install default-jre-headless"):
        find_java()
    with pytest.raises(LocalKafkaError, match="apt-get install maven"):
        fetch_libraries()


def test_an_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(LocalKafkaError, match="needs Java 17 or newer"):
        find_java()


def test_kafka_is_fetched_once(fake_maven: Path) -> None:
    libraries = fetch_libraries()
    assert libraries == fake_maven / "cache" / f"kafka-{kafka_version()}"
    assert [jar.name for jar in libraries.iterdir()] == ["kafka.jar"]
    assert fetch_libraries() == libraries
    assert (fake_maven / "runs").read_text().split() == ["run"]


def test_processes_that_fetch_at_the_same_time_fetch_once(fake_maven: Path) -> None:
    fetch = [sys.executable, "-c", "from kafka_libraries import fetch_libraries as f; print(f())"]
    running = [subprocess.Popen(fetch, stdout=subprocess.PIPE, cwd=COMMAND.parent) for _ in range(4)]
    printed = {process.communicate()[0] for process in running}
    assert printed == {f"{fake_maven / 'cache' / f'kafka-{kafka_version()}'}\n".encode()}
    assert (fake_maven / "runs").read_text().split() == ["run"]


def test_a_fetch_that_fails_leaves_nothing_that_looks_complete(fake_maven: Path) -> None:
    (fake_maven / "mvn").write_text("#!/bin/sh\necho cannot resolve\nexit 1\n")
    with pytest.raises(LocalKafkaError, match=r"(?s)Maven cannot fetch.*cannot resolve"):
        fetch_libraries()
    assert [entry.suffix for entry in (fake_maven / "cache").iterdir()] == [".lock"]


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalKafkaError, match=f"127.0.0.1:{port} is taken"), LocalKafka(port=port):
            pass


@pytest.mark.usefixtures("installed")
def test_the_command_runs_in_the_foreground_until_it_is_stopped_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    [port] = free_ports(1)
    with subprocess.Popen(
        [sys.executable, str(COMMAND), "--port", str(port)], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert re.match("Starting Apache Kafka", running.stdout.readline())
        assert f"127.0.0.1:{port}; Ctrl-C stops it" in running.stdout.readline()
        running.terminate()
        assert running.stdout.read() == "Stopped.\n"
        assert running.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
    assert list(tmp_path.iterdir()) == []
