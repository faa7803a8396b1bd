"""Tenants as they were when a checkpoint began, while they go on being judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from models.snapshot import Header, pack
from models.tenant import TenantModel


class FrozenTenants:
    """Those that changed before a moment, until each has been taken as it was then.

    Nothing is copied in advance: whoever is about to change tenants says so by `keep`, and what is not taken
    yet is written down first.

    Parameters
    ----------
    tenants
        By name; nothing for one that was forgotten.
    """

    def __init__(self, tenants: Mapping[str, TenantModel | None]) -> None:
        self._tenants = dict(tenants)
        self._kept: dict[str, bytes] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._tenants

    def keep(self, names: Iterable[str]) -> None:
        """Write down those of the tenants that are not taken yet; they are about to change."""
        if not self._tenants:
            return
        for name in names:
            tenant = self._tenants.get(name)
            if tenant is not None and name not in self._kept:
                self._kept[name] = _snapshot(tenant)

    def take(self, most: int) -> list[tuple[str, bytes | None]]:
        """Return the snapshots of so many tenants, once; `None` for a forgotten one."""
        return [(name, self._taken(name)) for name in list(islice(self._tenants, most))]

    def _taken(self, name: str) -> bytes | None:
        tenant = self._tenants.pop(name)
        return self._kept.pop(name, None) or (None if tenant is None else _snapshot(tenant))


def _snapshot(tenant: TenantModel) -> bytes:
    return pack(Header(tenant.offset, tenant.time), tenant.dump())
