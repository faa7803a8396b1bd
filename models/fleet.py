"""The tenants of one partition."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping

from models.config import DetectorConfig
from models.errors import SnapshotError
from models.finding import Finding
from models.sketch import Sketch
from models.snapshot import Header, pack, unpack
from models.tenant import TenantModel

Restore = Callable[[str], bytes | None]
NEVER = 2**63
LEAST_CROWD = 256
SLACK_MS = 48 * 3_600_000
"""How much longer than its time to live a silent tenant should be kept: a late request meets it as it was."""


class Fleet:
    """Live tenants, restored on their first request and bounded in number.

    Parameters
    ----------
    config
        Of every tenant.
    restore
        Returns the stored snapshot of a tenant, or `None`.
    max_tenants
        Tenants that stay live after a checkpoint; the least recently seen live on in the store only.
    ttl_ms
        Event time without a request after which a tenant that comes back is a new one, in milliseconds.
    """

    def __init__(
        self, config: DetectorConfig, restore: Restore, max_tenants: int = 100_000, ttl_ms: int = NEVER
    ) -> None:
        self._config = config
        self._restore = restore
        self._max_tenants = max_tenants
        self._ttl_ms = ttl_ms
        self._live: OrderedDict[str, TenantModel] = OrderedDict()
        self._changed: dict[str, TenantModel | None] = {}
        self.skipped = 0
        """Sketches that a tenant's state already contained."""
        self.repeated = 0
        """Requests that a tenant had sent a moment before, with the same id, time and prompt."""
        self.refused_snapshots = 0
        """Damaged or foreign snapshots; their tenants started cold."""

    @property
    def tenants(self) -> Mapping[str, TenantModel]:
        """The live tenants, the least recently seen first."""
        return self._live

    @property
    def changes(self) -> int:
        """How many tenants changed since the last checkpoint."""
        return len(self._changed)

    @property
    def crowded(self) -> bool:
        """Whether so many more tenants live than may stay that a checkpoint should not wait."""
        return len(self._live) > self._max_tenants + max(LEAST_CROWD, self._max_tenants // 8)

    def apply(self, sketch: Sketch, offset: int) -> list[Finding]:
        """Judge one request that stands at this offset of the partition.

        A request at or below the tenant's own last offset is part of its state already and is skipped, and
        so is one that is the repeat of another. A tenant that was idle for too long starts anew, whether its
        state is still there or not.
        """
        tenant = self._tenant(sketch.tenant)
        if offset <= tenant.offset:
            self.skipped += 1
            return []
        findings = []
        if tenant.events and sketch.time - tenant.time > self._ttl_ms:
            findings = tenant.expire(sketch.time)
            tenant = self._live[sketch.tenant] = TenantModel(sketch.tenant, self._config)
        tenant.offset = offset
        self._changed[sketch.tenant] = tenant
        repeated = tenant.repeated
        findings += tenant.apply(sketch)
        self.repeated += tenant.repeated - repeated
        return findings

    def expire(self, tenant: str, now: int) -> list[Finding]:
        """Forget an idle tenant; an open episode whose quiet period has passed is closed first.

        `now` is event time in Unix milliseconds.
        """
        findings = self._tenant(tenant).expire(now)
        self._live.pop(tenant)
        self._changed[tenant] = None
        return findings

    def changed(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield the snapshot of each tenant that changed since `checkpointed`; `None` for a forgotten one."""
        for name, tenant in self._changed.items():
            if tenant is None:
                yield name, None
            else:
                yield name, pack(Header(tenant.offset, tenant.time), tenant.dump())

    def checkpointed(self) -> None:
        """Take note that all changes are stored, and let the least recently seen tenants go."""
        self._changed.clear()
        while len(self._live) > self._max_tenants:
            self._live.popitem(last=False)

    def _tenant(self, name: str) -> TenantModel:
        tenant = self._live.get(name)
        if tenant is None:
            tenant = self._live[name] = self._load(name)
        else:
            self._live.move_to_end(name)
        return tenant

    def _load(self, name: str) -> TenantModel:
        tenant = TenantModel(name, self._config)
        stored = None if name in self._changed else self._restore(name)
        if stored is None:
            return tenant
        try:
            header, body = unpack(stored)
            tenant.load(body)
        except SnapshotError:
            self.refused_snapshots += 1
            return TenantModel(name, self._config)
        tenant.offset = header.offset
        return tenant
