"""A finding as bytes, for those that have to remember what was said of a tenant."""

from __future__ import annotations

from models.codec import MOST_COUNT, Reader, Writer
from models.errors import SnapshotError
from models.event import MAX_NAME_BYTES
from models.finding import UID_CHARS, Activity, Finding, RequestRef, Severity, SignalReading
from models.sketch import MAX_OFFSET, MAX_PARTITION, MAX_TOPIC_BYTES

_VERSION = 1
_MOST = 255
_LABEL = 64
_UNIT = 256
_WIDEST = 1.7976931348623157e308
_PERCENT = 100


def encode_finding(finding: Finding) -> bytes:
    """Return a finding as bytes."""
    out = Writer()
    out.small(_VERSION)
    for text in (
        finding.uid,
        finding.tenant,
        finding.config_digest,
        finding.population,
        finding.campaign,
    ):
        out.label(text)
    for small in (
        finding.activity,
        finding.severity,
        finding.risk_score,
        finding.confidence_score,
        int(finding.content_seen),
    ):
        out.small(small)
    for number in (finding.time, finding.start_time, finding.count):
        out.number(number)
    for real in (finding.evidence, finding.threshold, finding.budget_days):
        out.real(real)
    out.small(len(finding.signals))
    for signal in finding.signals:
        _write_signal(out, signal)
    out.small(len(finding.requests))
    for request in finding.requests:
        write_request(out, request)
    return out.finish()


def decode_finding(value: bytes) -> Finding:
    """Read what `encode_finding` wrote.

    Raises
    ------
    SnapshotError
        The bytes are not a finding of this version, or hold numbers that cannot be.
    """
    source = Reader(value)
    if source.small() != _VERSION:
        raise SnapshotError(f"the record is not a finding of version {_VERSION}")
    uid, tenant = source.label(UID_CHARS), source.label(MAX_NAME_BYTES)
    config_digest, population, campaign = (source.label(most) for most in (_LABEL, _LABEL, UID_CHARS))
    activity, severity = source.small(), source.small()
    risk, confidence, content = source.small(_PERCENT), source.small(_PERCENT), source.small(1)
    time, start_time, count = source.time(), source.time(), source.count(MOST_COUNT)
    evidence, threshold, budget_days = (source.real(0.0, _WIDEST) for _ in range(3))
    signals = tuple(_read_signal(source) for _ in range(source.small(_MOST)))
    requests = tuple(read_request(source) for _ in range(source.small(_MOST)))
    source.end()
    if not signals:
        raise SnapshotError("the record is a finding that nothing was found by")
    if not tenant or len(uid) != UID_CHARS or activity not in _ACTIVITIES or severity not in _SEVERITIES:
        raise SnapshotError("the record is a finding of nobody or of no known kind")
    return Finding(
        uid=uid,
        activity=Activity(activity),
        tenant=tenant,
        time=time,
        start_time=start_time,
        severity=Severity(severity),
        risk_score=risk,
        confidence_score=confidence,
        evidence=evidence,
        threshold=threshold,
        budget_days=budget_days,
        count=count,
        signals=signals,
        requests=requests,
        content_seen=bool(content),
        config_digest=config_digest,
        population=population,
        campaign=campaign,
    )


_ACTIVITIES = frozenset(map(int, Activity))
_SEVERITIES = frozenset(map(int, Severity))


def write_request(out: Writer, request: RequestRef) -> None:
    """Write where a request can be found again."""
    for text in (request.request_id, request.topic, request.template_hash):
        out.label(text)
    out.number(request.partition)
    out.number(request.offset)


def read_request(source: Reader) -> RequestRef:
    """Read where a request can be found again.

    Raises
    ------
    SnapshotError
        The bytes end early or hold numbers that cannot be.
    """
    request_id, topic = source.label(MAX_NAME_BYTES), source.label(MAX_TOPIC_BYTES)
    template_hash = source.label(_LABEL)
    return RequestRef(request_id, topic, source.count(MAX_PARTITION), source.count(MAX_OFFSET), template_hash)


def _write_signal(out: Writer, signal: SignalReading) -> None:
    out.label(signal.name)
    out.label(signal.unit)
    for real in (signal.observed, signal.expected, signal.evidence):
        out.real(real)


def _read_signal(source: Reader) -> SignalReading:
    name, unit = source.label(_LABEL), source.label(_UNIT)
    observed, expected = source.real(-_WIDEST, _WIDEST), source.real(-_WIDEST, _WIDEST)
    return SignalReading(name, observed, expected, unit, source.real(0.0, _WIDEST))
