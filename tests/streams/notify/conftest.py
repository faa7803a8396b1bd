"""Services on loopback for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.streams.notify.stand_in import StandIn, serving


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A service that takes everything unless told otherwise."""
    with serving() as service:
        yield service
