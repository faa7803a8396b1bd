"""The parts of kafka-python that we use: it has no types, and warns while it is imported."""

from __future__ import annotations

import logging
import warnings

# What goes wrong is raised; unless logging is set up, its own lines would go to standard error.
logging.getLogger("kafka").addHandler(logging.NullHandler())
logging.getLogger("aiokafka").addHandler(logging.NullHandler())

with warnings.catch_warnings():
    # It reads its schemas with functions that Python 3.11 and 3.12 call deprecated and 3.13 does not.
    warnings.filterwarnings("ignore", "(read|open)_text is deprecated", DeprecationWarning)
    from kafka import KafkaAdminClient, TopicPartition, errors  # type: ignore[import-untyped]
    from kafka.admin import ConfigResource, OffsetSpec  # type: ignore[import-untyped]
    from kafka.net.compat import KafkaNetClient  # type: ignore[import-untyped]
    from kafka.net.sasl.oauth import (  # type: ignore[import-untyped]
        AbstractTokenProvider as BlockingTokenProvider,
    )

__all__ = [
    "BlockingTokenProvider",
    "ConfigResource",
    "KafkaAdminClient",
    "KafkaNetClient",
    "OffsetSpec",
    "TopicPartition",
    "errors",
]
