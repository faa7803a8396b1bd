"""How tenants stood on each day."""

from __future__ import annotations

from typing import Any

from streams.report.standing import DAY_MS, MOST_POINTS, Point, read_standings, thinned


def score(tenant: str, time: int, evidence: float, state: str = "normal") -> dict[str, Any]:
    signals = {"novelty": {"observed": 2.0, "expected": 1.0, "evidence": 0.0}}
    return {
        "tenant": tenant,
        "time": time,
        "evidence": evidence,
        "threshold": 100.0,
        "requests": time // 1000,
        "state": state,
        "signals": signals,
    }


def test_a_day_keeps_its_most_evidence_and_midnight_belongs_to_the_day_before() -> None:
    times = [(DAY_MS - 1000, 5.0), (DAY_MS, 9.0), (DAY_MS + 1000, 3.0)]
    found = read_standings([score("a", time, evidence) for time, evidence in times], [])
    assert found.tenants["a"].days == {0: 0.09, 1: 0.03}
    assert found.tenant_days == 2


def test_only_a_day_on_which_the_evidence_rises_counts() -> None:
    evidence = [1.0, 60.0, 70.0, 1.0, 60.0]
    scores = [score("a", (day + 1) * DAY_MS, value) for day, value in enumerate(evidence)]
    standing = read_standings(scores, []).tenants["a"]
    assert (standing.rises(0.5), standing.rises(0.001), standing.rises(0.9)) == (2, 1, 0)


def test_suspicious_intervals_and_requests_are_counted() -> None:
    scores = [score("a", 1000, 1.0), score("a", 2000, 1.0, "suspicious"), score("a", 3000, 1.0, "alerting")]
    standing = read_standings(scores, []).tenants["a"]
    assert (standing.intervals, standing.hot, standing.requests) == (3, 2, 3)


def test_the_course_is_kept_of_those_that_are_drawn() -> None:
    found = read_standings([score("a", 1000, 1.0), score("b", 1000, 2.0)], ["b"])
    assert found.courses == {"b": [Point(1000, 0.02, {"novelty": (2.0, 1.0)})]}


def test_a_long_course_keeps_its_peaks() -> None:
    points = [Point(time, 1.0 if time == 7_777 else 0.0, {}) for time in range(10_000)]
    kept = thinned(points)
    assert len(kept) <= MOST_POINTS
    assert max(kept, key=lambda point: point.ratio).time == 7_777
    assert thinned(points[:3]) == points[:3]
