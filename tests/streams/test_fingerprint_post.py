from __future__ import annotations

from dataclasses import replace

from models.population.newcomers import BATCH_MS
from streams.fingerprint_post import FingerprintPost
from streams.mark_post import MarkPost
from streams.partition_state import Judgement
from streams.population_post import PopulationPost
from streams.population_records import Mark, mark_record, population_record, read_fingerprint_record
from tests.models.population.crowd import START_MS, harvest
from tests.models.test_finding_codec import FINDING
from tests.streams.test_population_records import FINGERPRINT

PARTITIONS = 3


class Desk:
    """Posts into lists: what is for all who look at templates, by partition, and what is for population."""

    def __init__(self) -> None:
        self.sent: dict[int, list[object]] = {}
        self.population: list[tuple[bytes, bytes]] = []
        self.counted = 0
        self.fingerprints = FingerprintPost(self._post, lambda: PARTITIONS, self._count)
        self.post = PopulationPost(
            lambda key, value: self.population.append((key, value)),
            MarkPost(self._mark, 10.0, lambda: 0.0),
            fingerprints=self.fingerprints,
        )

    def _post(self, partition: int, key: bytes, value: bytes) -> None:
        self.sent.setdefault(partition, []).append(read_fingerprint_record(key, value))

    def _mark(self, mark: Mark) -> None:
        self.population.append(mark_record(mark))
        self.fingerprints.mark(mark)

    def _count(self, posted: int) -> None:
        self.counted += posted


def test_a_template_goes_to_one_partition_whoever_uses_it() -> None:
    desk = Desk()
    ref = FINGERPRINT.request
    uses = [
        replace(FINGERPRINT, template=n, tenant=tenant, request=replace(ref, template_hash=f"{n:016x}"))
        for n in (4, 2**64 - 1)
        for tenant in "ab"
    ]
    desk.fingerprints.post(uses)
    assert desk.sent == {1: uses[:2], 0: uses[2:]}
    assert desk.counted == 4


def test_marks_go_to_every_partition_together_and_behind_what_they_cover() -> None:
    desk = Desk()
    for partition in (0, 1):
        desk.post.judged(partition, Judgement(fingerprints=[FINGERPRINT]), START_MS)
    assert list(desk.sent.values()) == [[FINGERPRINT] * 2]
    desk.post.tell()
    marks = tuple(Mark(partition, START_MS, idle=False) for partition in (0, 1))
    assert [said[-1] for said in desk.sent.values()] == [marks] * PARTITIONS
    desk.post.tell()
    assert sum(map(len, desk.sent.values())) == 2 + PARTITIONS


def test_of_one_partition_only_the_newest_mark_is_told_and_every_rest() -> None:
    desk = Desk()
    said = [Mark(0, START_MS, idle=False), Mark(1, START_MS, idle=True), Mark(1, START_MS, idle=True)]
    for mark in [*said, Mark(0, START_MS + BATCH_MS, idle=False)]:
        desk.fingerprints.mark(mark)
    desk.fingerprints.tell()
    assert desk.sent[2] == [(*said[1:], Mark(0, START_MS + BATCH_MS, idle=False))]


def test_after_a_rebalance_nothing_is_told_that_others_have_to_say() -> None:
    desk = Desk()
    desk.post.judged(0, Judgement(), START_MS)
    desk.post.reset()
    desk.post.tell()
    assert desk.sent == {}


def test_what_detect_said_stands_before_the_mark_that_covers_it() -> None:
    desk, profile = Desk(), harvest("acme", START_MS)
    desk.post.judged(0, Judgement([FINDING], [profile]), START_MS)
    said = [profile, FINDING, Mark(0, START_MS, idle=False)]
    assert desk.population == [population_record(one) for one in said]


def test_where_no_campaigns_are_sought_nobody_hears_what_detect_said() -> None:
    posted: list[bytes] = []
    post = PopulationPost(lambda key, _value: posted.append(key), MarkPost(lambda _mark: None, 10.0))
    post.judged(0, Judgement([FINDING], fingerprints=[FINGERPRINT]), START_MS)
    post.tell()
    assert posted == []
