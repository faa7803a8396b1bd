"""Keys go where Kafka's own clients would put them."""

from __future__ import annotations

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from streams.partitioner import partition_of


@given(st.binary(max_size=40), st.integers(1, 300))
def test_a_key_has_the_partition_that_the_default_partitioner_gives_it(key: bytes, count: int) -> None:
    partitions = list(range(count))
    for _ in range(2):  # the second time from memory
        assert partition_of(key, partitions, ()) == DefaultPartitioner()(key, partitions, [])


def test_known_places_are_those_of_the_java_client() -> None:
    """From Kafka's own tests of murmur2: of 21 -973932308, of foobar -790332482."""
    assert partition_of(b"21", range(1000), ()) == (-973932308 & 0x7FFFFFFF) % 1000
    assert partition_of(b"foobar", range(1000), ()) == (-790332482 & 0x7FFFFFFF) % 1000


def test_a_record_without_a_key_goes_to_a_partition_that_has_a_leader_if_any_has() -> None:
    assert partition_of(None, range(10), (7,)) == 7
    assert partition_of(None, range(1), ()) == 0
