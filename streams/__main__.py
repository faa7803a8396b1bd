"""The process `distillwatch`: one that computes on one core, so that workers scale by their number."""

from __future__ import annotations

import faulthandler
import os
import sys

# numpy's libraries read these once, when they are loaded. With threads of their own they halve a worker.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def main() -> int:
    """Run the command line and return its exit code."""
    for variable in ONE_THREAD:
        os.environ.setdefault(variable, "1")
    if sys.__stderr__:
        faulthandler.enable(sys.__stderr__)  # what compiled code was called from when it ended the process
    from streams import cli  # noqa: PLC0415  loads numpy

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
