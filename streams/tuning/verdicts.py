"""What analysts made of findings, read from JSON lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path

import orjson

from models.control.control import Draft
from models.control.parsing import parse_change
from models.control.records import Judged
from models.errors import ControlError, DistillwatchError
from streams.case import Case
from streams.case_marks import verdict_of


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


def given_verdicts(cases: Iterable[Case]) -> Mapping[str, Verdict]:
    """Return the verdicts that a backtest with `--control` handed out, by uid."""
    said = {case.uid: verdict_of(case) for case in cases}
    return {uid: _WORDS[verdict] for uid, verdict in said.items() if verdict in _WORDS}


def read_verdicts(file: Path) -> Mapping[str, Verdict]:
    """Return verdicts by the uid of the finding; of several on one the last counts.

    A line is an object with `uid` and `verdict`, or a record of the control topic, of which only verdicts
    count; one that was taken back does not.

    Raises
    ------
    DistillwatchError
        The file cannot be read, or a line is neither; names the line.
    """
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise DistillwatchError(f"cannot read {file}: {error.strerror}") from None
    draft, plain = Draft(), dict[str, Verdict]()
    for number, line in enumerate(lines, 1):
        if line.strip():
            _take(line, f"{file}:{number}", draft, plain)
    judged = (change.what for change in draft.finish().verdicts.values())
    changed = {what.finding: _WORDS[what.verdict] for what in judged if isinstance(what, Judged)}
    return changed | plain


def _take(line: bytes, place: str, draft: Draft, plain: dict[str, Verdict]) -> None:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = None
    if not isinstance(record, dict):
        raise DistillwatchError(f"{place} is no JSON object with uid and verdict")
    if "kind" in record:
        try:
            draft.add(parse_change(line))
        except ControlError as error:
            raise DistillwatchError(f"{place}: {error}") from None
        return
    uid, verdict = record.get("uid"), record.get("verdict")
    if not isinstance(uid, str) or verdict not in _WORDS:
        words = ", ".join(_WORDS)
        raise DistillwatchError(f"{place} must have a uid, and a verdict that is one of {words}")
    plain[uid] = _WORDS[verdict]
