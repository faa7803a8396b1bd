"""The demo where there is no terminal: plain lines for logs, JSON lines for programs."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TextIO

from streams.demo_state import Alert, DemoState
from streams.demo_text import event_time, headline

_EVERY_SECONDS = 5.0


class PlainView:
    """Writes a line every few seconds and one for each finding."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._next = 0.0

    def update(self, state: DemoState) -> None:
        """Write a line if it is time for one."""
        if state.seconds < self._next:
            return
        self._next = state.seconds + _EVERY_SECONDS
        states = Counter(tenant.state for tenant in state.tenants.values())
        tenants = ", ".join(f"{count} {name}" for name, count in states.most_common())
        line = (
            f"{state.seconds:4.0f} s  {state.phase}: {state.judged:,} of {state.published:,} requests judged"
        )
        self._write(f"{line}, event time {event_time(state.time)}; tenants: {tenants or 'none yet'}")

    def alert(self, alert: Alert) -> None:
        """Write a line."""
        self._write(f"{alert.seconds:4.0f} s  {headline(alert)}")

    def _write(self, line: str) -> None:
        self._out.write(f"{line}\n")
        self._out.flush()


class JsonView:
    """Writes each finding as it stands on the alert topic, and nothing else."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out

    def update(self, state: DemoState) -> None:
        """Nothing."""

    def alert(self, alert: Alert) -> None:
        """Write the finding."""
        self._out.write(f"{alert.value.decode()}\n")
        self._out.flush()
