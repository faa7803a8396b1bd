"""The demo on a terminal: the tenants, their evidence, and the alerts as they open."""

from __future__ import annotations

from math import log10
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from models.finding import SignalReading
from streams.demo_state import Alert, DemoState, TenantStatus
from streams.demo_text import event_time, headline

_STYLES = {
    "warming": "dim",
    "normal": "green",
    "suspicious": "yellow",
    "alerting": "bold red",
    "cooling": "cyan",
}
_LOUD = 0.1
_BAR_CELLS = 12
_DECADES = 4
"""How many powers of ten below the threshold the bar shows."""


class LiveView:
    """Redraws one screen a few times a second."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def update(self, state: DemoState) -> None:
        """Draw the state."""
        self._live.update(draw(state))

    def alert(self, alert: Alert) -> None:
        """Nothing: the next update shows it."""


def draw(state: DemoState) -> Group:
    """One picture of the demo."""
    return Group(_head(state), _tenants(state), _alerts(state))


def _head(state: DemoState) -> Text:
    rate = state.judged / state.seconds if state.seconds else 0.0
    done = f"{state.judged:,} requests judged, {rate:,.0f} a second"
    return Text.assemble(
        ("distillwatch demo  ", "bold"),
        (state.phase, "bold red" if state.hostile else "bold"),
        f"   {state.seconds:.0f} s   event time {event_time(state.time)}   {done}",
    )


def _tenants(state: DemoState) -> Table:
    names = sorted({name for status in state.tenants.values() for name in status.signals})
    table = Table(caption="signals: observed (expected)", caption_justify="left", expand=False)
    table.add_column("tenant")
    table.add_column("requests", justify="right")
    table.add_column("state", min_width=10)
    table.add_column("evidence")
    for name in names:
        table.add_column(name, justify="right")
    for tenant, status in sorted(state.tenants.items()):
        signals = [_signal(status.signals[name]) if name in status.signals else Text("-") for name in names]
        label = Text(status.state, _STYLES[status.state])
        table.add_row(tenant, f"{status.requests:,}", label, _bar(status), *signals)
    return table


def _signal(reading: SignalReading) -> Text:
    """Stand out where the signal alone would nearly open an alert."""
    text = f"{reading.observed:.3g} ({reading.expected:.3g})"
    return Text(text, "bold red" if reading.evidence >= _LOUD else "")


def _bar(status: TenantStatus) -> Text:
    """Evidence on a logarithmic scale; full at the threshold of an alert."""
    filled = 1 + log10(max(status.share, 10.0**-_DECADES)) / _DECADES
    cells = round(_BAR_CELLS * min(1.0, filled))
    return Text("█" * cells + "·" * (_BAR_CELLS - cells), _STYLES[status.state])


def _alerts(state: DemoState) -> Panel:
    lines = [Text(headline(alert), "bold red" if alert.opens else "") for alert in state.alerts[-6:]]
    return Panel(Group(*lines) if lines else Text("none yet", "dim"), title="findings", title_align="left")
