"""Snapshots of tenants in a temporary file: what the state topic is to a worker."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from types import TracebackType
from typing import Self


class SnapshotStore:
    """Keeps one snapshot a tenant on disk; the file is gone when the store is closed."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute("CREATE TABLE snapshots (tenant TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def get(self, tenant: str) -> bytes | None:
        """The last snapshot of a tenant; None if there is none."""
        query = "SELECT value FROM snapshots WHERE tenant = ?"
        with closing(self._database.execute(query, (tenant,))) as rows:
            row = rows.fetchone()
        return None if row is None else bytes(row[0])

    def put(self, tenant: str, snapshot: bytes) -> None:
        """Replace the snapshot of a tenant."""
        self._database.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?)", (tenant, snapshot))

    def forget(self, tenant: str) -> None:
        """Remove the snapshot of a tenant, if there is one."""
        self._database.execute("DELETE FROM snapshots WHERE tenant = ?", (tenant,))
