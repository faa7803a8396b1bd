"""Every error that distillwatch raises on purpose."""

from __future__ import annotations


class DistillwatchError(Exception):
    """Base of all errors below; its text says what is wrong and what to do."""


class DecodeError(DistillwatchError):
    """A record cannot be understood; it goes to the dead-letter topic.

    Parameters
    ----------
    reason
        A short constant for headers and metric labels, such as `missing_field`.
    detail
        One sentence for a person. It never contains text of the payload.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class ControlError(DistillwatchError):
    """A change that an operator asks for is refused; nothing of it takes effect.

    Parameters
    ----------
    reason
        A short constant for metric labels, such as `unknown_field`.
    detail
        One sentence for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class SnapshotError(DistillwatchError):
    """A stored tenant state is damaged, too large or of an unknown version; that tenant starts cold."""


class SettingsError(DistillwatchError):
    """A setting is missing or wrong; the start stops and names the setting."""


class TopicError(DistillwatchError):
    """A topic is missing, has the wrong partitions, or may not be used; says how to mend it."""


class BrokerError(DistillwatchError):
    """The broker cannot be reached or refuses us."""


class RefusedError(BrokerError):
    """A broker, or who gives tokens for it, does not admit us; another attempt would be refused as well."""


class DeliveryError(DistillwatchError):
    """A record could not be delivered; nothing is committed past it."""


WRONG_SETUP = (SettingsError, TopicError, RefusedError, ControlError)
"""Errors that starting again cannot mend; commands end with exit code 2."""
