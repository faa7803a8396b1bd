"""Which errors come from a right that was taken away."""

from __future__ import annotations

import pytest
from aiokafka import errors

from models.errors import DeliveryError, TopicError
from streams.rights import explain_lost_right
from streams.settings import Settings

UNCHECKED = Settings.model_validate({"topics": {"check_at_start": False}})


@pytest.mark.parametrize(
    "error",
    [
        errors.TopicAuthorizationFailedError("alerts"),
        errors.GroupAuthorizationFailedError(),
        errors.KafkaError("TopicAuthorizationFailedError()"),
    ],
)
def test_every_error_of_a_missing_right_is_explained(error: Exception) -> None:
    explained = explain_lost_right(UNCHECKED, error)
    assert isinstance(explained, TopicError)
    assert "a right was taken away" in str(explained)
    assert "AuthorizationFailedError" in str(explained)


def test_what_was_said_already_is_kept() -> None:
    failure = DeliveryError("the topic alerts did not take a record")
    failure.__cause__ = errors.TopicAuthorizationFailedError("alerts")
    assert str(explain_lost_right(UNCHECKED, failure)) == str(failure)


@pytest.mark.parametrize("error", [errors.KafkaConnectionError("closed"), OSError("AuthorizationFailed")])
def test_other_errors_are_left_alone(error: Exception) -> None:
    assert explain_lost_right(UNCHECKED, error) is None
