"""State records in a file that outlives the process: a backtest that was ended goes on from it.

Everything between two commits counts or nothing of it, whatever ends the process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.snapshot_store import SnapshotStore, prepare

_KEPT = "CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY, progress BLOB, state BLOB)"
_PRAGMAS = ("page_size=32768", "journal_mode=WAL", "synchronous=NORMAL", "locking_mode=EXCLUSIVE")


class KeptStore(SnapshotStore):
    """Keeps the newest state record of every key, as of the last commit.

    Parameters
    ----------
    file
        Where; made if it does not exist.
    """

    def __init__(self, file: Path) -> None:
        self._folder = file.parent
        with self._guard():
            self._database = sqlite3.connect(file, isolation_level=None)
            prepare(self._database, _PRAGMAS)
            self._database.execute(_KEPT)
            self._database.execute("BEGIN")

    def commit(self, progress: bytes, state: bytes) -> None:
        """Keep all that was put so far, and with it how far the run is and what else it has to know."""
        with self._guard():
            row = (1, progress, state)
            self._database.execute("REPLACE INTO kept VALUES (?, ?, ?)", row)
            self._database.execute("COMMIT")
            self._database.execute("BEGIN")

    def kept(self) -> tuple[bytes, bytes] | None:
        """Return progress and state of the last commit, if there was one."""
        with self._guard():
            row = self._database.execute("SELECT progress, state FROM kept").fetchone()
            return None if row is None else (row[0], row[1])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._guard():  # one is open, up to the next commit
            yield
