"""What `distillwatch console` needs on the broker, looked for before it starts."""

from __future__ import annotations

from collections.abc import Iterator

from models.errors import TopicError
from streams.admin import Admin
from streams.broker import open_admin
from streams.settings import Settings
from streams.topic_plan import grant


def require_rights(settings: Settings) -> None:
    """Return if we can read what we show, and write changes where that is enabled.

    Raises
    ------
    TopicError
        A topic is missing or may not be used; a line each.
    BrokerError
        The broker does not answer or refuses us.
    """
    with open_admin(settings.kafka) as admin:
        problems = list(_problems(admin, settings))
    if problems:
        raise TopicError("\n".join(problems))


def _needs(settings: Settings) -> dict[str, tuple[str, tuple[str, ...]]]:
    topics = settings.topics
    needs: dict[str, tuple[str, tuple[str, ...]]] = {topics.alerts: ("topics.alerts", ("READ",))}
    if settings.control.enabled:
        needs[topics.control] = ("topics.control", ("READ", "WRITE") if settings.console.write else ("READ",))
    if settings.scores.enabled:
        needs[topics.scores] = ("topics.scores", ("READ",))
    return needs


def _problems(admin: Admin, settings: Settings) -> Iterator[str]:
    kafka, needs = settings.kafka, _needs(settings)
    found = admin.topics(list(needs))
    for name, (role, rights) in needs.items():
        called, facts = f"{role} {name!r}", found.get(name)
        if facts is None:
            yield f"{called} does not exist: run `distillwatch topics apply`"
            continue
        if facts.refused:
            yield f"may not see {called}: {grant(kafka, 'Describe', topic=name)}"
            continue
        for right in rights:
            if right not in facts.rights:
                yield f"may not {right} {called}: {grant(kafka, right.title(), topic=name)}"
