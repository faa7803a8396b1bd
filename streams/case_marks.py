"""What operators had to say of an episode or a campaign, read from the marks in its findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from streams.case import Case
from streams.wording import shown

_VERDICTS = {
    "true_positive": "right",
    "false_positive": "a false alert",
    "benign": "benign",
    "test": "a test",
}


def is_sample(case: Case) -> bool:
    """Tell whether it is a test of the path of an alert, about nothing that happened."""
    return "sample" in case.first["unmapped"]


def verdict_of(case: Case) -> str:
    """Return what an analyst made of it, as the control topic names it; empty if nobody did."""
    return str(_verdict(case).get("verdict", ""))


def status_of(case: Case) -> str:
    """Return in a few words that it alerted nobody, and what it was found to be; may be empty."""
    silent = "" if case.alerted else "experimental" if _rules(case, "shadow_by") else "suppressed"
    return ", ".join(filter(None, (silent, verdict_of(case).replace("_", " "))))


def told_marks(case: Case) -> Iterator[str]:
    """Yield a line for each kind of mark; nothing where nobody changed anything."""
    if suppressed := _rules(case, "suppressed_by"):
        silence = "some of its findings alerted nobody" if case.alerted else "it alerted nobody"
        yield f"Suppressed by {_named(suppressed)}: {silence}."
    if shadow := _rules(case, "shadow_by"):
        yield f"In shadow by {_named(shadow)}: its findings are marked as experimental and alerted nobody."
    if dry := _rules(case, "would_suppress"):
        yield f"A dry run would have suppressed it: {_named(dry)}."
    if overrides := _rules(case, "override"):
        yield f"Judged by settings of the tenant's own: {_named(overrides)}."
    if verdict := verdict_of(case):
        author = shown(str(_verdict(case).get("author", ""))) or "An analyst"
        why = next((f": {shown(one['comment'])}" for one in case.findings if "comment" in one), "")
        yield f"{author} judged it {_VERDICTS.get(verdict, shown(verdict))}{why}."


def _verdict(case: Case) -> Mapping[str, Any]:
    given = [one["unmapped"]["verdict"] for one in case.findings if "verdict" in one["unmapped"]]
    return given[-1] if given else {}


def _rules(case: Case, mark: str) -> list[str]:
    """Return the ids of the changes by which findings are marked, each once."""
    found = [one["unmapped"].get(mark, ()) for one in case.findings]
    return list(dict.fromkeys(rule for ids in found for rule in ([ids] if isinstance(ids, str) else ids)))


def _named(rules: Sequence[str]) -> str:
    return ", ".join(map(shown, rules))
