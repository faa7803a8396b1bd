"""Posts fingerprints where their templates are looked at, and marks to all who look at templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.campaign.fingerprint import Fingerprint
from streams.population_records import Mark, marks_record, template_key


class FingerprintPost:
    """Posts on the fingerprint topic.

    Every partition of it has to hear of every partition that is judged. Marks are therefore collected and go
    out together, or a fleet with many partitions would be busy with them alone.

    Parameters
    ----------
    post
        Posts a key and a value to a partition, in order.
    partitions
        How many there are.
    on_posted
        Told how many fingerprints were posted.
    """

    def __init__(
        self,
        post: Callable[[int, bytes, bytes], None],
        partitions: Callable[[], int],
        on_posted: Callable[[int], None],
    ) -> None:
        self._post = post
        self._partitions = partitions
        self._on_posted = on_posted
        self._marks: list[Mark] = []

    def post(self, fingerprints: Sequence[Fingerprint]) -> None:
        """Post fingerprints, all of one template to one partition."""
        if not fingerprints:
            return
        partitions = self._partitions()
        for fingerprint in fingerprints:
            template = fingerprint.template
            self._post(template % partitions, template_key(template), fingerprint.encode())
        self._on_posted(len(fingerprints))

    def mark(self, mark: Mark) -> None:
        """Hear of a mark that covers what was posted before; the newest of a partition stands for others."""
        if not mark.idle:
            self._marks = [one for one in self._marks if one.idle or one.partition != mark.partition]
        self._marks.append(mark)

    def tell(self) -> None:
        """Post the marks that came since the last call to every partition."""
        if not self._marks:
            return
        key, value = marks_record(self._marks)
        self._marks = []
        for partition in range(self._partitions()):
            self._post(partition, key, value)

    def reset(self) -> None:
        """Forget the marks, which others may have to say now."""
        self._marks = []
