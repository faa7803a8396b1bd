"""How evidence against its threshold is put into grades."""

from __future__ import annotations

from math import log10

from models.finding import Severity

_HIGH, _CRITICAL = 1e3, 1e6


def severity_of(ratio: float) -> Severity:
    """Grade by how far evidence passes the threshold: medium, high from 1e3, critical from 1e6 times it."""
    if ratio >= _CRITICAL:
        return Severity.CRITICAL
    return Severity.HIGH if ratio >= _HIGH else Severity.MEDIUM


def risk_of(ratio: float) -> int:
    """Grade evidence from 50 at the threshold to 100 at a million times it."""
    return min(100, max(0, round(50 + 50 * log10(max(ratio, 1e-9)) / 6)))


def confidence_of(ratio: float) -> int:
    """Grade evidence from 90 at the threshold towards 100."""
    return round(100 * (1 - 1 / (1 + 9 * ratio)))
