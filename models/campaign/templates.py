"""Templates of one partition, and which of them tenants share.

Most templates belong to one tenant and nobody else need hear of them. A template that `SHARED` tenants use is
passed on, with all that was held of it, and from then on whatever comes. The same fingerprints lead to the
same ones passed on, in whatever order they come; one that comes twice is passed on twice and changes nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import islice

from models.campaign.fingerprint import Fingerprint, read_fingerprint
from models.codec import Reader, Writer
from models.errors import SnapshotError

SHARED = 3
"""Tenants that use a template before it is looked at."""

LATEST = 3
"""Fingerprints of a tenant that are held beside its first, until others use the template."""

_MOST_HELD = (SHARED - 1) * (1 + LATEST)
_ALL = 255

_VERSION = 1


class Templates:
    """Which tenants use which template, restored at its first fingerprint and bounded in number.

    Parameters
    ----------
    restore
        Returns what was stored of a template, or nothing.
    most
        Templates that stay in memory after a checkpoint; those that were seen least recently live on in the
        store only.
    """

    def __init__(self, restore: Callable[[int], bytes | None], most: int = 100_000) -> None:
        self._restore = restore
        self._most = most
        self._live: OrderedDict[int, list[Fingerprint] | None] = OrderedDict()  # nothing once it is shared
        self._changed: dict[int, int] = {}
        self._frozen: dict[int, tuple[int, list[Fingerprint] | None]] = {}
        self.refused = 0
        """Stored templates that could not be read, and began anew."""

    def __len__(self) -> int:
        return len(self._live)

    @property
    def changes(self) -> int:
        """How many templates changed since they were last frozen."""
        return len(self._changed)

    def take(self, fingerprint: Fingerprint) -> list[Fingerprint]:
        """Take in a fingerprint and return those to pass on, in the order of time."""
        template = fingerprint.template
        if template in self._live:
            self._live.move_to_end(template)
        else:
            self._live[template] = self._load(template)
        self._changed[template] = max(fingerprint.time, self._changed.get(template, 0))
        held = self._live[template]
        if held is None:
            return [fingerprint]
        own = [known for known in held if known.tenant == fingerprint.tenant]
        others = [known for known in held if known.tenant != fingerprint.tenant]
        kept = [*others, *_kept(own, fingerprint)]
        if len({known.tenant for known in kept}) < SHARED:
            self._live[template] = kept
            return []
        self._live[template] = None
        return sorted(kept, key=lambda known: (known.time, known.tenant, known.count))

    def freeze(self) -> None:
        """Hold what changed since the last call as it is now; all that was frozen before has been taken."""
        # What is held of a template is replaced when it changes, and never changed itself.
        self._frozen = {template: (time, self._live[template]) for template, time in self._changed.items()}
        self._changed = {}

    def frozen(self, most: int) -> list[tuple[int, int, bytes]]:
        """Return so many frozen templates, each once: its hash, its latest time, what to store."""
        taken = [(template, *self._frozen.pop(template)) for template in list(islice(self._frozen, most))]
        return [(template, time, _written(held)) for template, time, held in taken]

    def changed(self) -> list[tuple[int, int, bytes]]:
        """Freeze, and return all that was frozen."""
        self.freeze()
        return self.frozen(len(self._frozen))

    def checkpointed(self) -> None:
        """Take note that all that was frozen is stored, and let the least recently seen go.

        Those that have changed since then stay.
        """
        while len(self._live) > self._most and next(iter(self._live)) not in self._changed:
            self._live.popitem(last=False)

    def forget(self, template: int) -> bool:
        """Forget a template unless what is stored of it is out of date; tell whether it is gone."""
        if template in self._changed or template in self._frozen:
            return False
        self._live.pop(template, None)
        return True

    def _load(self, template: int) -> list[Fingerprint] | None:
        stored = self._restore(template)
        if stored is None:
            return []
        try:
            return _read(stored)
        except SnapshotError:
            self.refused += 1
            return []


def _written(held: list[Fingerprint] | None) -> bytes:
    out = Writer()
    out.small(_VERSION)
    out.small(_ALL if held is None else len(held))
    for fingerprint in held or ():
        out.raw(fingerprint.encode())
    return out.finish()


def _read(stored: bytes) -> list[Fingerprint] | None:
    source = Reader(stored)
    if source.small() != _VERSION:
        raise SnapshotError(f"the record is not a template of version {_VERSION}")
    count = source.small()
    if count == _ALL:
        source.end()
        return None
    if count > _MOST_HELD:
        raise SnapshotError("more is held of a template than ever is")
    held = [read_fingerprint(source) for _ in range(count)]
    source.end()
    return held


def _kept(own: list[Fingerprint], fingerprint: Fingerprint) -> list[Fingerprint]:
    """Return the first that a tenant sent and the latest, whoever else was read before."""
    counts = {known.count: known for known in (*own, fingerprint)}
    order = sorted(counts)
    return [counts[count] for count in (*order[:1], *order[1:][-LATEST:])]
