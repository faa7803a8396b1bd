"""Posts fingerprints where their templates are looked at, and marks to all who look at templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.campaign.fingerprint import Fingerprint
from streams.population_records import template_key


class FingerprintPost:
    """Posts on the fingerprint topic.

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

    def post(self, fingerprints: Sequence[Fingerprint]) -> None:
        """Post fingerprints, all of one template to one partition."""
        if not fingerprints:
            return
        partitions = self._partitions()
        for fingerprint in fingerprints:
            template = fingerprint.template
            self._post(template % partitions, template_key(template), fingerprint.encode())
        self._on_posted(len(fingerprints))

    def post_everywhere(self, key: bytes, value: bytes) -> None:
        """Post a record to every partition."""
        for partition in range(self._partitions()):
            self._post(partition, key, value)
