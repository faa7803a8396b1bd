"""The demo's worker: the real one, in a thread, so that its tenants can be watched."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import structlog

from models.errors import DistillwatchError
from streams.app import Hooks
from streams.demo_state import TenantStatus, status_of
from streams.settings import Settings
from streams.worker import Worker


class WorkerThread:
    """Runs a worker until the end of the `with` block.

    Attributes
    ----------
    tenants
        Where the tenants stand, not older than a second or so.
    """

    def __init__(self, settings: Settings) -> None:
        self.tenants: Mapping[str, TenantStatus] = {}
        self._words: deque[str] = deque(maxlen=20)
        self._code: int | None = None
        self._worker = Worker(settings, Hooks(on_tenants=self._look), on_dead=self._died)
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        _keep_quiet(self._words)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.stop()
        self._thread.join()

    def check(self) -> None:
        """Raise `DistillwatchError` with its last words if the worker has ended."""
        if self._code is not None:
            last = self._words[-1] if self._words else "it said nothing"
            raise DistillwatchError(f"the worker ended with code {self._code}: {last}")

    def _run(self) -> None:
        self._code = self._worker.run()

    def _died(self) -> None:
        self._words.append("no progress although records wait")
        self._code = 1

    def _look(self, live: Mapping[str, Any]) -> None:
        self.tenants = {tenant: status_of(model) for tenant, model in live.items()}


class _Collector(logging.Handler):
    """Keeps the last messages in place of writing them into the live view."""

    def __init__(self, words: deque[str]) -> None:
        super().__init__(logging.WARNING)
        self._words = words

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text of a message."""
        self._words.append(record.getMessage())


def _keep_quiet(words: deque[str]) -> None:
    logging.getLogger().handlers[:] = [_Collector(words)]
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
