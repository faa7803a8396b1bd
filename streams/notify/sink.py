"""What takes a message to a service."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Protocol

from models.errors import DistillwatchError
from streams.notify.message import Message


class SinkError(DistillwatchError):
    """A service did not take a message; the text names neither address nor key.

    Parameters
    ----------
    again
        Whether a later attempt may succeed.
    after
        Seconds that the service asks us to wait, where it does.
    """

    def __init__(self, detail: str, *, again: bool = True, after: float = 0.0) -> None:
        super().__init__(detail)
        self.again = again
        self.after = after


class Sink(Protocol):
    """A service that people read: a storm becomes a summary there, and resolving is told on request."""

    @property
    def kind(self) -> str:
        """What it is, for logs and metrics, such as `slack`."""

    def send(self, message: Message) -> None:
        """Deliver a message; may be called again with the same.

        Raises
        ------
        SinkError
            It was not taken.
        """


class System(ABC):
    """A service that keeps alerts by the uid of their episode, and is told each single change."""

    kind: ClassVar[str]

    @abstractmethod
    def send(self, message: Message) -> None:
        """Deliver a message; see `Sink`."""

    def restore(self, message: Message) -> None:  # noqa: B027 - most need none of these
        """Take note of a change that was told before we started."""

    def forget(self, uids: Iterable[str]) -> None:  # noqa: B027 - the same
        """Say no more of episodes that somebody else looks after now."""

    def tick(self) -> None:  # noqa: B027 - the same
        """Tell again what has to be told again by now."""
