"""Tenants in memory are found, seen and let go as a plain ordered table would have it."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.config import DetectorConfig
from models.core.names import PROBES, UNKNOWN
from models.live import FEW, LiveTenants
from models.slab import Slab
from models.tenant import TenantModel
from tests.models.one_hash import names_of_one_hash

NAMES = st.sampled_from("abcdefghij")
STEPS = st.lists(
    st.tuples(st.sampled_from(["see", "change", "remove", "take", "leave"]), st.lists(NAMES, max_size=5))
)


@pytest.mark.parametrize("few", [0, FEW])
def test_it_is_an_ordered_table_however_it_is_searched(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.live.FEW", few)
    check_steps()


@settings(deadline=None, max_examples=60)
@given(STEPS)
def check_steps(steps: list[tuple[str, list[str]]]) -> None:
    live, slab, config = LiveTenants(), Slab(4), DetectorConfig()
    order: OrderedDict[str, bool] = OrderedDict()  # the least recently seen first, and whether it changed
    for verb, names in steps:
        if verb in {"see", "change"}:
            for name in names:
                if name not in live:
                    live.add(TenantModel(name, config, slab=slab))
                order[name] = order.pop(name, False) or verb == "change"
            rows = live.find(names)
            live.see(rows)
            if verb == "change":
                live.change(rows)
        elif verb == "remove":
            for name in set(names) & order.keys():
                live.remove(name).release()
                del order[name]
        elif verb == "take":
            assert {tenant.name for tenant in live.take_changed()} == {name for name in order if order[name]}
            order = OrderedDict.fromkeys(order, False)
        else:
            stale = [name for name in order if not order[name]][: len(names)]
            assert live.stalest(len(names)) == stale
        assert set(live) == set(order)
        assert live.changes == sum(order.values())
        assert all(live[name].name == name for name in order)


def test_who_is_not_in_memory_is_not_found() -> None:
    live = LiveTenants()
    live.add(TenantModel("a", DetectorConfig(), slab=Slab()))
    assert live.find(["b", "a", "b"]).tolist() == [UNKNOWN, 0, UNKNOWN]
    assert live.find([]).dtype == np.int64
    with pytest.raises(KeyError):
        live["b"]
    live.remove("a")
    with pytest.raises(KeyError):
        live.at(0)


def test_tenants_whose_names_all_have_one_hash_are_found() -> None:
    live, slab, config, names = LiveTenants(), Slab(), DetectorConfig(), names_of_one_hash(2 * PROBES)
    for name in names:
        live.add(TenantModel(name, config, slab=slab))
    assert live.find([*names, "a"]).tolist() == [*range(2 * PROBES), UNKNOWN]


def test_they_come_in_the_order_in_which_they_came() -> None:
    live, slab, config = LiveTenants(), Slab(), DetectorConfig()
    for name in "cab":
        live.add(TenantModel(name, config, slab=slab))
    live.remove("a").release()
    live.add(TenantModel("a", config, slab=slab))
    assert list(live) == ["c", "b", "a"]
    assert live.rows.tolist() == live.find(list(live)).tolist() == [0, 2, 1]
