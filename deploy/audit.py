"""Checks every pinned dependency for known vulnerabilities; `make audit` runs it.

pip-audit calls a package that the vulnerability service does not know, or cannot be asked about, skipped, and
a run that skipped all of them a clean one. Here only a package that was looked up counts as checked.

Exit codes: 0 for none with a known vulnerability, 1 for some, 2 where packages could not be checked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
CLEAN, VULNERABLE, UNCHECKED = 0, 1, 2


def main(options: Sequence[str]) -> int:
    """Audit all locks; the options go to pip-audit, such as `--ignore-vuln ID`."""
    locks = [
        word for lock in sorted(ROOT.glob("requirements*.lock")) for word in ("--requirement", str(lock))
    ]
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", *locks]
    command += ["--format", "json", "--progress-spinner", "off", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
        code, lines = UNCHECKED, [f"NOTHING WAS CHECKED: {last}"]
    else:
        code, lines = judge(report)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return code


def judge(report: Iterable[Mapping[str, Any]]) -> tuple[int, list[str]]:
    """Return the exit code for pip-audit's list of packages, and what to say."""
    packages = {(package["name"], package.get("version", "")): package for package in report}
    skipped = sorted({name for (name, _), package in packages.items() if "skip_reason" in package})
    lines = [line for _, package in sorted(packages.items()) for line in _vulnerabilities(package)]
    if all("skip_reason" in package for package in packages.values()):
        lines.append(
            f"NOTHING WAS CHECKED: the vulnerability service cannot be reached from this machine, "
            f"or knows none of the {len(packages)} packages; run this where it can"
        )
    elif skipped:
        lines.append(f"NOT CHECKED: {', '.join(skipped)}")
    if any(package.get("vulns") for package in packages.values()):
        return VULNERABLE, lines
    if skipped:
        return UNCHECKED, lines
    return CLEAN, [f"{len(packages)} packages, none with a known vulnerability"]


def _vulnerabilities(package: Mapping[str, Any]) -> Iterable[str]:
    for found in package.get("vulns", ()):
        names = ", ".join([found["id"], *found.get("aliases", ())])
        mended = ", ".join(found.get("fix_versions", ())) or "no version yet"
        yield f"{package['name']} {package['version']}: {names}; mended in {mended}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
