"""Which findings `distillwatch alerts` prints, and how."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Self

from rich.console import Console

from models.errors import DecodeError
from models.finding import Severity
from streams.alert_text import AlertPrinter
from streams.finding_view import FindingView, read_finding


@dataclass(frozen=True, slots=True)
class Filter:
    """Which findings are wanted.

    Parameters
    ----------
    severity
        The least grave.
    tenant
        Whom they concern; everybody where it is None.
    """

    severity: Severity | None = None
    tenant: str | None = None

    @classmethod
    def of(cls, severity: str | None, tenant: str | None) -> Self:
        """Read the name of a severity, in small letters."""
        return cls(None if severity is None else Severity[severity.upper()], tenant)

    @property
    def wants_all(self) -> bool:
        """Whether nothing is left out."""
        return self.severity is None and self.tenant is None

    def wants(self, finding: FindingView) -> bool:
        """Tell whether a finding is wanted."""
        grave = self.severity is None or finding.severity >= self.severity
        return grave and (self.tenant is None or finding.concerns(self.tenant))


class AlertOutput:
    """Writes findings to standard output: as text, or as they stand on the topic.

    A record that is no finding is written as it is among JSON without a filter, and otherwise named on
    standard error; neither ends the output.
    """

    def __init__(self, chosen: Filter, *, text: bool, details: bool = False) -> None:
        self._chosen = chosen
        self._printer = AlertPrinter(Console(), details=details) if text else None

    def take(self, value: bytes | None, place: str) -> None:
        """Write a record's value, if it is wanted; `place` names it on the topic."""
        if self._printer is None and self._chosen.wants_all:
            self._write(value)
            return
        try:
            finding = read_finding(value)
        except DecodeError as error:
            sys.stderr.write(f"distillwatch: {place} is left out: {error.detail}\n")
            return
        if not self._chosen.wants(finding):
            return
        if self._printer is None:
            self._write(value)
        else:
            self._printer.print(finding)

    @staticmethod
    def _write(value: bytes | None) -> None:
        sys.stdout.write((value or b"").decode(errors="replace") + "\n")
        sys.stdout.flush()
