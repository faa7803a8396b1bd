"""What compiled functions take and return: numba settles the types, for mypy they are anything."""

from __future__ import annotations

from typing import Any

Record = Any
"""A record of one of the layouts of `models.core.layout`."""

Table = Any
"""An array, or the field of a record that is one."""

Whole = Any
"""A whole number of any width."""

Real = Any
"""A float of 64 bits."""

Truth = Any
"""Yes or no."""
