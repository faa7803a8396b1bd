"""The language of paths: what a path leads to, and what is no path."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import SettingsError
from models.formats.paths import SECRETS, find, parse_path

RECORD: dict[str, Any] = {
    "a": {"b.c": 1, 'q"\\': 2, "list": [{"x": 3}, {"x": 4}], "null": None, "false": False},
    "user-agent": 5,
    ":authority": 6,
    "text": orjson.dumps({"inner": [7, {"deep": "8"}]}).decode(),
    "words": "not JSON",
    "": {"~/": 9},
    "0": 10,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ('a."b.c"', 1),
        ('a."q\\"\\\\"', 2),
        ("a.list[0].x", 3),
        ("a.list[-1].x", 4),
        ("user-agent", 5),
        (":authority", 6),
        ("text.inner[0]", 7),
        ("text.inner[1].deep", "8"),
        ("a.false", False),
        ("0", 10),
        ("/a/b.c", 1),
        ("/a/list/1/x", 4),
        ("/text/inner/1/deep", "8"),
        ("//~0~1", 9),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: object) -> None:
    assert find(RECORD, parse_path(path), {}) == value


@pytest.mark.parametrize(
    "path",
    [
        "b",
        "a.b",
        "a.list[2]",
        "a.list[-3]",
        "a.list.x",
        "a[0]",
        "a.null.x",
        "words.x",
        "words[0]",
        "a.false.x",
        "/a/list/x",
    ],
)
def test_a_path_may_lead_nowhere(path: str) -> None:
    assert find(RECORD, parse_path(path), {}) is None


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a]", '"a', 'a"b"', "a b", "[0]x", "a[0]b", "/a~2"]
)
def test_what_is_no_path_is_refused_with_how_to_write_one(path: str) -> None:
    with pytest.raises(SettingsError, match="path"):
        parse_path(path)


@pytest.mark.parametrize("name", [*sorted(SECRETS), "Authorization", "X_API_KEY"])
@pytest.mark.parametrize("before", ["", "request.headers.", "/request/headers/"])
def test_no_path_leads_to_a_secret(before: str, name: str) -> None:
    path = before + name if before.startswith("/") else f'{before}"{name}"'
    with pytest.raises(SettingsError, match="secret"):
        parse_path(path)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8), min_size=1, max_size=5
    )
)
def test_every_key_can_be_written_in_quotation_marks_and_as_a_pointer(keys: list[str]) -> None:
    if keys[-1].lower().replace("_", "-") in SECRETS:
        return
    record: Any = "found"
    for key in reversed(keys):
        record = {key: record}
    quoted = ".".join('"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' for key in keys)
    pointer = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
    assert find(record, parse_path(quoted), {}) == "found"
    assert find(record, parse_path(pointer), {}) == "found"


@given(st.text(max_size=20))
def test_any_text_is_a_path_or_is_refused(path: str) -> None:
    try:
        steps = parse_path(path)
    except SettingsError:
        return
    assert steps
    find(RECORD, steps, {})


def test_a_text_is_read_as_json_once_a_record() -> None:
    texts: dict[str, Any] = {}
    find(RECORD, parse_path("text.inner[0]"), texts)
    assert texts[RECORD["text"]]["inner"][0] == 7
