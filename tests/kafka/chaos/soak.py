"""The resident size of a process over time."""

from __future__ import annotations

import csv
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from scipy.stats import theilslopes

MEGABYTE = 1_000_000


@dataclass
class Curve:
    """Samples of a process.

    Parameters
    ----------
    seconds, megabytes
        When, since the first sample, and how large.
    """

    pid: int
    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def sample(self) -> None:
        """Take a sample now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        self.seconds.append(time.monotonic() - self._began)
        self.megabytes.append(pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE)

    def growth(self) -> float:
        """Return by what share it grew over the last two thirds: the robust slope, against the median."""
        start = len(self.seconds) // 3
        seconds, megabytes = self.seconds[start:], self.megabytes[start:]
        slope = float(theilslopes(megabytes, seconds).slope)
        return slope * (seconds[-1] - seconds[0]) / median(megabytes)

    def write(self, file: Path) -> None:
        """Write the samples as CSV."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(["seconds", "megabytes"])
            rows.writerows(
                (f"{at:.1f}", f"{size:.2f}") for at, size in zip(self.seconds, self.megabytes, strict=True)
            )

    def __str__(self) -> str:
        warm = self.megabytes[len(self.megabytes) // 3 :]
        sizes = f"{self.megabytes[0]:.1f} MB at first, then {min(warm):.1f} to {max(warm):.1f} MB"
        return f"{self.seconds[-1] / 60:.1f} minutes: {sizes}, {self.growth():+.2%} over the last two thirds"
