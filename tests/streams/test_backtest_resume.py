"""A backtest that is ended goes on, and ends with what an undisturbed one says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from streams import backtest_run
from streams.backtest_folder import WORK, BacktestFolder
from streams.cli import main
from streams.event_files import EventFile, Line
from tests.streams.campaign_world import world

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (
    "--set",
    "embedding.kind=hashed",
    "--set",
    "state.max_tenants=3",
    "--set",
    "scores.interval_seconds=3600",
)
TRY = ("--try", "detector.budget_days=5")
RUN = (*SETTINGS, "backtest", "--processes", "0", "events", *TRY, "--alerts", "alerts", "--report", "report")
REPORTED = ("events", "--alerts", "out", "--report", "r")
WRITTEN = ("findings.jsonl", "dead-letters.jsonl", "tried-1.jsonl")


class EndedError(Exception):
    """Stands for whatever ends the process."""


@pytest.fixture(scope="module")
def events() -> bytes:
    lines = [orjson.dumps(record) for record in world()]
    return b"\n".join([*lines[:700], b"{broken", *lines[700:]])


@pytest.fixture(scope="module")
def expected(events: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an undisturbed backtest writes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    before = Path.cwd()
    os.chdir(folder)
    try:
        Path("events").write_bytes(events)
        assert main(RUN) == 0
        return written()
    finally:
        os.chdir(before)


@pytest.fixture(autouse=True)
def _elsewhere(events: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events").write_bytes(events)


def written() -> dict[str, bytes]:
    """Everything that was written but for how long it took."""
    folder = BacktestFolder(Path("report"))
    summary = {key: value for key, value in folder.summary.items() if key not in {"seconds", "tried"}}
    scores = b"\n".join(orjson.dumps(score) for score in folder.scores())
    files = {name: Path("report", name).read_bytes() for name in WRITTEN}
    return files | {"alerts": Path("alerts").read_bytes(), "scores": scores, "summary": orjson.dumps(summary)}


def end_after(lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next backtest fail when it has read so many lines."""
    original = EventFile.lines

    def cut_off(file: EventFile) -> Iterator[Line]:
        for line in original(file):
            if line.number > lines:
                raise EndedError
            yield line

    with monkeypatch.context() as patch:
        patch.setattr(EventFile, "lines", cut_off)
        with pytest.raises(EndedError):
            main(RUN)


@pytest.mark.parametrize("lines", [400, 600, 1_300, 2_000])
def test_it_ends_as_if_nothing_had_happened(
    lines: int, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest_run, "KEEP_SECONDS", 0.0)
    end_after(lines, monkeypatch)
    assert (Path("report") / WORK).is_dir()
    assert main([*RUN, "--resume"]) == 0
    assert written() == expected
    assert not (Path("report") / WORK).exists()


def test_it_goes_on_more_than_once(expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest_run, "KEEP_SECONDS", 0.0)
    end_after(700, monkeypatch)
    monkeypatch.setattr(sys.modules[__name__], "RUN", (*RUN, "--resume"))
    end_after(1_800, monkeypatch)
    assert main(RUN) == 0
    assert written() == expected


def test_a_killed_process_is_gone_on_from(expected: dict[str, bytes]) -> None:
    """Killed by the system in the middle of its work, with half of its output in its buffers."""
    code = (
        "import os, signal, sys\n"
        "from streams import backtest_run\n"
        "from streams.backtest_trial import Trial\n"
        "from streams.cli import main\n"
        "backtest_run.KEEP_SECONDS = 0.0\n"
        "take = Trial.take\n"
        "def taken(trial, batch):\n"
        "    take(trial, batch)\n"
        "    if trial.position == 4:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "Trial.take = taken\n"
        "main(sys.argv[1:])\n"
    )
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code, *RUN], check=False, env=variables, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert main([*RUN, "--resume"]) == 0
    assert written() == expected


def test_the_processes_that_sketch_end_with_a_killed_parent() -> None:
    code = (
        "import os, signal, sys\n"
        "from multiprocessing import active_children\n"
        "from streams.backtest_trial import Trial\n"
        "from streams.cli import main\n"
        "def taken(trial, batch):\n"
        "    print(*(child.pid for child in active_children()), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "if __name__ == '__main__':\n"
        "    Trial.take = taken\n"
        "    main(sys.argv[1:])\n"
    )
    Path("ended.py").write_text(code, encoding="utf-8")
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = ["2" if word == "0" else word for word in RUN]
    # Its output ends only when all that share it have ended.
    done = subprocess.run(
        [sys.executable, "ended.py", *words], check=False, env=variables, stdout=subprocess.PIPE, timeout=120
    )
    assert done.returncode == -signal.SIGKILL
    assert len(done.stdout.split()) == 2


def test_without_the_option_it_begins_anew(
    expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest_run, "KEEP_SECONDS", 0.0)
    end_after(1_300, monkeypatch)
    assert main(RUN) == 0
    assert written() == expected


def test_another_input_or_other_settings_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(backtest_run, "KEEP_SECONDS", 0.0)
    end_after(1_300, monkeypatch)
    assert main(["--set", "detector.budget_days=7", *RUN, "--resume"]) == 2
    assert "--resume: settings: the backtest that was ended had others" in capsys.readouterr().err
    with Path("events").open("ab") as file:
        file.write(b"\n")
    assert main([*RUN, "--resume"]) == 2
    assert "--resume: input: the backtest that was ended had others" in capsys.readouterr().err


def test_there_must_be_something_to_go_on_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUN, "--resume"]) == 1
    assert "there is no backtest that was ended before its time" in capsys.readouterr().err


def test_an_output_that_was_cut_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(backtest_run, "KEEP_SECONDS", 0.0)
    end_after(1_300, monkeypatch)
    Path("report/dead-letters.jsonl").write_bytes(b"")
    assert main([*RUN, "--resume"]) == 1
    assert "dead-letters.jsonl is shorter than the backtest left it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["events", "--alerts", "out", "--resume"], "--resume needs the --report"),
        (["-", "--alerts", "out", "--report", "report", "--resume"], "--resume cannot read stdin again"),
        (["events", "--alerts", "-", "--report", "report", "--resume"], "written to stdout"),
        (["--alerts", "out"], "give files, or --from-topic"),
        (["events", "--alerts", "out", "--since", "1d"], "need --from-topic"),
        (["--from-topic", "--alerts", "out"], "--from-topic needs --since"),
        (["events", "--alerts", "out", "--try", "detector.budget_days=9"], "--try needs --report"),
        (
            ["events", "--alerts", "out", "--report", "r", "--try", "log.level=info"],
            "must be section.key=value",
        ),
        (
            ["events", "--alerts", "out", "--report", "r", "--try", "detector.budget_days=0"],
            "detector.budget_days",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    words: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", *words]) == 2
    assert error in " ".join(capsys.readouterr().err.replace("│", " ").split())
