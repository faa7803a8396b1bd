"""Compiles the detector's core into `NUMBA_CACHE_DIR`: `python -m streams.warm`."""

from __future__ import annotations

from models.warming import warm_up

if __name__ == "__main__":
    warm_up()
