"""Fetches what will be needed into the processor's cache while something before it is still at work.

Where tenants are many, each request finds its tenant's state in main memory, and would wait for it line by
line. A processor has no more than some twenty lines under way: who asks for a whole state at once waits for
that, so it is asked for in quarters, each between two parts of the work on another request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from models.compiled import compiled
from models.core.kinds import Table, Whole
from models.core.layout import STATE

LINE_BYTES = 64
QUARTERS = 4
AHEAD = 2
"""Requests that a state is fetched ahead of its own."""

_LINES = -(-STATE.itemsize // LINE_BYTES)
_READ, _SECOND_LEVEL, _DATA = 0, 2, 1


def _prefetch(_typing_context: Any, _address: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(32)
        pointer = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
        form = ir.FunctionType(ir.VoidType(), [pointer.type, whole, whole, whole])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], form)
        builder.call(function, [pointer, *(whole(hint) for hint in (_READ, _SECOND_LEVEL, _DATA))])
        return context.get_dummy_value()

    return types.void(types.intp), generate


fetch_line: Callable[[Any], None] = intrinsic(_prefetch)  # type: ignore[assignment]
"""Ask for the line that holds an address; changes nothing, whatever is there. For compiled code alone."""


@compiled
def address(states: Table, place: Whole) -> Whole:
    """Return where one of the states begins."""
    return states.ctypes.data + place * states.itemsize


@compiled
def fetch(begin: Whole, quarter: Whole) -> None:
    """Fetch a quarter, 0 to 3, of the state that begins at an address."""
    for line in range(_LINES * quarter // QUARTERS, _LINES * (quarter + 1) // QUARTERS):
        fetch_line(begin + line * LINE_BYTES)
