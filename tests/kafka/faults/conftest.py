"""Clusters that may be hurt, and a stand of workers with a load over each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from streams.topics import apply_topics
from tests.kafka.cluster import Cluster, cluster_or_skip
from tests.kafka.load import Load, Publisher
from tests.kafka.quick_settings import quick_settings
from tests.kafka.stand import Stand, stand


@pytest.fixture(scope="session")
def one() -> Iterator[Cluster]:
    """A broker that may be hurt; whoever does leaves it as it was."""
    with cluster_or_skip(1) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def three() -> Iterator[Cluster]:
    """Three brokers with everything on each, of which two are enough."""
    with cluster_or_skip(3) as cluster:
        yield cluster


@pytest.fixture
def make_stand(tmp_path: Path) -> Iterator[Callable[..., Stand]]:
    """Return a function that makes topics on a cluster; the workers over them are gone after the test."""
    with ExitStack() as stack:

        def make(cluster: Cluster, **sections: dict[str, Any]) -> Stand:
            settings = quick_settings(cluster, **sections)
            apply_topics(settings, with_source=True)
            return stack.enter_context(stand(settings, tmp_path))

        yield make


@pytest.fixture
def publisher() -> Callable[[Stand], Publisher]:
    """Return a function that makes a publisher for a stand's source topic."""

    def make(stand: Stand) -> Publisher:
        return Publisher(stand.settings.kafka.bootstrap_servers, stand.settings.source.topic, Load())

    return make
