"""What is compiled: one decorator around numba, so that it is decided once how.

Compiled code is kept on disk: in `NUMBA_CACHE_DIR` where that is set, else beside the sources, else in the
user's cache folder. Without any of them the program compiles at each start and works all the same. No
`fastmath` and no threads: equal input gives equal bits. Python's lock is let go meanwhile, so that the thread
which reads from Kafka gets on; what one thread hands to compiled code no other may touch before it returns.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from importlib.resources import files
from platform import machine
from typing import Any, ClassVar, TypeVar, cast

from numba import njit
from numba.core import caching, config

PACKAGE = "models.core"
ELSEWHERE = ("compiled.py", "embedding.py", "event.py", "sketch.py")
"""Modules outside the package that say how it is compiled, or whose constants are compiled in."""

Function = TypeVar("Function", bound=Callable[..., Any])


if machine() == "x86_64" and config.CPU_NAME is None:  # type: ignore[attr-defined]
    # The same code for every processor that numpy runs on, so that one machine can use another's; none of
    # the slow double shifts that LLVM would rotate with for the oldest of them.
    config.CPU_NAME, config.CPU_FEATURES = "x86-64-v2", "-fast-shld-rotate"  # type: ignore[attr-defined]


def compiled(function: Function) -> Function:
    """Compile a function at its first call with each kind of arguments."""
    dispatcher: Any = njit(error_model="numpy", nogil=True)(function)
    with suppress(RuntimeError):  # no folder can be written
        dispatcher._cache = _Cache(function)  # noqa: SLF001  numba's own switch does the same
    return cast("Function", dispatcher)


def _digest() -> bytes:
    """Name the sources of all that is compiled."""
    sources = sorted((file for file in files(PACKAGE).iterdir() if file.name.endswith(".py")), key=str)
    sources += [files("models") / name for name in ELSEWHERE]
    return sha256(b"\0".join(file.read_bytes() for file in sources)).digest()


_SOURCES = _digest()


class _GivenFolder(caching.UserProvidedCacheLocator):
    """`NUMBA_CACHE_DIR`, which may have been filled before and be read-only now, as in a container."""

    def ensure_cache_path(self) -> None:
        with suppress(OSError):
            super().ensure_cache_path()  # type: ignore[no-untyped-call]


class _Places(caching.CompileResultCacheImpl):
    _locator_classes: ClassVar[list[type[object]]] = [  # type: ignore[misc]
        _GivenFolder,
        caching.InTreeCacheLocator,
        caching.UserWideCacheLocator,
    ]


class _Cache(caching.FunctionCache):
    """Numba's cache, which knows a function by its own file alone: ours counts what it calls as well."""

    _impl_class = _Places

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._cache_file._source_stamp = _SOURCES  # noqa: SLF001

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        with suppress(OSError):
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
