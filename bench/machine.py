"""What a run ran on: the machine, its load, and the versions that matter."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kafka_libraries import find_java, kafka_version

PACKAGES = ("aiokafka", "faust-streaming", "river", "orjson", "numba", "numpy", "tokenizers", "uvloop")


def machine() -> dict[str, str]:
    """Return processor, cores, memory, system and the load of the last minute."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{pages / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load at the start": f"{os.getloadavg()[0]:.2f}",
    }


def versions(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the versions of the interpreter, packages, broker and Java, and of what else is named."""
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found | {"Apache Kafka": kafka_version(), "Java": _java()} | dict(more or {})


def _processor() -> str:
    known = re.search(r"^model name\s*: (.*)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return known[1] if known else platform.processor() or "unknown"


def _java() -> str:
    said = subprocess.run([find_java(), "-version"], capture_output=True, text=True, check=False).stderr
    known = re.search(r'version "([^"]+)"', said)
    return known[1] if known else "unknown"


def _read(path: str) -> str:
    file = Path(path)
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
