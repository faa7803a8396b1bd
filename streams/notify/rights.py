"""What `distillwatch notify` needs on the broker, looked for before it starts."""

from __future__ import annotations

from collections.abc import Iterator

from models.errors import TopicError
from streams.admin import Admin
from streams.broker import open_admin
from streams.settings import Settings
from streams.topic_plan import grant


def group_of(settings: Settings) -> str:
    """Return the consumer group that reads findings for us."""
    return f"{settings.kafka.group}-notify"


def require_rights(settings: Settings) -> None:
    """Return if we can read findings, commit, and set records aside.

    Raises
    ------
    TopicError
        A topic is missing or may not be used, or the group may not; a line each.
    BrokerError
        The broker does not answer or refuses us.
    """
    with open_admin(settings.kafka) as admin:
        problems = list(_problems(admin, settings))
    if problems:
        raise TopicError("\n".join(problems))


def _problems(admin: Admin, settings: Settings) -> Iterator[str]:
    topics, kafka = settings.topics, settings.kafka
    needs = {topics.alerts: ("topics.alerts", "READ"), topics.dead_letters: ("topics.dead_letters", "WRITE")}
    found = admin.topics(list(needs))
    for name, (role, right) in needs.items():
        called, facts = f"{role} {name!r}", found.get(name)
        if facts is None:
            yield f"{called} does not exist: run `distillwatch topics apply`"
        elif facts.refused:
            yield f"may not see {called}: {grant(kafka, 'Describe', topic=name)}"
        elif right not in facts.rights:
            yield f"may not {right} {called}: {grant(kafka, right.title(), topic=name)}"
    group = group_of(settings)
    rights = admin.group(group).rights
    if rights is not None and "READ" not in rights:
        yield f"may not use consumer group {group!r}: {grant(kafka, 'Read', group=group)}"
