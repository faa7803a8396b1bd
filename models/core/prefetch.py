"""Fetches what will be needed into the processor's cache while something before it is still at work.

Where tenants are many, each request finds its tenant's state in main memory, and would wait for it line by
line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from models.compiled import compiled
from models.core.kinds import Table, Whole

LINE_BYTES = 64
AHEAD = 2
"""Requests that a state is fetched ahead of its own."""

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
def fetch(states: Table, place: Whole) -> None:
    """Fetch one of the states."""
    begin = states.ctypes.data + place * states.itemsize
    for line in range(0, states.itemsize, LINE_BYTES):
        fetch_line(begin + line)
