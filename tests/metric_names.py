"""The metrics that a worker has, with their types and labels, as the code registers them."""

from __future__ import annotations

from dataclasses import dataclass

from streams.metrics import Metrics

SUFFIXES = {"counter": "_total", "info": "_info"}
OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a metric and the names of its labels."""

    type: str
    labels: tuple[str, ...]


def registered() -> dict[str, Kind]:
    """Return every metric by the name under which it is scraped."""
    found = {}
    for collector in Metrics().registry._collector_to_names:
        describe = getattr(collector, "describe", collector.collect)
        for family in describe():
            labels = getattr(collector, "_labelnames", getattr(family, "_labelnames", ()))
            found[family.name + SUFFIXES.get(family.type, "")] = Kind(family.type, tuple(labels))
    return found


def scraped() -> set[str]:
    """Return every name of a series, those that a histogram consists of as well."""
    return {
        name + suffix
        for name, kind in registered().items()
        for suffix in (OF_A_HISTOGRAM if kind.type == "histogram" else ("",))
    }
