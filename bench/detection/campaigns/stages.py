"""Both stages of the search for campaigns over simulated fingerprints, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.detection.campaigns.simulated import RECORD, START_MS, UNFILLED
from models.campaign.campaigns import Campaigns
from models.campaign.config import CampaignConfig
from models.campaign.finding import CampaignFinding
from models.campaign.fingerprint import Fingerprint
from models.campaign.templates import Templates
from models.event import LATEST_MS
from models.finding import RequestRef
from models.population.newcomers import BATCH_MS
from models.population.progress import DISORDER_MS
from streams.snapshot_store import SnapshotStore
from streams.state_record import TEMPLATE_KEY, StateRecord

AT_ONCE = 4096


@dataclass(slots=True)
class Cost:
    """What a stage cost.

    Parameters
    ----------
    seconds
        Of processor time, without the making of the fingerprints.
    memory
        The most bytes that it took, beyond those of the process when it began.
    state
        Bytes of its state where it is stored.
    slowest
        The most processor seconds that closing one batch took.
    """

    fingerprints: int = 0
    seconds: float = 0.0
    memory: int = 0
    state: int = 0
    slowest: float = 0.0


@dataclass(slots=True)
class Hidden:
    """What the first stage lets through: the places of those fingerprints, in the order of leaving."""

    cost: Cost = field(default_factory=Cost)
    passed: list[int] = field(default_factory=list)
    templates: int = 0


@dataclass(slots=True)
class Found:
    """What the second stage says: of each campaign, when it opened and when it named which tenant."""

    cost: Cost = field(default_factory=Cost)
    opened: dict[str, int] = field(default_factory=dict)
    named: dict[str, dict[str, int]] = field(default_factory=dict)
    templates: int = 0
    members: int = 0


def alone(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do work in a fresh process and return its result."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def hide(told: Path, most: int, checkpoint: int) -> Hidden:
    """Take all fingerprints of a file through the first stage, with a store on disk as a worker has.

    Parameters
    ----------
    most
        Templates that stay in memory.
    checkpoint
        Fingerprints between two checkpoints.
    """
    found, before = Hidden(), resident()
    with SnapshotStore() as store:
        templates = Templates(lambda template: _stored(store, template), most)
        for batch in _batches(told, min(AT_ONCE, checkpoint)):
            begun = time.process_time()
            for fingerprint in batch:
                found.passed += [one.request.offset for one in templates.take(fingerprint)]
            found.cost.seconds += time.process_time() - begun
            found.cost.fingerprints += len(batch)
            if found.cost.fingerprints % checkpoint < len(batch):
                found.cost.seconds += _checkpoint(templates, store, found.cost.fingerprints)
        found.cost.seconds += _checkpoint(templates, store, found.cost.fingerprints)
        found.cost.memory = peak() - before
        keys = store.older_than(LATEST_MS, kind=TEMPLATE_KEY)
        found.templates = len(keys)
        found.cost.state = sum(len(record.body) for key in keys if (record := store.get(key)))
    return found


def search(passed: Path) -> Found:
    """Take what the first stage passed on through the second, closing batches as time passes."""
    found, before = Found(), resident()
    campaigns = Campaigns(CampaignConfig())
    closed = START_MS
    for batch in _batches(passed):
        begun = time.process_time()
        for fingerprint in batch:
            if fingerprint.time >= closed + BATCH_MS:
                closed = fingerprint.time - fingerprint.time % BATCH_MS
                _close(campaigns, closed - DISORDER_MS, found)
            campaigns.add(fingerprint)
        found.cost.seconds += time.process_time() - begun
        found.cost.fingerprints += len(batch)
    _close(campaigns, closed + BATCH_MS, found)
    found.cost.memory = peak() - before
    found.cost.state = len(campaigns.dump())
    found.templates, found.members = campaigns.templates, campaigns.members
    return found


def _close(campaigns: Campaigns, until: int, found: Found) -> None:
    begun = time.process_time()
    for said in campaigns.close(until):
        if isinstance(said, CampaignFinding):
            found.opened.setdefault(said.uid, said.time)
            named = found.named.setdefault(said.uid, {})
            for member in said.members:
                named.setdefault(member.tenant, said.time)
    found.cost.slowest = max(found.cost.slowest, time.process_time() - begun)


def resident() -> int:
    """Return the bytes of memory that this process has now."""
    return _status("VmRSS")


def peak() -> int:
    """Return the most bytes of memory that this process ever had."""
    return _status("VmHWM")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _key(template: int) -> bytes:
    return TEMPLATE_KEY + template.to_bytes(8, "big")


def _stored(store: SnapshotStore, template: int) -> bytes | None:
    record = store.get(_key(template))
    return None if record is None else record.body


def _checkpoint(templates: Templates, store: SnapshotStore, position: int) -> float:
    begun = time.process_time()
    changed = {_key(template): StateRecord(position, at, body) for template, at, body in templates.changed()}
    store.put(changed)
    templates.checkpointed()
    return time.process_time() - begun


def _batches(told: Path, size: int = AT_ONCE) -> Iterator[list[Fingerprint]]:
    with told.open("rb") as source:
        first = 0
        while len(rows := np.fromfile(source, RECORD, size)):
            yield [_fingerprint(row, place) for place, row in enumerate(rows.tolist(), first)]
            first += len(rows)


def _fingerprint(row: tuple[Any, ...], place: int) -> Fingerprint:
    values = dict(zip(RECORD.fields or (), row, strict=True))
    values["tenant"] = f"tenant-{values['tenant']:08d}"
    values["slots"] = tuple(slot for slot in values["slots"] if slot != UNFILLED)
    where = RequestRef(f"request-{place}", "requests", place % 64, place, f"{values['template']:016x}")
    return Fingerprint(**values, network=0, request=where)
