"""What all sections of the settings share."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

TopicName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
ENCRYPTED = re.compile(r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$))")
"""Addresses to which a secret may be sent: with TLS, or on this machine."""


class Section(BaseModel):
    """What all sections share: frozen, unknown keys refused, described by their attribute docstrings."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )
