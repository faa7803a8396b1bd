"""A file with a group's state: as it was written, or refused."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import DistillwatchError
from streams.state_file import ROLES, Head, StateReader, StoredRecord, TopicPlace, reading, writing

HEAD = Head(
    "0.1.0",
    "blue",
    {"requests": TopicPlace("requests", "id-0", 3), "kong": TopicPlace("kong", "id-3", 1)},
    {"state": TopicPlace("state", "id-1", 4), "sketches": TopicPlace("sketches", "id-2", 4)},
)
RECORDS = [
    StoredRecord("sketches", 1, 17, 1_800_000_000_000, b"acme", b"sketch"),
    StoredRecord("state", 1, 0, 1_800_000_000_000, b"\xffpartition", b""),
    StoredRecord("population", 0, 3, -1, b"", None),
]

stored = st.builds(
    StoredRecord,
    role=st.sampled_from(ROLES),
    partition=st.integers(0, 2**31),
    offset=st.integers(0, 2**62),
    timestamp=st.integers(-1, 2**50),
    key=st.binary(max_size=40),
    value=st.none() | st.binary(max_size=300),
)


def write(file: Path, records: list[StoredRecord]) -> None:
    with writing(file, HEAD) as out:
        for record in records:
            out.add(record)


def read(file: Path) -> tuple[Head, list[StoredRecord]]:
    with reading(file) as source:
        return source.head, list(source.records())


@given(st.lists(stored, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_read_is_what_was_written(tmp_path: Path, records: list[StoredRecord]) -> None:
    write(tmp_path / "state", records)
    assert read(tmp_path / "state") == (HEAD, records)


def test_only_the_owner_may_read_it_for_it_names_tenants(tmp_path: Path) -> None:
    write(tmp_path / "state", RECORDS)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o600


def test_a_file_that_could_not_be_finished_is_not_there_under_its_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        write(tmp_path / "state", [RECORDS[0], replace(RECORDS[0], role="elsewhere")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_file_that_breaks_off_is_refused(tmp_path: Path, share: float) -> None:
    file = tmp_path / "state"
    write(file, RECORDS)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DistillwatchError, match="is no state, or a damaged one"):
        read(file)


def test_a_file_with_another_bit_anywhere_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state"
    write(file, RECORDS)
    whole = file.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        file.write_bytes(damaged)
        try:
            found = read(file)
        except DistillwatchError:
            continue
        assert found == (HEAD, RECORDS), "another content was taken for whole"


def test_something_else_is_refused_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(b"no state at all")
    with pytest.raises(DistillwatchError, match=r"notes\.txt is no state"):
        read(file)


def test_a_reader_reads_no_more_than_there_is(tmp_path: Path) -> None:
    file = tmp_path / "state"
    write(file, [])
    with file.open("rb") as source:
        reader = StateReader(file, source)
        assert list(reader.records()) == []
