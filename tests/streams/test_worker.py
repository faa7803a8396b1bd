from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from models.errors import BrokerError, DeliveryError, SettingsError, TopicError
from streams import worker


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("wrong"), 2),
        (TopicError("missing"), 2),
        (BrokerError("down"), 1),
        (DeliveryError("refused"), 1),
        (ValueError("a fault of ours"), 1),
    ],
)
def test_the_exit_code_says_who_has_to_act(error: Exception, code: int) -> None:
    assert worker._report(error) == code


def test_a_stop_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck:
        async def stop(self) -> None:
            await asyncio.Event().wait()

    async def end() -> BaseException | None:
        running = asyncio.create_task(asyncio.sleep(0))
        await running
        return await worker._end(Stuck(), running)  # type: ignore[arg-type]

    monkeypatch.setattr(worker, "STOP_SECONDS", 0.0)
    failure = asyncio.run(end())
    assert str(failure) == "not ended in 0 s: what was not checkpointed will be read again"


def test_a_worker_that_waits_for_its_broker_is_alive_and_can_be_ended() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{probe.getsockname()[1]}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--set", f"kafka.bootstrap_servers={nobody}", "--set", f"metrics.port={port}"]
    command = [sys.executable, "-m", "streams", *options, "worker"]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=root, text=True) as process:
        assert process.stderr
        assert any("trying again" in line for line in process.stderr)
        with urlopen(f"http://127.0.0.1:{port}/health/live") as page:
            assert page.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
