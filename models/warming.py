"""Compiles the core, or loads what was compiled before, so that no request has to wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from models.config import DetectorConfig
from models.core.episode import CREATE
from models.core.rate import HOUR_MS
from models.embedding import DIMENSIONS, TokenEmbedder
from models.event import EARLIEST_MS
from models.fleet import Fleet
from models.names import NameTable
from models.requests import table_of
from models.sketch import Origin, Sketch
from models.template import forms


def warm_up() -> None:
    """Take three made-up requests through all that is compiled."""
    fleet = Fleet(DetectorConfig(), lambda _: None)
    for hour in range(3):
        x = Sketch(
            id="warm", tenant="warm", time=EARLIEST_MS + hour * HOUR_MS, origin=Origin("warm", 0, hour)
        )
        fleet.apply(x, hour)
    model = fleet.tenants["warm"]
    fleet.strongest(1)
    model.state_episode(CREATE, "warm")
    model.load(model.dump())
    model.close()
    model.expire(EARLIEST_MS)
    names = NameTable()
    names.add("warm", 0)
    names.find(["warm"])
    names.remove("warm")
    table_of([x]).ref(0)
    forms(["warm"])
    TokenEmbedder(_Tokenizer(), np.ones((1, DIMENSIONS), np.float32)).embed_many(["warm"])


class _Tokenizer:
    """A token a text."""

    def encode_batch_fast(
        self, texts: Sequence[str], /, *, add_special_tokens: bool
    ) -> list[SimpleNamespace]:
        return [SimpleNamespace(ids=[int(add_special_tokens)]) for _ in texts]
