"""The population baseline, as a group keeps it on the state topic."""

from __future__ import annotations

from contextlib import closing

from models.errors import DistillwatchError, SnapshotError
from models.population.newcomers import Newcomers
from streams.baseline import HEAD_KEY, join
from streams.population_records import PARTITION
from streams.population_state import newcomers_of
from streams.settings import Settings
from streams.state_record import StateRecord, decode_state
from streams.topic_reader import TopicReader


def read_population(settings: Settings) -> Newcomers:
    """Read the state topic and return the baseline as it was at the last checkpoint that wrote it.

    Raises
    ------
    BrokerError
        No broker answers.
    TopicError
        The state topic does not exist, or we may not read it.
    DistillwatchError
        There is no baseline yet, or it is damaged.
    """
    name = settings.topics.state
    found: dict[bytes, StateRecord] = {}
    with closing(TopicReader(settings.kafka, name, from_beginning=True, partition=PARTITION)) as reader:
        for record in reader.present():
            key, value = bytes(record.key() or b""), record.value()
            if key.startswith(HEAD_KEY) and value is not None:
                _keep(found, key, bytes(value))
    try:
        kept = join(found.get)
        if kept is not None:
            return newcomers_of(kept, settings.detector)
    except SnapshotError as error:
        raise DistillwatchError(f"the baseline on {name} cannot be used ({error}): try again") from None
    raise DistillwatchError(f"there is no population baseline on {name} yet: workers write it as time passes")


def _keep(found: dict[bytes, StateRecord], key: bytes, value: bytes) -> None:
    """Keep a record unless one of a higher position is there; a damaged one stands for nothing."""
    try:
        state = decode_state(value)
    except SnapshotError:
        found.pop(key, None)
        return
    if key not in found or state.position >= found[key].position:
        found[key] = state
