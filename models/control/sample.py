"""A test finding, made up so that every consumer can be tried."""

from __future__ import annotations

from uuid import uuid5

from models.control.records import Sample
from models.finding import NAMESPACE, Activity, Finding, Severity, SignalReading

_THRESHOLD = 1000.0


def sample_of(change_id: str, time: int, what: Sample) -> Finding:
    """Return the finding that a change asks for: the same change, the same uid.

    Parameters
    ----------
    time
        Of the change, in Unix milliseconds.
    """
    reading = SignalReading("novelty", 0.0, 0.0, "nothing was observed: this is a test", 1.0)
    return Finding(
        uid=str(uuid5(NAMESPACE, f"{what.tenant}\x1fsample\x1f{change_id}")),
        activity=Activity.CREATE,
        tenant=what.tenant,
        time=time,
        start_time=time,
        severity=Severity.MEDIUM,
        risk_score=50,
        confidence_score=90,
        evidence=_THRESHOLD,
        threshold=_THRESHOLD,
        budget_days=1.0,
        count=1,
        signals=(reading,),
        requests=(),
        content_seen=False,
        config_digest="",
    )
