"""Files of JSON lines whose length can be relied on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DistillwatchError
from streams.json_lines import JsonLines
from streams.zstd_reader import ZstdReader


def read(path: Path) -> bytes:
    with path.open("rb") as file:
        return io.BufferedReader(ZstdReader(file)).read() if path.suffix == ".zst" else file.read()


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.zst"])
def test_what_is_written_after_the_last_keep_is_cut_off_when_it_goes_on(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with JsonLines(str(path)) as file:
        file.write({"a": 1})
        at = file.keep()
        file.write({"lost": 2})
    with JsonLines(str(path), at) as file:
        file.write({"b": 3})
    assert read(path) == b'{"a":1}\n{"b":3}\n'


@given(groups=st.lists(st.lists(st.integers(), max_size=5), max_size=5))
def test_packed_lines_are_whole_however_often_they_are_kept(
    groups: list[list[int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("packed") / "out.zst"
    with JsonLines(str(path)) as file:
        for group in groups:
            for value in group:
                file.write(value % 2**53)
            file.keep()
            assert file.keep() == path.stat().st_size
    assert read(path) == b"".join(b"%d\n" % (value % 2**53) for group in groups for value in group)


def test_a_file_that_became_shorter_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"1\n")
    with pytest.raises(DistillwatchError, match="out is shorter than the backtest left it"):
        JsonLines(str(path), 3)


def test_without_a_name_the_lines_go_nowhere() -> None:
    with JsonLines(None) as file:
        file.write({"a": 1})
        assert file.keep() == 0


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DistillwatchError, match=r"cannot write .*nowhere/out: No such file or directory"):
        JsonLines(str(tmp_path / "nowhere" / "out"))
