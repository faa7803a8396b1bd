"""Changes that an analyst makes from a page, as records of the control topic."""

from __future__ import annotations

from collections.abc import Mapping

from models.control.records import Change
from models.errors import ControlError
from streams.console.knowledge import Knowledge
from streams.control_desk import Desk, draft
from streams.control_fields import new_change, period
from streams.settings import Settings

A_PATTERN = "this name holds * or ?, which a suppression reads as a pattern: nothing was changed"


class Changes:
    """Writes what every worker would take, and refuses the rest in the words of `distillwatch control`."""

    def __init__(self, settings: Settings, knowledge: Knowledge) -> None:
        self._settings = settings
        self._knowledge = knowledge

    def verdict(self, form: Mapping[str, str], author: str) -> Change:
        """Say what a finding was: `finding`, `verdict` and `reason` of the form.

        Raises
        ------
        ControlError
            There is no such finding, or a worker would refuse the change.
        DistillwatchError
            It could not be written.
        """
        uid = form.get("finding", "")
        episode = self._knowledge.find(uid)
        if episode is None:
            topic = self._settings.topics.alerts
            detail = f"there is no finding {uid[:64]!r} on {topic}: see `distillwatch alerts`"
            raise ControlError("unknown_finding", detail)
        about = {"tenant": episode.tenant or None, "signal": episode.strongest}
        fields = {"finding": uid, "verdict": form.get("verdict", ""), **about}
        return self._add({**new_change("verdict", author, form.get("reason")), **fields})

    def suppress(self, form: Mapping[str, str], author: str) -> Change:
        """Silence the findings of a tenant: `tenant`, `until`, `reason`, `signal`, `severity` and `learn`.

        Raises
        ------
        ControlError
            A worker would refuse the change, or read the name as a pattern.
        DistillwatchError
            It could not be written.
        """
        tenant = form.get("tenant", "")
        if set("*?") & set(tenant):
            raise ControlError("wrong_value", A_PATTERN)
        actions = ["do_not_alert", *(["do_not_learn"] if form.get("learn") else [])]
        fields = {
            "tenant": tenant,
            "signal": form.get("signal") or None,
            "severity_at_most": form.get("severity") or None,
            "actions": actions,
            **period(None, form.get("until") or None),
        }
        return self._add({**new_change("suppress", author, form.get("reason")), **fields})

    def remove(self, form: Mapping[str, str], author: str) -> Change:
        """Take a change back: `target` of the form.

        Raises
        ------
        ControlError
            There is no such change, or it cannot be taken back.
        DistillwatchError
            It could not be written.
        """
        return self._add({**new_change("remove", author), "target": form.get("target", "")})

    def _add(self, fields: Mapping[str, object]) -> Change:
        value = draft(fields)
        return Desk(self._settings).add(value)
