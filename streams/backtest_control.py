"""What operators changed, in a backtest: the records of a file, each verdict at its time among the events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.config import DetectorConfig
from models.control.control import Control, Draft
from models.control.parsing import parse_change
from models.control.records import Change, Judged
from models.errors import ControlError, SettingsError
from models.steering import Steering

_NEVER = 2**62


class BacktestControl:
    """Hands verdicts out as time passes; rules say for themselves from when on they hold.

    Parameters
    ----------
    control
        All changes.
    score_ms
        Interval of event time of which each tenant's scores are told, in milliseconds; 0 for none.
    """

    def __init__(self, control: Control, config: DetectorConfig, *, score_ms: int = 0) -> None:
        self.steering = Steering(config, score_ms=score_ms)
        self.steering.follow(control)
        self._waiting = sorted(
            control.verdicts.items(), key=lambda item: (item[1].time, item[0]), reverse=True
        )
        self._given: dict[str, Change] = {}
        self.steering.verdicts = self._given

    @property
    def answered(self) -> dict[str, int]:
        """When findings got the verdicts that were handed out, in Unix milliseconds, by uid."""
        return {uid: verdict.time for uid, verdict in self._given.items()}

    def parts(self, newest: NDArray[np.int64]) -> Iterator[tuple[int, int, list[str]]]:
        """Cut requests where verdicts are due.

        Parameters
        ----------
        newest
            The newest event time so far at each request, in Unix milliseconds.

        Yields
        ------
        tuple
            Where a part begins and ends, and the tenants that verdicts before it are about.
        """
        done = 0
        while done < len(newest):
            tenants = self._hand_out(int(newest[done]))
            following = self._waiting[-1][1].time if self._waiting else _NEVER
            end = int(np.searchsorted(newest, following))
            yield done, end, tenants
            done = end

    def go_on(self, time: int) -> None:
        """Take note of the verdicts that were handed out when the newest event time was this, in Unix ms.

        Their tenants are as they were after it, so nobody has to be answered again.
        """
        self._hand_out(time)

    def _hand_out(self, time: int) -> list[str]:
        tenants = []
        while self._waiting and self._waiting[-1][1].time <= time:
            uid, verdict = self._waiting.pop()
            self._given[uid] = verdict
            if isinstance(what := verdict.what, Judged) and what.tenant:
                tenants.append(what.tenant)
        return tenants


def load_control(path: Path) -> Control:
    """Read changes from a file, a JSON record a line, as `control list --records` writes them.

    Raises
    ------
    SettingsError
        The file cannot be read, or a line is refused: names the line and the reason.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None
    return control_of(enumerate(lines, 1), str(path))


def control_of(records: Iterable[tuple[int, bytes]], place: str) -> Control:
    """Return what records add up to; blank ones are left out.

    Parameters
    ----------
    records
        Each with the number that errors name it by.
    place
        Where they come from, for errors.

    Raises
    ------
    SettingsError
        A record is refused: names the place and the reason.
    """
    draft = Draft()
    for number, record in records:
        try:
            if record.strip():
                draft.add(parse_change(record))
        except ControlError as error:
            raise SettingsError(f"{place}:{number}: {error}") from None
    return draft.finish()
