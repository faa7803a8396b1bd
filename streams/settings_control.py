"""The settings of what operators change while the detector runs."""

from __future__ import annotations

from streams.settings_section import Section


class ControlSettings(Section):
    """The control topic, and shadow mode."""

    enabled: bool = True
    """Whether workers follow the control topic; the same on all workers."""
    shadow: bool = False
    """Whether every finding is marked Experimental and alerts nobody."""
