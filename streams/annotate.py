"""Findings as they leave a worker: with what operators have to say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from models.control.annotation import Annotation, Annotator, Said
from models.control.control import Control
from models.control.records import Sample
from models.control.sample import sample_of
from streams.metrics import Metrics
from streams.ocsf import to_ocsf, to_record

Record = tuple[bytes, bytes, list[tuple[str, bytes]]]


class Annotate:
    """Makes records of findings, by the changes so far; one for all that says findings.

    Parameters
    ----------
    shadow
        Whether all findings are in shadow, whatever the changes say.
    """

    def __init__(self, metrics: Metrics, *, shadow: bool = False) -> None:
        self._metrics = metrics
        self._shadow = shadow
        self._annotator = Annotator(Control(), shadow=shadow)

    def follow(self, control: Control) -> None:
        """Go by these changes from now on."""
        self._annotator = Annotator(control, shadow=self._shadow)

    def records(self, findings: Iterable[Said]) -> Iterator[Record]:
        """Yield key, value and headers of each finding's record on the alert topic."""
        for finding in findings:
            yield to_record(finding, self._annotation(finding))

    def as_object(self, finding: Said, *, replay: bool) -> dict[str, Any]:
        """Return a finding as a JSON-ready object; `replay` as in `streams.ocsf.to_ocsf`."""
        return to_ocsf(finding, self._annotation(finding), replay=replay)

    def _annotation(self, finding: Said) -> Annotation:
        annotation = self._annotator.annotate(finding)
        self._metrics.annotated(annotation)
        return annotation


def sample_record(change_id: str, time: int, what: Sample) -> Record:
    """Return the record of a test finding."""
    return to_record(sample_of(change_id, time, what), Annotation(sample=change_id))
