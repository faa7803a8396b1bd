"""Changes to try things with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from hypothesis import strategies as st

from models.control.control import Control, Draft
from models.control.parsing import LONGEST_MS, parse_change
from models.control.records import (
    Allow,
    Change,
    Judged,
    Override,
    Remove,
    Sample,
    Scope,
    Shadow,
    Suppress,
    Verdict,
    What,
    Window,
)
from models.control.signals import CAMPAIGN, CARRIERS, SIGNALS, SWITCHES
from models.errors import ControlError
from models.event import EARLIEST_MS, LATEST_MS
from models.finding import Severity

TIME = 1_772_582_400_000
HOUR = 3_600_000


def change(kind: str, name: str = "c1", time: int = TIME, **fields: Any) -> Change:
    """A change as its record says it."""
    record = {"version": 1, "id": name, "time": time, "author": "ann", "kind": kind, **fields}
    return parse_change(orjson.dumps(record))


def control(*changes: Change) -> Control:
    """What changes add up to, none of which may be refused."""
    found, refused = add_all(changes)
    assert refused == []
    return found


def add_all(changes: Iterable[Change], start: Control | None = None) -> tuple[Control, list[ControlError]]:
    """Return what changes add up to, and why some of them were refused."""
    draft, refused = Draft(start), []
    for change in changes:
        try:
            draft.add(change)
        except ControlError as error:
            refused.append(error)
    return draft.finish(), refused


def verdict(
    uid: str, what: str = "false_positive", name: str = "v1", time: int = TIME, **more: Any
) -> Change:
    """A verdict on a tenant's finding."""
    return change(
        "verdict", name, time, finding=uid, verdict=what, **{"tenant": "acme", "signal": "novelty"} | more
    )


times = st.integers(EARLIEST_MS, LATEST_MS - LONGEST_MS - 1)
spans = st.integers(1, LONGEST_MS)
tenants = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
ids = st.text("abcXYZ019._:-", min_size=1, max_size=64)
words = st.text("abc äß-_/.", max_size=30).map(str.strip)
spoken = words.filter(bool)


@st.composite
def periods(draw: st.DrawFn, *, bounded: bool) -> tuple[int, int]:
    """A begin, and an end that may be open."""
    begins = draw(times)
    return begins, begins + draw(spans) if bounded or draw(st.booleans()) else 0


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    """Settings of a tenant's own."""
    off = draw(st.sets(st.sampled_from(SWITCHES)).filter(lambda found: not set(CARRIERS) <= found))
    ordered = tuple(name for name in SWITCHES if name in off)
    budget, purpose, period = draw(st.floats(1, 3650)), draw(words), draw(periods(bounded=False))
    return Override(draw(tenants), budget, ordered, purpose, *period)


@st.composite
def judgements(draw: st.DrawFn) -> Judged:
    """A verdict on a tenant's or a campaign's finding."""
    signal = draw(st.sampled_from(SIGNALS))
    tenant = "" if signal == CAMPAIGN else draw(tenants)
    return Judged(draw(ids), draw(st.sampled_from(Verdict)), tenant, signal)


@st.composite
def shadows(draw: st.DrawFn) -> Shadow:
    """A switch of shadow mode."""
    scope = draw(st.sampled_from(Scope))
    of = {Scope.APPLICATION: st.just(""), Scope.TENANT: tenants, Scope.SIGNAL: st.sampled_from(SIGNALS)}
    return Shadow(scope, draw(of[scope]), draw(st.booleans()), draw(times))


@st.composite
def suppressions(draw: st.DrawFn) -> Suppress:
    """A suppression of findings, of learning, or of both."""
    pattern = draw(tenants.filter(lambda name: name.count("*") + name.count("?") <= 8) | st.just("*"))
    learn = draw(st.booleans())
    signal = "" if learn else draw(st.sampled_from(["", *SIGNALS]))
    severity = Severity.CRITICAL if learn else draw(st.sampled_from(Severity))
    alert = not learn or draw(st.booleans())
    return Suppress(
        pattern, signal, severity, alert, learn, draw(st.booleans()), *draw(periods(bounded=True))
    )


plain = tenants.filter(lambda name: not set("*?") & set(name)) | st.just("*")
allows = st.builds(lambda t, p, period: Allow(t, p, *period), tenants, spoken, periods(bounded=False))
windows = st.builds(lambda t, p, period: Window(t, p, *period), plain, spoken, periods(bounded=True))
removals, samples = st.builds(Remove, ids), st.builds(Sample, tenants)
whats = st.one_of(allows, overrides(), windows, suppressions(), judgements(), shadows(), removals, samples)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Any change."""
    what = draw(whats)
    reason = draw(spoken if isinstance(what, Suppress) else words)
    return Change(draw(ids), draw(times), draw(tenants), reason, what)


def every_change() -> list[Change]:
    """Changes in which every field has something to say."""
    period = (1_795_449_600_000, 1_795_449_700_000)
    whats: list[What] = [
        Allow("acme", "nightly", *period),
        Override("acme", 30.0, ("rate",), "nightly", *period),
        Window("acme", "load test", *period),
        Suppress("acme", "habits", Severity.HIGH, True, False, False, *period),  # noqa: FBT003
        Judged("6fd64adc-4b34-5f50-80bf-a1a03af3ee05", Verdict.BENIGN, "acme", "novelty"),
        Shadow(Scope.TENANT, "acme", True, period[0]),  # noqa: FBT003
        Shadow(Scope.SIGNAL, "rate", True, period[0]),  # noqa: FBT003
        Remove("c1"),
        Sample("acme"),
    ]
    return [Change("c1", period[0], "ann", "why", what) for what in whats]
