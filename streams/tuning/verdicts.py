"""What analysts made of findings, read from JSON lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path

import orjson

from models.errors import DistillwatchError


class Verdict(Enum):
    """Whether an alert was right."""

    RIGHT = "right"
    FALSE = "false"
    UNKNOWN = "unknown"


_WORDS = {
    "true_positive": Verdict.RIGHT,
    "malicious": Verdict.RIGHT,
    "false_positive": Verdict.FALSE,
    "benign": Verdict.FALSE,
    "test": Verdict.UNKNOWN,
}


def read_verdicts(file: Path) -> Mapping[str, Verdict]:
    """Return verdicts by the uid of the finding; of several on one the last counts.

    A line is an object with `verdict` and `uid`, or a record of the control topic of kind `verdict`, which
    names the finding as `finding`. Records of other kinds are left out.

    Raises
    ------
    DistillwatchError
        The file cannot be read, or a line is neither; names the line.
    """
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise DistillwatchError(f"cannot read {file}: {error.strerror}") from None
    return dict(_verdicts(file, lines))


def _verdicts(file: Path, lines: Iterable[bytes]) -> Iterable[tuple[str, Verdict]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            record = None
        if not isinstance(record, dict):
            raise DistillwatchError(f"{file}:{number} is no JSON object with uid and verdict")
        if record.get("kind", "verdict") != "verdict":
            continue
        uid, verdict = record.get("uid", record.get("finding")), record.get("verdict")
        if not isinstance(uid, str) or verdict not in _WORDS:
            words = ", ".join(_WORDS)
            raise DistillwatchError(f"{file}:{number} must have a uid, and a verdict that is one of {words}")
        yield uid, _WORDS[verdict]
