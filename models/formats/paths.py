"""Paths into a record: where a field of a request stands.

A path names keys from the outside in, with dots between them: `metadata.user.id`. A key with a dot, a
bracket, a quotation mark or a blank in it is quoted: `attributes."user.id"`; a backslash stands before a
quotation mark or a backslash within. `[0]` is the first item of a list, `[-1]` the last. A path that begins
with a slash is a JSON Pointer (RFC 6901): `/metadata/user/id`. A text on the way that is itself JSON is read
as what it says.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import orjson

from models.errors import SettingsError

Steps = tuple[str | int, ...]
"""Keys and indices from the outside in."""

Texts = dict[str, Any]
"""Texts of one record that were read as JSON before, so that each is read once."""

SECRETS = frozenset(
    {
        *("authorization", "proxy-authorization", "cookie", "set-cookie", "password", "secret", "token"),
        *("api-key", "apikey", "x-api-key", "x-goog-api-key", "access-token", "client-secret"),
    }
)
"""Names of fields that hold a secret, in lower case and with hyphens; no path may end in one."""

_PART = re.compile(r'(?:^|\.)(?:"((?:[^"\\]|\\["\\])*)"|([^."\[\]\s]+))|\[(-?\d{1,9})\]')


@lru_cache(maxsize=1024)
def parse_path(path: str) -> Steps:
    """Parse a path.

    Raises
    ------
    SettingsError
        It is no path, or leads to a secret.
    """
    steps = _pointer(path) if path.startswith("/") else _dotted(path)
    last = str(steps[-1]).lower().replace("_", "-")
    if last in SECRETS:
        raise SettingsError(
            f"the path '{path}' leads to a secret; name a field that holds no key or password"
        )
    return steps


def find(record: Any, steps: Steps, texts: Texts) -> Any:
    """Return what stands at the end of a path, `None` where there is nothing."""
    *outer, last = steps
    return held(find_holder(record, tuple(outer), texts), last)


def find_holder(record: Any, steps: Steps, texts: Texts) -> dict[str, Any] | list[Any] | None:
    """Return the object or list at the end of a path, `None` where there is neither."""
    for step in steps:
        record = held(_embedded(record, texts) if type(record) is str else record, step)
    if type(record) is str:
        record = _embedded(record, texts)
    return record if type(record) is dict or type(record) is list else None


def held(holder: Any, step: str | int) -> Any:
    """Return what stands in an object or a list under a key or an index, `None` where there is nothing."""
    if type(holder) is dict:
        return holder.get(step)
    if type(holder) is not list:
        return None
    index = int(step) if type(step) is str and step.isascii() and step.isdigit() else step
    return holder[index] if type(index) is int and -len(holder) <= index < len(holder) else None


def _embedded(text: str, texts: Texts) -> Any:
    if text not in texts:
        texts[text] = read_json(text)
    return texts[text]


def read_json(text: str) -> Any:
    """Return the object or list that a text holds as JSON, `None` where it holds neither."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _pointer(path: str) -> Steps:
    if re.search(r"~(?![01])", path):
        raise SettingsError(f"in the path '{path}' a ~ must be written as ~0")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in path[1:].split("/"))


def _dotted(path: str) -> Steps:
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        found = _PART.match(path, at)
        if found is None or path.startswith("."):
            raise _malformed(path, at)
        quoted, plain, index = found.groups()
        steps.append(int(index) if index else plain or re.sub(r"\\(.)", r"\1", quoted))
        at = found.end()
    if not steps:
        raise SettingsError("a path is empty; name a field, such as metadata.tenant")
    return tuple(steps)


def _malformed(path: str, at: int) -> SettingsError:
    return SettingsError(
        f"the path '{path}' cannot be read from '{path[at:]}' on; write keys with dots between them, an index"
        ' as [0], and a key with a dot in quotation marks, such as attributes."user.id"'
    )
