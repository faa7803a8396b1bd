"""The process `distillwatch`: one that computes on one core, so that workers scale by their number."""

from __future__ import annotations

import os
import sys

# numpy's libraries read these once, when they are loaded. With threads of their own they halve a worker.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def main() -> int:
    """Run the command line and return its exit code."""
    for variable in ONE_THREAD:
        os.environ.setdefault(variable, "1")
    from streams import cli  # noqa: PLC0415  loads numpy

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
