"""A worker that kills itself the n-th time it reaches a step of delivery; without a step it never does.

Arguments: the settings as JSON, and perhaps the step and n.
"""

from __future__ import annotations

import os
import signal
import sys

from streams.app import Hooks
from streams.settings import Settings
from streams.steps import OnStep, Step, ignore
from streams.worker import run_worker


def killer(fatal: str, times: int) -> OnStep:
    """Return a hook that ends this process as nothing can prevent."""
    left = times

    def on_step(step: Step) -> None:
        nonlocal left
        left -= step == fatal
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    return on_step


if __name__ == "__main__":
    settings = Settings.model_validate_json(sys.argv[1])
    hook = killer(sys.argv[2], int(sys.argv[3])) if sys.argv[2:] else ignore
    sys.exit(run_worker(settings, Hooks(on_step=hook)))
