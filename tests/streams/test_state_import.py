"""A file whose state this release cannot read is refused before a broker is asked for anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import DistillwatchError
from models.snapshot import Header, pack
from streams.settings import Settings
from streams.state_file import Head, StoredRecord, TopicPlace, writing
from streams.state_import import import_state
from streams.state_record import OWN_KEY, PARTITION_KEY, StateRecord, encode_state

WHOLE = pack(Header(-1, 5), b"state")
OLDER = WHOLE[:3] + bytes([WHOLE[3] - 1]) + WHOLE[4:]


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ({b"acme": b"damaged", b"globex": OLDER, OWN_KEY + b"else": b"x"}, "no snapshot of a tenant"),
        ({b"acme": WHOLE, PARTITION_KEY: b"damaged"}, "the marks of a partition's record"),
    ],
    ids=["no tenant", "a partition"],
)
def test_a_state_that_cannot_be_read_is_refused_before_anything_is_written(
    tmp_path: Path, records: dict[bytes, bytes], why: str
) -> None:
    with writing(
        tmp_path / "state", Head("0.1.0", "blue", {}, {"state": TopicPlace("state", "id", 1)})
    ) as out:
        for key, body in records.items():
            out.add(StoredRecord("state", 0, 0, 5, key, encode_state(StateRecord(0, 5, body))))
    settings = Settings.model_validate({"kafka": {"bootstrap_servers": "127.0.0.1:1"}})
    with pytest.raises(DistillwatchError, match=f"cannot read .{why}.* with the release that wrote it"):
        import_state(settings, tmp_path / "state")
