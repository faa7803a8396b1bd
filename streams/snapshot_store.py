"""State records of one partition in a temporary file: tenants that do not live in memory live here.

The file loses its name as soon as it is open: nothing of it is left, whatever ends the process. It is a
cache: what counts stands on the state topic.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from models.errors import DistillwatchError
from streams.state_record import OWN_KEY, TEMPLATE_KEY, StateRecord

_PRAGMAS = ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "page_size=32768")
_CACHE = "cache_size=-4096"  # KiB
_TABLE = (
    "CREATE TABLE IF NOT EXISTS records (key BLOB PRIMARY KEY, position INTEGER, time INTEGER, body BLOB)"
)
# Each kind has an index of its own, so that those who look for the old of one kind never meet the other.
_KINDS = {
    b"": f"key < x'{OWN_KEY.hex()}'",
    TEMPLATE_KEY: f"key > x'{TEMPLATE_KEY.hex()}' AND key < x'{(TEMPLATE_KEY + OWN_KEY * 9).hex()}'",
}
_INDEXES = [
    f"CREATE INDEX IF NOT EXISTS by_time_{number} ON records (time, key) WHERE {kind}"
    for number, kind in enumerate(_KINDS.values())
]
_OLD = {
    prefix: f"SELECT key FROM records WHERE {kind} AND time < ? ORDER BY time, key LIMIT ?"  # noqa: S608
    for prefix, kind in _KINDS.items()
}
_REPLACE = "ON CONFLICT DO UPDATE SET " + ", ".join(
    f"{column} = excluded.{column}" for column in ("position", "time", "body")
)
_INSERT = "INSERT INTO records VALUES"
_PUT = f"{_INSERT} {{}} {_REPLACE}"
_PUT_NEWER = f"{_PUT} WHERE excluded.position >= records.position"
_FORGET = "DELETE FROM records WHERE key IN ({})"
_AT_ONCE = 128
"""Rows of one statement: between two, the thread that fetches would take its turn."""

_Row = tuple[bytes, int, int, bytes]


class StoreError(DistillwatchError):
    """The disk failed us."""


class SnapshotStore:
    """Keeps the newest state record of every key; gone when it is closed.

    Parameters
    ----------
    folder
        Where the file is made; the system's temporary folder if absent.

    Raises
    ------
    StoreError
        From every method, when the disk is full or fails.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir())
        with self._guard():
            number, name = tempfile.mkstemp(prefix="distillwatch-", suffix=".db", dir=self._folder)
            os.close(number)
            self._database = sqlite3.connect(name, isolation_level=None)
            try:
                prepare(self._database, _PRAGMAS)
            finally:  # on a disk that is full as well
                Path(name).unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the disk back."""
        self._database.close()

    def get(self, key: bytes) -> StateRecord | None:
        """Return the record of a key, or nothing."""
        with self._guard():
            query = "SELECT position, time, body FROM records WHERE key = ?"
            row = self._database.execute(query, (key,)).fetchone()
        return None if row is None else StateRecord(*row)

    def put(self, writes: Mapping[bytes, StateRecord | None]) -> None:
        """Replace records; a key without one is forgotten."""
        with self._transaction():
            self._put(_PUT, _rows(writes.items()))
            self._forget([key for key, record in writes.items() if record is None])

    def restore(self, records: Iterable[tuple[bytes, StateRecord | None]]) -> None:
        """Take in records in the order of the state topic.

        Of two with one key the one with the higher position stays; a key without a record is forgotten.
        """
        with self._transaction():
            for gone, group in groupby(records, lambda pair: pair[1] is None):
                if gone:
                    self._forget([key for key, _ in group])
                else:
                    self._put(_PUT_NEWER, _rows(group))

    def _put(self, statement: str, rows: Sequence[_Row]) -> None:
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            places = ", ".join(["(?, ?, ?, ?)"] * len(some))
            self._database.execute(statement.format(places), list(chain.from_iterable(some)))

    def _forget(self, keys: Sequence[bytes]) -> None:
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            self._database.execute(_FORGET.format(", ".join("?" * len(some))), some)

    def records(self) -> Iterator[tuple[bytes, StateRecord]]:
        """Yield all that is kept, by key."""
        with self._guard():
            for key, *rest in self._database.execute("SELECT * FROM records ORDER BY key"):
                yield key, StateRecord(*rest)

    def older_than(self, time: int, most: int = -1, kind: bytes = b"") -> list[bytes]:
        """Return keys whose record is of before a time in Unix milliseconds: the oldest, at most so many.

        Parameters
        ----------
        kind
            Of tenants, or those that begin with `TEMPLATE_KEY`.
        """
        with self._guard():
            return [key for (key,) in self._database.execute(_OLD[kind], (time, most))]

    def __len__(self) -> int:
        with self._guard():
            return int(self._database.execute("SELECT count(*) FROM records").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._guard():
            self._database.execute("BEGIN")
            yield
            self._database.execute("COMMIT")

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"snapshots cannot be kept in {self._folder} ({error}): make room there, or set state.folder"
            ) from error


def _rows(records: Iterable[tuple[bytes, StateRecord | None]]) -> list[_Row]:
    return [(key, r.position, r.time, r.body) for key, r in records if r is not None]


def prepare(database: sqlite3.Connection, pragmas: Sequence[str]) -> None:
    """Make the tables of a database where they are not there."""
    for pragma in (*pragmas, _CACHE):
        database.execute(f"PRAGMA {pragma}")
    database.execute(_TABLE)
    for index in _INDEXES:
        database.execute(index)
