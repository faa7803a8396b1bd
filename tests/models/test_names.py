"""Names are found by their bytes and by nothing else, and take memory by how many there are."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.names import PROBES, UNKNOWN
from models.names import NameTable
from tests.models.one_hash import names_of_one_hash

SAME = names_of_one_hash(6)
PREFIXES = ["a" * size for size in range(20)]
NAMES = st.sampled_from([*SAME, *PREFIXES, "\ud800", "\udc00", "é" * 8, "é" * 7 + "e"]) | st.text(max_size=20)
STEPS = st.lists(st.tuples(st.booleans(), st.lists(NAMES, max_size=40)), max_size=12)


@given(STEPS)
@settings(deadline=None, max_examples=200)
def test_it_is_a_plain_table(steps: list[tuple[bool, list[str]]]) -> None:
    table, numbers = NameTable(), dict[str, int]()
    known = list(PREFIXES)
    for comes, names in steps:
        known += names
        for name in dict.fromkeys(names):
            if not comes:
                table.remove(name)
                numbers.pop(name, None)
            elif name not in numbers:
                numbers[name] = len(known) + len(numbers)
                table.add(name, numbers[name])
        assert table.find(known).tolist() == [numbers.get(name, UNKNOWN) for name in known]
        assert len(table) == len(numbers)


def test_it_grows_with_its_names() -> None:
    table, names = NameTable(), [f"tenant-{number}" for number in range(5_000)]
    for number, name in enumerate(names):
        table.add(name, number)
    assert table.find(names).tolist() == list(range(5_000))
    assert table.find([name + "0" for name in reversed(names)]).tolist()[:4_500] == [UNKNOWN] * 4_500
    assert table.nbytes < 180 * len(names)


def test_names_that_come_and_go_leave_no_memory_behind() -> None:
    table = NameTable()
    for number in range(20_000):
        table.add(f"tenant-{number}", number)
        if number >= 10:
            table.remove(f"tenant-{number - 10}")
    assert len(table) == 10
    assert table.nbytes < 3_000
    assert table.find([f"tenant-{number}" for number in (19_989, 19_990, 19_999)]).tolist() == [
        UNKNOWN,
        19_990,
        19_999,
    ]


def test_a_table_that_was_full_gives_its_slots_back() -> None:
    table, names = NameTable(), [f"tenant-{number}" for number in range(3_000)]
    for number, name in enumerate(names):
        table.add(name, number)
    most = table.nbytes
    for name in names[1:]:
        table.remove(name)
    for number in range(3_000):
        table.add("x" * 50, number)
        table.remove("x" * 50)
    assert table.nbytes < most / 10
    assert table.find(names[:2]).tolist() == [0, UNKNOWN]


def test_names_chosen_to_have_one_hash_are_left_out_when_they_are_very_many() -> None:
    table, names = NameTable(), names_of_one_hash(2 * PROBES)
    for number, name in enumerate(names):
        table.add(name, number)
    assert len(table) == PROBES
    assert table.find(names).tolist() == [*range(PROBES), *[UNKNOWN] * PROBES]
    for name in names:
        table.remove(name)
    assert len(table) == 0
    table.add(names[-1], 7)
    assert table.find(names[-2:]).tolist() == [UNKNOWN, 7]


def test_no_names_are_found_in_no_time() -> None:
    assert NameTable().find([]).tolist() == []
