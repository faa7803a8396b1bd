"""One instruction that Python has no name for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic


def _count(_context: Any, _word: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


popcount: Callable[[Any], Any] = intrinsic(_count)  # type: ignore[assignment]
"""Count the bits that are set in an unsigned word of 64 bits; for compiled code alone."""
