"""A right that was taken away while a worker ran: which one, and who has to give it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiokafka import errors  # type: ignore[import-untyped]

from models.errors import DistillwatchError, TopicError
from streams.topics import require_topics

if TYPE_CHECKING:
    from streams.settings import Settings

_REFUSED = "AuthorizationFailed"
"""Part of the names of all such errors, one of which may also be the text of a plain KafkaError."""


def explain_lost_right(settings: Settings, error: BaseException) -> TopicError | None:
    """Return what to say of an error that comes from a missing right, or None if it does not.

    Asks the broker which rights we miss, and so may take `kafka.request_timeout`; not for a thread with an
    event loop.
    """
    refusal = next((cause for cause in causes(error) if is_refusal(cause)), None)
    if refusal is None:
        return None
    told = isinstance(error, DistillwatchError)
    lines = [str(error) if told else f"a right was taken away ({refusal})"]
    if settings.topics.check_at_start:
        try:
            require_topics(settings)
        except DistillwatchError as found:
            lines.append(str(found))
    return TopicError("\n".join(lines))


def is_refusal(error: BaseException) -> bool:
    """Tell whether an error of aiokafka comes from a missing right."""
    return isinstance(error, errors.KafkaError) and _REFUSED in repr(error)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it."""
    while error is not None:
        yield error
        error = error.__cause__
