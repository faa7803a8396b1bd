"""What one request after the other makes of the tenants' states, until something is to be done in Python."""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core import episode, evidence, fingerprints, prefetch, rate, repeats, seasons, settings_at
from models.core.ages import AGES
from models.core.habits import TRAITS
from models.core.kinds import Record, Table, Truth, Whole
from models.core.recurring import KINDS
from models.core.reservoir import CAPACITY, PLANES, WORDS
from models.core.shape import FEATURES
from models.core.signals import gather, warm
from models.core.streams import TRACKS

DONE, IDLE, CLOSED, COOLED, AGE, STATED, SCORED = 0, 1, 2, 3, 4, 5, 6
"""Why `judge` returns: all is
judged; the tenant was idle for so long that it starts anew; an episode closed; a cooldown is over; an age
was reached; an episode opened or changed; an interval of event time is over, of which scores are told."""

NEXT, PHASE, ACTIVITY, TOLD, SKIPPED, REPEATED = 0, 1, 2, 3, 4, 5
CURSOR = 6
"""Places in `cursor`: the next request, how far it is judged, what is stated, and counts of what is
told, skipped and repeated."""

APPLIED, STRANGE = 1, 2
"""Bits in `marks`: a request is part of the state now, and it is worth naming."""

_GO_ON = -1
_ARRIVE, _ENTER, _PASS, _WEIGH, _OVER = 0, 1, 2, 3, 4


@compiled
def judge(  # noqa: PLR0917  compiled code has no keywords
    states: Table,
    places: Table,
    order: Table,
    rows: Table,
    ids: Table,
    ends: Table,
    offsets: Table,
    ttl_ms: Whole,
    settings: Table,
    marks: Table,
    told: Table,
    cursor: Table,
) -> Whole:
    """Judge requests in order from `cursor` on; return why it stopped, to be called again.

    Parameters
    ----------
    states
        Records of `STATE`.
    places
        For each request the place of its tenant among them.
    order
        Which requests to judge, in this order.
    rows
        Records of `REQUEST`.
    ids, ends
        Their ids one after the other, and where each begins and ends, shape (n, 2).
    offsets
        Where each stands on its partition; one at or below the tenant's own is skipped; -1 for none.
    ttl_ms
        Event time without a request after which a tenant starts anew.
    settings
        Records of `SETTINGS`; each state says by `rule` which is the last of its own.
    marks
        To be written: what became of each request.
    told
        To be written from the front: records of `TOLD`, as many as there are requests.
    cursor
        `CURSOR` whole numbers, zeros to begin with.
    """
    ahead = np.empty(1, np.int64)
    scratch = (
        np.empty(PLANES * WORDS, np.uint64),
        np.empty(CAPACITY),
        np.empty(FEATURES, np.int64),
        np.empty((2, TRACKS)),
        np.empty(TRAITS),
        np.empty(KINDS, np.uint64),
        ahead,
    )
    while cursor[NEXT] < len(order):
        following = order[min(cursor[NEXT] + prefetch.AHEAD, len(order) - 1)]
        ahead[0] = prefetch.address(states, places[following])
        prefetch.fetch(ahead[0], 0)
        i = order[cursor[NEXT]]
        s, x = states[places[i]], rows[i]
        c = settings[s.rule]
        if max(s.time, x.time) < c.begins:
            c = settings[settings_at.place(settings, s.rule, max(s.time, x.time))]
        name = ids[ends[i, 0] : ends[i, 1]]
        reason = _step(s, x, c, name, offsets[i], ttl_ms, i, marks, told, cursor, scratch)
        if reason != DONE:
            return reason
        cursor[NEXT] += 1
        cursor[PHASE] = _ARRIVE
    return DONE


@compiled
def _step(  # noqa: PLR0917  compiled code has no keywords
    s: Record,
    x: Record,
    c: Record,
    name: Table,
    offset: Whole,
    ttl_ms: Whole,
    i: Whole,
    marks: Table,
    told: Table,
    cursor: Table,
    scratch: Table,
) -> Whole:
    """Take a request through the phases that are left of it."""
    phase = cursor[PHASE]
    if phase == _ARRIVE and _interval_ends(s, x, c, offset):
        cursor[PHASE] = _ENTER
        return SCORED
    if phase <= _ENTER:
        cursor[PHASE] = _PASS
        reason = _arrive(s, x, c, name, offset, ttl_ms, i, marks, cursor)
        if reason != _GO_ON:
            return reason
    if phase <= _PASS:
        reason = _look(s, x, c, i, marks, told, cursor, scratch)
        if reason != _GO_ON:
            return reason
    if phase <= _WEIGH:
        cursor[PHASE] = _OVER
        cursor[ACTIVITY] = _weigh(s, c)
        return STATED if cursor[ACTIVITY] != episode.NOTHING else DONE
    return DONE


@compiled
def _look(  # noqa: PLR0917  compiled code has no keywords
    s: Record, x: Record, c: Record, i: Whole, marks: Table, told: Table, cursor: Table, scratch: Table
) -> Whole:
    """Take in what a request shows."""
    if rate.ended(s, x.time):
        seasons.learn(s, x.time, episode.learning(s, c))
    if not c.weighs:
        return DONE
    strange, template = gather(s, x, c, scratch)
    if template != fingerprints.NONE:
        told[cursor[TOLD]].place = i
        fingerprints.write(s, c, template, told[cursor[TOLD]])
        cursor[TOLD] += 1
    if strange or x.flags > 0:
        marks[i] |= STRANGE
    if _is_age(s.events):
        cursor[PHASE] = _WEIGH
        return AGE
    return _GO_ON


@compiled
def _interval_ends(s: Record, x: Record, c: Record, offset: Whole) -> Truth:
    """Tell whether a request is the tenant's first of a later interval of event time than its last."""
    if c.score_ms == 0 or s.events == 0 or 0 <= offset <= s.offset:
        return False
    return x.time // c.score_ms > s.time // c.score_ms


@compiled
def _arrive(  # noqa: PLR0917  compiled code has no keywords
    s: Record,
    x: Record,
    c: Record,
    name: Table,
    offset: Whole,
    ttl_ms: Whole,
    i: Whole,
    marks: Table,
    cursor: Table,
) -> Whole:
    """Tell whether a request is to be judged, and move the tenant's time on to it."""
    if 0 <= offset <= s.offset:
        cursor[SKIPPED] += 1
        return DONE
    if s.events > 0 and x.time - s.time > ttl_ms:
        cursor[PHASE] = _ARRIVE
        return IDLE
    if offset >= 0:
        s.offset = offset
    marks[i] |= APPLIED
    if repeats.seen(s, x, name):
        s.repeated += 1
        cursor[REPEATED] += 1
        return DONE
    evidence.move_time(s, x, c)
    before = s.state
    if episode.elapse(s, c, s.time) == episode.CLOSE:
        return CLOSED
    return COOLED if s.state != before else _GO_ON


@compiled
def _weigh(s: Record, c: Record) -> Whole:
    found, late, threshold = evidence.combined(s, c), evidence.fresh(s, c), evidence.threshold(s, c)
    known = warm(s, c) or evidence.ruled(s, c) >= 1
    return episode.weigh(s, c, s.time, found, threshold, late, known)


@compiled
def _is_age(events: Whole) -> Truth:
    for age in AGES:  # noqa: SIM110  compiled code has no generators
        if events == age:
            return True
    return False
