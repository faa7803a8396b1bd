"""The tenants in memory: found by name, a batch at a time, with what was seen and what changed as arrays.

What a request costs must not grow with the number of tenants. Every object that it touches is a miss of the
processor's caches where tenants are many, so a batch of requests is looked up in one compiled table, which
waits for main memory once, and each touches two numbers by the place of the tenant's state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from models.core.names import UNKNOWN
from models.names import NameTable
from models.tenant import TenantModel

FEW = 32
"""Names up to which a search one by one costs less than a call of compiled code."""

_FIRST_ROOM = 64


class LiveTenants(Mapping[str, TenantModel]):
    """Tenants by name, in the order in which they came to memory."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._table = NameTable()
        self._tenants: list[TenantModel | None] = []
        self._seen = np.zeros(_FIRST_ROOM, np.int64)
        self._changed = np.zeros(_FIRST_ROOM, np.bool_)
        self._clock = 0

    def __getitem__(self, name: str) -> TenantModel:
        return self.at(self._rows[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The number of every tenant's state."""
        return np.fromiter(self._rows.values(), np.int64, len(self))

    @property
    def changes(self) -> int:
        """How many have changed since the last call of `take_changed`."""
        return int(np.count_nonzero(self._changed))

    def at(self, row: int) -> TenantModel:
        """Return the tenant whose state has a number."""
        tenant = self._tenants[row]
        if tenant is None:
            raise KeyError(row)
        return tenant

    def find(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return the numbers of the states of tenants; `UNKNOWN` for one that is not in memory."""
        if len(names) <= FEW:
            return self._one_by_one(names)
        rows = self._table.find(names)
        missing = np.flatnonzero(rows == UNKNOWN)
        rows[missing] = self._one_by_one([names[place] for place in missing.tolist()])
        return rows

    def _one_by_one(self, names: Sequence[str]) -> NDArray[np.int64]:
        return np.fromiter(map(self._rows.get, names, repeat(UNKNOWN)), np.int64, len(names))

    def add(self, tenant: TenantModel) -> None:
        """Take in a tenant that is not in memory yet."""
        row = tenant.row
        self._tenants.extend([None] * (row + 1 - len(self._tenants)))
        if row >= len(self._seen):
            more = max(row + 1, 2 * len(self._seen)) - len(self._seen)
            self._seen, self._changed = np.pad(self._seen, (0, more)), np.pad(self._changed, (0, more))
        self._tenants[row], self._rows[tenant.name] = tenant, row
        self._table.add(tenant.name, row)
        self._changed[row] = False
        self.see(np.array([row]))

    def remove(self, name: str) -> TenantModel:
        """Let a tenant go, and with it that it changed."""
        row = self._rows.pop(name)
        self._table.remove(name)
        tenant, self._tenants[row] = self.at(row), None
        self._changed[row] = False
        return tenant

    def see(self, rows: NDArray[np.int64]) -> None:
        """Note that these tenants asked, in this order."""
        self._seen[rows] = np.arange(self._clock, self._clock + len(rows))
        self._clock += len(rows)

    def change(self, rows: NDArray[np.int64]) -> None:
        """Note that the states of these tenants changed."""
        self._changed[rows] = True

    def take_changed(self) -> list[TenantModel]:
        """Return those that have changed since the last call."""
        rows = np.flatnonzero(self._changed)
        self._changed[rows] = False
        return [self.at(row) for row in rows.tolist()]

    def stalest(self, count: int) -> list[str]:
        """Return the names of the least recently seen of those that have not changed, at most so many."""
        rows = self.rows
        rows = rows[~self._changed[rows]]
        order = np.argsort(self._seen[rows], kind="stable")[:count]
        return [self.at(row).name for row in rows[order].tolist()]
