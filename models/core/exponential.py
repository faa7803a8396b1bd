"""Many exponentials at once, in additions and multiplications: so a processor takes several together.

exp(x) = 2^n 2^f with n the whole number next to x / log 2. The series of 2^f ends at the ninth power: the
relative error is below 1e-11. No library's function takes part, so every machine finds the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, floor, log
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from models.compiled import compiled
from models.core.kinds import Real, Table, Whole

LOWEST, HIGHEST = -700.0, 700.0
"""Beyond these the result is no longer right."""

_LOG2_E = 1.0 / log(2.0)
_BIAS, _FRACTION_BITS = 1023, 52  # of a float of 64 bits
_SERIES = tuple(log(2.0) ** power / factorial(power) for power in range(10))
_0, _1, _2, _3, _4, _5, _6, _7, _8, _9 = _SERIES


def _bits(_context: Any, _word: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


_real: Callable[[Any], Any] = intrinsic(_bits)  # type: ignore[assignment]


@compiled
def total(numbers: Table, count: Whole) -> Real:
    """Return the sum of the exponentials of the first `count` numbers, which are overwritten.

    Four sums are kept, by the place modulo 4, and added up last.
    """
    for place in range(count):
        scaled = numbers[place] * _LOG2_E
        whole = floor(scaled + 0.5)
        f = scaled - whole
        high = (((_9 * f + _8) * f + _7) * f + _6) * f + _5
        found = ((((high * f + _4) * f + _3) * f + _2) * f + _1) * f + _0
        numbers[place] = found * _real((np.int64(whole) + _BIAS) << _FRACTION_BITS)
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    fours = count - count % 4
    for place in range(0, fours, 4):
        a += numbers[place]
        b += numbers[place + 1]
        c += numbers[place + 2]
        d += numbers[place + 3]
    for place in range(fours, count):
        a += numbers[place]
    return (a + b) + (c + d)
