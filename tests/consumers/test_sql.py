"""The statements for Flink and ksqlDB name columns that findings have, with types that hold their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from streams.settings import Settings
from tests.consumers.paths import FINDINGS, FOLDER

FLINK = (FOLDER / "flink.sql").read_text(encoding="utf-8")
KSQLDB = (FOLDER / "ksqldb.sql").read_text(encoding="utf-8")
PLAIN = {
    "STRING": str,
    "VARCHAR": str,
    "BOOLEAN": bool,
    "INT": int,
    "BIGINT": int,
    "DOUBLE": (int, float),
}
INT_LIMIT = 2**31


@dataclass
class Column:
    """A type: a plain one, a row with names, or a list."""

    plain: str = ""
    row: dict[str, Column] = field(default_factory=dict)
    items: Column | None = None


class Types:
    """Reads the types of columns, as Flink (`ROW`) and ksqlDB (`STRUCT`) write them."""

    def __init__(self, text: str) -> None:
        self._words = re.findall(r"`[^`]+`|\w+|[<>,]", text)

    def row(self, end: str = ">") -> dict[str, Column]:
        """Read `name type, ...` up to the end."""
        columns: dict[str, Column] = {}
        while True:
            name = self._words.pop(0).strip("`")
            columns[name] = self._type()
            if not self._words or self._words.pop(0) == end:
                return columns

    def _type(self) -> Column:
        word = self._words.pop(0)
        if word in {"ROW", "STRUCT"}:
            self._words.pop(0)
            return Column(row=self.row())
        if word == "ARRAY":
            self._words.pop(0)
            items = self._type()
            self._words.pop(0)
            return Column(items=items)
        return Column(plain=word)


def columns_of(text: str, first: str) -> dict[str, Column]:
    """The columns of the statement that declares the topic."""
    body = text.split(first, 1)[1].split(") WITH (", 1)[0].strip(" (\n")
    kept = [line for line in body.split("\n  ") if " AS " not in line and "WATERMARK" not in line]
    kept = [line for line in kept if " KEY" not in line]
    return Types("\n".join(kept).rstrip(",\n ")).row()


STATEMENTS = {
    "flink": columns_of(FLINK, "CREATE TABLE findings"),
    "ksqldb": columns_of(KSQLDB, "CREATE STREAM findings"),
}


def misfits(column: Column, value: Any, path: str) -> Iterator[str]:
    """What of a value a type does not hold; absent fields are NULL."""
    if column.items is not None:
        if not isinstance(value, list):
            yield path
        for item in value if isinstance(value, list) else ():
            yield from misfits(column.items, item, f"{path}[]")
    elif column.row:
        for name, inner in column.row.items():
            if name in value:
                yield from misfits(inner, value[name], f"{path}.{name}")
    else:
        fits = isinstance(value, PLAIN[column.plain]) and (column.plain == "BOOLEAN") is isinstance(
            value, bool
        )
        if not fits or (column.plain == "INT" and abs(value) >= INT_LIMIT):
            yield f"{path} is {type(value).__name__} and no {column.plain}"


def names(columns: dict[str, Column], path: str = "") -> Iterator[str]:
    """Every column with its path."""
    for name, column in columns.items():
        full = f"{path}.{name}".lstrip(".")
        inner = column.items or column
        yield from names(inner.row, full) if inner.row else [full]


def has(found: Any, path: list[str]) -> bool:
    """Tell whether a finding has something at a path."""
    if isinstance(found, list):
        return any(has(item, path) for item in found)
    return not path or (isinstance(found, dict) and path[0] in found and has(found[path[0]], path[1:]))


@pytest.mark.parametrize("columns", STATEMENTS.values(), ids=STATEMENTS)
def test_every_column_is_a_field_of_some_finding(columns: dict[str, Column]) -> None:
    listed = list(names(columns))
    assert len(listed) > 15
    assert [name for name in listed if not any(has(found, name.split(".")) for found in FINDINGS)] == []


@pytest.mark.parametrize("columns", STATEMENTS.values(), ids=STATEMENTS)
def test_every_type_holds_the_values_of_every_finding(columns: dict[str, Column]) -> None:
    assert [wrong for found in FINDINGS for wrong in misfits(Column(row=columns), found, "$")] == []


def test_a_type_that_does_not_fit_is_found() -> None:
    assert list(misfits(Column(plain="INT"), 2**31, "$"))
    assert list(misfits(Column(plain="INT"), value=True, path="$"))
    assert list(misfits(Column(plain="STRING"), 1, "$"))


@pytest.mark.parametrize(
    ("text", "path"), [(FLINK, r"`(\w+)`\.`(\w+)`(?:\.`(\w+)`)?"), (KSQLDB, r"(\w+)->`?(\w+)`?(?:->(\w+))?")]
)
def test_every_path_in_a_query_is_a_column(text: str, path: str) -> None:
    columns = set(names(STATEMENTS["flink" if text is FLINK else "ksqldb"]))
    used = {".".join(part for part in found if part) for found in re.findall(path, text)}
    assert used
    assert used <= columns


@pytest.mark.parametrize("text", [FLINK, KSQLDB], ids=["flink", "ksqldb"])
def test_the_topic_is_that_of_the_settings(text: str) -> None:
    assert f"'{Settings().topics.alerts}'" in text
