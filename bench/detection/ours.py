"""Our detector over the same sketches, at its default settings."""

from __future__ import annotations

from collections.abc import Sequence

from models.config import DetectorConfig
from models.finding import Activity
from models.sketch import Sketch
from models.tenant import TenantModel

NAME = "distillwatch"


def alert_times(tenant: str, sketches: Sequence[Sketch]) -> list[int]:
    """Return when the tenant's episodes open, in Unix milliseconds."""
    model = TenantModel(tenant, DetectorConfig())
    findings = (finding for sketch in sketches for finding in model.apply(sketch))
    return [finding.time for finding in findings if finding.activity is Activity.CREATE]
