"""What a backtest keeps beside its report while it runs, so that it can go on after it was ended."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from models.control.control import Control
from models.control.encoding import encode_change
from models.errors import DistillwatchError, SettingsError
from streams.backtest_folder import WORK
from streams.release import release
from streams.settings import Settings

_PLAN = "plan.json"
Plan = Mapping[str, Any]
"""What must be the same when a backtest goes on, and what it decided at its start."""


class Work:
    """The working files of one backtest.

    Parameters
    ----------
    report
        The folder of the report; made if it does not exist.
    resume
        Whether to go on from what is there; it begins anew otherwise.

    Raises
    ------
    DistillwatchError
        There is nothing to go on from, or the folder cannot be made.
    """

    def __init__(self, report: Path, *, resume: bool) -> None:
        self.folder = report / WORK
        self.plan: Plan = _read_plan(self.folder) if resume else {}
        try:
            report.mkdir(parents=True, exist_ok=True)
            if not resume and self.folder.exists():
                shutil.rmtree(self.folder)
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise DistillwatchError(f"cannot make the folder {report}: {error.strerror}") from None

    def begin(self, plan: Plan) -> None:
        """Take note of what is judged and how, or check that it is still the same.

        Raises
        ------
        SettingsError
            It is not; says what differs.
        """
        if self.plan:
            differ = sorted(name for name in plan if plan[name] != self.plan.get(name))
            if differ:
                detail = "the backtest that was ended had others: give the same, or start without --resume"
                raise SettingsError(f"--resume: {', '.join(differ)}: {detail}")
            return
        fresh = self.folder / f"{_PLAN}.part"
        fresh.write_bytes(orjson.dumps(plan))
        fresh.replace(self.folder / _PLAN)
        self.plan = plan

    def file(self, number: int) -> Path:
        """Return where one of the runs is kept."""
        return self.folder / f"{number}.db"

    def finish(self) -> None:
        """Remove the working files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def settings_name(settings: Settings) -> str:
    """Name settings: equal settings, equal name.

    Of the hash key only 16 bits enter, which tell a changed key and help nobody to guess it.
    """
    key = blake2b(settings.privacy.key, digest_size=2).digest()
    return blake2b(settings.model_dump_json().encode() + key, digest_size=8).hexdigest()


def same_files(names: Sequence[str]) -> list[dict[str, Any]]:
    """Describe files so that one that was changed is noticed."""
    found = [(name, Path(name).stat()) for name in names]
    return [{"file": name, "size": stat.st_size, "changed": stat.st_mtime_ns} for name, stat in found]


def plan_of(
    settings: Settings,
    inputs: object,
    outputs: Sequence[str | None],
    tries: Sequence[str],
    control: Control,
) -> dict[str, Any]:
    """Return what must stay the same until the backtest is finished."""
    return {
        "release": release(),
        "settings": settings_name(settings),
        "input": inputs,
        "outputs": list(outputs),
        "tries": list(tries),
        "control": _control_name(control),
    }


def _control_name(control: Control) -> str:
    """Name what operators changed: equal changes in one order, equal name."""
    records = b"\n".join(encode_change(change)[1] for change in control.changes.values())
    return blake2b(records, digest_size=8).hexdigest()


def _read_plan(folder: Path) -> Plan:
    try:
        found: Plan = orjson.loads((folder / _PLAN).read_bytes())
    except FileNotFoundError:
        detail = "there is no backtest that was ended before its time: start without --resume"
        raise DistillwatchError(f"{folder.parent}: {detail}") from None
    except (OSError, ValueError):
        raise DistillwatchError(f"{folder / _PLAN} is damaged: start without --resume") from None
    return found
