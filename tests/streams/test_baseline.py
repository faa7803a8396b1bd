from __future__ import annotations

from pathlib import Path

import pytest

from models.config import DetectorConfig
from models.errors import SettingsError, SnapshotError
from models.population.newcomers import Newcomers
from streams.baseline import HEAD_KEY, PART_BYTES, Kept, cut, join, load_baseline, part_key, save_baseline
from streams.state_record import StateRecord, encode_state
from tests.models.population.crowd import START_MS, ordinary

LARGE = bytes(range(256)) * (5 * PART_BYTES // 512)
KAFKA_DEFAULT_MESSAGE_BYTES = 1_048_588


def written(kept: Kept) -> dict[bytes, StateRecord]:
    parts, head = cut(kept, START_MS)
    return {**parts, HEAD_KEY: head}


@pytest.mark.parametrize("body", [b"", b"x", LARGE[:PART_BYTES], LARGE])
def test_what_was_cut_is_joined_again(body: bytes) -> None:
    kept = Kept(17, 3, body)
    assert join(written(kept).get) == kept


def test_every_part_fits_a_record_of_any_state_topic() -> None:
    sizes = [len(encode_state(record)) for record in written(Kept(1, 1, LARGE)).values()]
    assert len(sizes) == 4
    assert max(sizes) < KAFKA_DEFAULT_MESSAGE_BYTES - 65_536


def test_nothing_is_there_without_a_head() -> None:
    assert join({part_key(1, 0): StateRecord(1, START_MS, b"x")}.get) is None


def test_a_head_stands_for_its_parts_while_the_next_are_written() -> None:
    first, second = Kept(17, 1, LARGE), Kept(20, 2, LARGE[1:])
    on_topic = written(first)
    parts, head = cut(second, START_MS)
    for key, part in parts.items():
        on_topic[key] = part
        assert join(on_topic.get) == first
    on_topic[HEAD_KEY] = head
    assert join(on_topic.get) == second


@pytest.mark.parametrize("hurt", [part_key(1, 0), part_key(1, 2)])
def test_a_part_that_is_missing_or_another_is_refused(hurt: bytes) -> None:
    for other in (None, StateRecord(1, START_MS, b"other")):
        on_topic = {**written(Kept(17, 1, LARGE)), hurt: other}
        with pytest.raises(SnapshotError, match="not those that its head stands for"):
            join(on_topic.get)


def baseline() -> Newcomers:
    newcomers = Newcomers(DetectorConfig())
    for profile in ordinary(60):
        newcomers.add(profile)
    newcomers.close(START_MS + 10**8)
    return newcomers


def test_a_file_holds_a_baseline(tmp_path: Path) -> None:
    newcomers = baseline()
    save_baseline(tmp_path / "file", newcomers)
    again = load_baseline(tmp_path / "file", DetectorConfig())
    assert again.dump() == newcomers.dump()
    assert again.version == newcomers.version


@pytest.mark.parametrize("damage", [b"", b"nothing of ours", "cut", "bit", "tail"])
def test_a_damaged_file_is_refused_by_its_name(tmp_path: Path, damage: bytes | str) -> None:
    file = tmp_path / "baseline"
    save_baseline(file, baseline())
    whole = bytearray(file.read_bytes())
    if damage == "bit":
        whole[len(whole) // 2] ^= 1
    changed = {"cut": whole[:-9], "bit": whole, "tail": whole + b"\0"}
    file.write_bytes(changed[damage] if isinstance(damage, str) else damage)
    with pytest.raises(SettingsError, match=r"baseline is no population baseline, or a damaged one"):
        load_baseline(file, DetectorConfig())


def test_a_state_record_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(encode_state(StateRecord(0, START_MS, b"a tenant's snapshot")))
    with pytest.raises(SettingsError, match="no population baseline"):
        load_baseline(tmp_path / "file", DetectorConfig())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read the population baseline .*nowhere: No such file"):
        load_baseline(tmp_path / "nowhere", DetectorConfig())
