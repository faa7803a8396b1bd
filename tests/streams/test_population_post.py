from __future__ import annotations

from models.population.newcomers import BATCH_MS
from models.population.progress import DISORDER_MS
from streams.mark_post import MarkPost
from streams.partition_state import Judgement
from streams.population_post import PopulationPost
from streams.population_records import Mark, Said, read_record
from tests.models.population.crowd import START_MS, harvest

BORDER = START_MS - START_MS % BATCH_MS + DISORDER_MS
IDLE = 30


class Desk:
    """Posts into a list, by a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[Said] = []
        self.post = PopulationPost(self._take, MarkPost(self._hear, IDLE, lambda: self.now))

    def _take(self, key: bytes, value: bytes) -> None:
        self.said.append(read_record(key, value))

    def _hear(self, mark: Mark) -> None:
        self.said.append(mark)

    def look(self, seconds: int, *, waits: bool = False) -> list[tuple[float, Said]]:
        """Look at partition 2 every second and return what was said, and when."""
        said = []
        for _ in range(seconds):
            self.now += 1
            self.post.rest(2, BORDER, waits=waits)
            said += [(self.now, one) for one in self.said]
            self.said.clear()
        return said


def mark(time: int) -> Mark:
    return Mark(2, time, idle=False)


RESTS = Mark(2, BORDER, idle=True)


def test_profiles_stand_before_the_mark_that_covers_them() -> None:
    desk, profile = Desk(), harvest("acme", START_MS)
    desk.post.judged(2, Judgement(profiles=[profile]), BORDER)
    assert desk.said == [profile, mark(BORDER)]


def test_a_mark_is_made_where_a_batch_may_be_over_and_nowhere_else() -> None:
    desk = Desk()
    for time in (BORDER, BORDER + 5, BORDER + BATCH_MS - 1, BORDER + BATCH_MS, BORDER + BATCH_MS + 1):
        desk.post.judged(2, Judgement(), time)
    assert desk.said == [mark(BORDER), mark(BORDER + BATCH_MS)]


def test_a_partition_says_again_and_again_that_nothing_has_waited_for_a_while() -> None:
    assert Desk().look(100) == [(31, RESTS), (61, RESTS), (91, RESTS)]


def test_what_waits_or_was_judged_keeps_a_partition_from_saying_so() -> None:
    desk = Desk()
    desk.look(30)
    assert desk.look(1, waits=True) == []
    assert desk.look(40) == [(62, RESTS)]
    desk.post.judged(2, Judgement(), BORDER)
    desk.said.clear()
    assert desk.look(31) == [(102, RESTS)]


def test_who_did_not_look_for_a_while_cannot_say_so() -> None:
    desk = Desk()
    desk.look(20)
    desk.now += 60
    assert desk.look(31) == []
    assert desk.look(1) == [(112, RESTS)]


def test_after_a_rebalance_all_is_said_anew() -> None:
    desk = Desk()
    desk.post.judged(2, Judgement(), BORDER)
    desk.look(20)
    desk.post.reset()
    desk.said.clear()
    desk.post.judged(2, Judgement(), BORDER)
    assert desk.said == [mark(BORDER)]
    desk.said.clear()
    assert desk.look(30) == []


def test_a_partition_of_sketches_is_as_far_as_the_last_partition_of_the_source() -> None:
    desk = Desk()
    post = PopulationPost(desk._take, MarkPost(desk._hear, IDLE, lambda: 0.0), lambda: {"requests": 2})
    post.judged(2, Judgement(), BORDER + 9 * BATCH_MS, [Mark(0, BORDER + 9 * BATCH_MS, idle=False)])
    assert desk.said == [Mark(2, 0, idle=False)]
    post.judged(2, Judgement(), BORDER, [Mark(1, BORDER, idle=False), Mark(1, BORDER + BATCH_MS, idle=False)])
    assert desk.said[1:] == [mark(BORDER + BATCH_MS)]


def test_a_partition_of_the_source_to_which_nothing_comes_holds_up_nobody() -> None:
    desk = Desk()
    post = PopulationPost(desk._take, MarkPost(desk._hear, IDLE, lambda: 0.0), lambda: {"requests": 2})
    rests = [Mark(1, 0, idle=True)]
    post.judged(2, Judgement(), BORDER, [Mark(0, BORDER, idle=False), *rests])
    post.judged(2, Judgement(), BORDER, rests)
    assert desk.said == [Mark(2, 0, idle=False), mark(BORDER)]
    for waits in (False, True):
        post.rest(2, BORDER, waits=waits)
    assert len(desk.said) == 2


def test_nothing_is_reached_before_the_partitions_of_all_sources_are_known() -> None:
    desk, counts = Desk(), {"a": 1, "b": 0}
    post = PopulationPost(desk._take, MarkPost(desk._hear, IDLE, lambda: 0.0), lambda: counts)
    marks = [Mark(0, BORDER, idle=False, topic=topic) for topic in ("a", "b")]
    post.judged(2, Judgement(), BORDER, marks)
    counts["b"] = 1
    post.judged(2, Judgement(), BORDER, marks[:1])
    desk.said.clear()
    post.judged(2, Judgement(), BORDER, marks[1:])
    assert desk.said == [mark(BORDER)]


def test_who_began_anew_goes_on_from_what_was_judged_before_where_all_sources_rest() -> None:
    said: list[Mark] = []
    post = PopulationPost(lambda *_: None, MarkPost(said.append, IDLE), lambda: {"requests": 1})
    rests = Mark(0, 0, idle=True, topic="requests")
    for _ in range(2):
        post.judged(2, Judgement(), BORDER, [rests], known=BORDER)
    assert said == [mark(0), mark(BORDER)]
