"""Coverage-guided fuzzing of every decoder: `python -m tests.fuzz [--seconds 60] [--seed N] [name ...]`.

Each target runs in a process of its own. An error that is not the decoder's own, an input that takes seconds
and memory out of proportion fail it, and the input is kept under `.cache/fuzz/<name>/`.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import TARGETS

FOLDER = Path(".cache/fuzz")
LIMITS = {"rss_limit_mb": 1024, "malloc_limit_mb": 256, "timeout": 10, "print_final_stats": 1}
TAIL = 4000


def main() -> int:
    """Fuzz the named targets, or all of them, one after the other; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=random.randrange(1, 2**31))
    options = parser.parse_args()
    if unknown := set(options.names) - set(TARGETS):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    say(f"fuzzing with seed {options.seed}, {options.seconds} s a target")
    results = [fuzz(name, options.seconds, options.seed) for name in options.names or TARGETS]
    return 0 if all(results) else 1


def fuzz(name: str, seconds: int, seed: int) -> bool:
    """Fuzz one target; true if it held."""
    folder = FOLDER / name
    shutil.rmtree(folder / "corpus", ignore_errors=True)
    (folder / "corpus").mkdir(parents=True)
    for number, value in enumerate(TARGETS[name].seeds()):
        (folder / "corpus" / f"seed-{number}").write_bytes(value)
    limits = LIMITS | {"max_total_time": seconds, "seed": seed, "max_len": TARGETS[name].max_bytes}
    flags = [f"-{limit}={value}" for limit, value in limits.items()]
    command = [sys.executable, "-m", "tests.fuzz.guided", name, f"-artifact_prefix={folder}/", *flags]
    done = subprocess.run(
        [*command, str(folder / "corpus")], capture_output=True, text=True, errors="replace", check=False
    )
    report(name, done)
    return done.returncode == 0


def report(name: str, done: subprocess.CompletedProcess[str]) -> None:
    """Print what one target came to."""
    counted = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    covered = re.findall(r" cov: (\d+)", done.stderr)
    say(f"{name:9}{counted[1] if counted else '?':>10} executions, {covered[-1] if covered else '?'} edges")
    if done.returncode:
        say(f"{done.stdout[-TAIL:]}\n{done.stderr[-TAIL:]}\nthe input is in {FOLDER / name}/")


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
