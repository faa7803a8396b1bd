"""Why a broker did not take a record, in plain words."""

from __future__ import annotations

from aiokafka import errors  # type: ignore[import-untyped]

from models.errors import DeliveryError, TopicError

_TOO_LARGE = (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError, errors.PolicyViolationError)
_FORBIDDEN = (errors.TopicAuthorizationFailedError, errors.ClusterAuthorizationFailedError)
_AFTERWARDS = "nothing was committed past it: start the worker again, and nothing is missing"


def refusal(topic: str, error: BaseException) -> DeliveryError | TopicError:
    """Return the error to end the worker with: a `TopicError` where only a hand can mend it."""
    name = type(error).__name__
    if isinstance(error, _TOO_LARGE):
        return TopicError(
            f"the topic {topic} refuses a record by its size ({name}): raise its max.message.bytes; "
            f"{_AFTERWARDS}"
        )
    if isinstance(error, _FORBIDDEN):
        return TopicError(f"we may not write to the topic {topic} ({name}): grant Write on it; {_AFTERWARDS}")
    if isinstance(error, errors.UnknownTopicOrPartitionError):
        return TopicError(f"the topic {topic} is gone ({name}): create it anew; {_AFTERWARDS}")
    return DeliveryError(f"the topic {topic} did not take a record ({name}); {_AFTERWARDS}")


def created_anew(topic: str, partition: int, position: int, end: int) -> TopicError:
    """Return what to raise when our state is ahead of a topic that it was made from."""
    return TopicError(
        f"the state topic knows offset {position - 1} of {topic}-{partition}, which ends at {end}: the topic "
        "was created anew; delete and create the state topic too"
    )
