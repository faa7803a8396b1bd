"""Tables of requests as records of the sketch topic, and several tables as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.core.layout import REQUEST
from models.requests import Requests


def values_of(requests: Requests) -> list[bytes]:
    """Return what `models.sketch.encode_sketch` makes of each request; the key is its tenant."""
    rows, size, names = requests.rows.tobytes(), REQUEST.itemsize, requests.names
    begins = requests.ends[:, 0].tolist()
    ends = (requests.ends[:, 1] + requests.rows["topic_size"]).tolist()
    blocks = range(0, len(rows), size)
    return [rows[k : k + size] + names[a:b] for k, a, b in zip(blocks, begins, ends, strict=True)]


def joined(tables: Sequence[Requests]) -> Requests:
    """Return the requests of several tables, at least one, in their order."""
    if len(tables) == 1:
        return tables[0]
    sizes = np.cumsum([0, *(len(table.names) for table in tables)])
    rows = np.concatenate([table.rows for table in tables])
    rows.flags.writeable = False  # as the others are: compiled code tells the two apart
    return Requests(
        [tenant for table in tables for tenant in table.tenants],
        rows,
        b"".join([table.names for table in tables]),
        np.concatenate([table.ends + at for table, at in zip(tables, sizes.tolist(), strict=False)]),
    )
