"""The life of an alert: warming, normal, suspicious, alerting, cooling, and normal again.

An episode opens when the evidence reaches the threshold. It is updated when the evidence has grown by a step
or the severity has changed, and not more often than a stated interval. It closes when the fresh evidence has
stayed below the level of suspicion for the quiet period; the close carries the time at which that period
ended. Time moves with the events and never back.

While the evidence is high nothing is learned. What nobody has answered for the time of adaptation is taken
for the tenant's new normal: learning goes on, so that a product that changed for good does not stay under
suspicion for ever.
"""

from __future__ import annotations

from models.compiled import compiled
from models.core.kinds import Real, Record, Truth, Whole

WARMING, NORMAL, SUSPICIOUS, ALERTING, COOLING = 0, 1, 2, 3, 4
NOTHING, CREATE, UPDATE, CLOSE = 0, 1, 2, 3
MEDIUM, HIGH, CRITICAL = 3, 4, 5
LASTING = 8.0
"""Fresh evidence that keeps any episode open: one of four streams at its ceiling makes more."""


@compiled
def learning(s: Record, c: Record) -> Truth:
    """Tell whether the baseline may learn."""
    if not c.learns:
        return False
    if s.state == SUSPICIOUS:
        return s.time >= s.hot + c.adapt_ms
    return s.state <= NORMAL or (s.state == ALERTING and s.time >= s.opened + c.adapt_ms)


@compiled
def elapse(s: Record, c: Record, now: Whole) -> Whole:
    """Let time pass before the next request is judged; an open episode may close."""
    if s.state == ALERTING and now >= s.hot + c.quiet_ms:
        s.cool_until = s.hot + c.quiet_ms + c.cooldown_ms
        s.state = COOLING
        return CLOSE
    if s.state == COOLING and now >= s.cool_until:
        s.state = NORMAL
    return NOTHING


@compiled
def weigh(  # noqa: PLR0917  compiled code has no keywords
    s: Record, c: Record, now: Whole, evidence: Real, threshold: Real, fresh: Real, warm: Truth
) -> Whole:
    """Take in the evidence after a request; an episode may open or be updated.

    `fresh` is the evidence of late alone, which keeps an open episode from closing.
    """
    if s.state == COOLING or (s.state == WARMING and not warm):
        return NOTHING
    suspicion = threshold**c.suspicious_exponent
    if s.state == ALERTING:
        if fresh >= min(suspicion, LASTING):
            s.hot = now
        return _update(s, c, now, evidence, threshold)
    if evidence >= threshold:
        s.state, s.opened, s.hot = ALERTING, now, now
        return _state(s, CREATE, now, evidence, threshold)
    if evidence < suspicion:
        s.state = NORMAL
    elif s.state != SUSPICIOUS:
        s.state, s.hot = SUSPICIOUS, now
    return NOTHING


@compiled
def severity(evidence: Real, threshold: Real) -> Whole:
    """Grade by how far evidence passes the threshold: medium, high from 1e3, critical from 1e6 times it."""
    ratio = evidence / threshold
    if ratio >= 1e6:  # noqa: PLR2004
        return CRITICAL
    return HIGH if ratio >= 1e3 else MEDIUM  # noqa: PLR2004


@compiled
def _update(s: Record, c: Record, now: Whole, evidence: Real, threshold: Real) -> Whole:
    if now < s.stated_at + c.update_ms:
        return NOTHING
    grown = evidence >= s.stated_evidence * c.update_step
    if grown or severity(evidence, threshold) > s.stated_severity:
        return _state(s, UPDATE, now, evidence, threshold)
    return NOTHING


@compiled
def _state(s: Record, activity: Whole, now: Whole, evidence: Real, threshold: Real) -> Whole:
    s.stated_at, s.stated_evidence = now, evidence
    s.stated_severity = severity(evidence, threshold)
    return activity
