"""Hashes of a field's values: most values come again, and taking a hash costs more than looking it up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.template import hash64

MAX_TEXTS = 65_536
MAX_CHARS = 4_194_304
"""Of all texts that are remembered; with more the table starts anew."""


class Hashes:
    """Hashes of 64 bits under a key; 0 for a text that is empty or absent.

    Parameters
    ----------
    key
        At most 64 bytes.
    """

    def __init__(self, key: bytes = b"") -> None:
        self._key = key
        self._known = _Known(key)

    def many(self, texts: Sequence[str | None]) -> NDArray[np.uint64]:
        """Hash each text."""
        found = np.fromiter(map(self._known.__getitem__, texts), np.uint64, len(texts))
        if len(self._known) > MAX_TEXTS or self._known.chars > MAX_CHARS:
            self._known = _Known(self._key)
        return found


class _Known(dict[str | None, int]):
    """Hashes by their text; one that is missing is taken."""

    def __init__(self, key: bytes) -> None:
        super().__init__({None: 0, "": 0})
        self.chars = 0
        self._key = key

    def __missing__(self, text: str) -> int:
        self.chars += len(text)
        self[text] = found = hash64(text, self._key)
        return found
