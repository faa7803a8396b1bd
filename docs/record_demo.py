"""Records the picture of the demo in the README, `make picture`: it runs the demo and keeps a frame."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from streams.demo import run_demo
from streams.demo_state import Alert, DemoState
from streams.live_view import draw

PICTURE = Path(__file__).resolve().parent / "figures" / "demo.svg"
SECONDS, AFTER_ALERT, WIDTH = 60.0, 4.0, 148


class Recorder:
    """Keeps what the terminal shows a few seconds after the first alert."""

    def __init__(self) -> None:
        self.svg = ""
        self._alerted = 0.0

    def update(self, state: DemoState) -> None:
        """Take the picture once it is time."""
        if self.svg or not self._alerted or state.seconds < self._alerted + AFTER_ALERT:
            return
        console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
        console.print(draw(state))
        svg = console.export_svg(title="distillwatch demo")
        self.svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # it would ask a server

    def alert(self, alert: Alert) -> None:
        """Take note of the first alert."""
        self._alerted = self._alerted or alert.seconds


def main() -> int:
    """Run the demo and write the picture."""
    recorder = Recorder()
    run_demo(SECONDS, recorder)
    if not recorder.svg:
        sys.stderr.write("No alert was opened in time: run it on a machine that is less busy.\n")
        return 1
    PICTURE.write_text(recorder.svg, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
