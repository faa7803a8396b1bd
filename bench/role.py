"""One stage of a worker in a process of its own: `python -m bench.role intake|detect`.

A worker has no setting that leaves a stage out. To measure a stage alone, this process starts the usual
worker without the agents of the others; it does what a worker does for that stage, checkpoints included.
"""

from __future__ import annotations

import sys
from typing import Literal

from streams import app
from streams.__main__ import main
from streams.faust_app import DistillwatchApp
from streams.intake import Intake
from streams.pipeline import Pipeline
from streams.stage import Stage

Role = Literal["intake", "detect"]


def only(role: str) -> None:
    """Let applications of this process have intake's agent alone, or all but intake's."""
    usual = app._agent  # noqa: SLF001

    def agent(app: DistillwatchApp, topic: str, stage: Stage, pipeline: Pipeline) -> None:
        if isinstance(stage, Intake) == (role == "intake"):
            usual(app, topic, stage, pipeline)

    app._agent = agent  # noqa: SLF001


if __name__ == "__main__":
    only(sys.argv.pop(1))
    sys.argv.append("worker")
    sys.exit(main())
