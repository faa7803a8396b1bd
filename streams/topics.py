"""The topics that distillwatch needs on a broker: plan, apply, check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import TopicError
from streams.admin import Admin, GroupFacts
from streams.broker import open_admin
from streams.topic_plan import TopicPlan, grant, make_plan, topic_names

if TYPE_CHECKING:
    from streams.settings import Settings


def plan_topics(settings: Settings, *, with_source: bool = False) -> TopicPlan:
    """Return what is missing or different on the broker, whoever is to read and write there; changes nothing.

    Parameters
    ----------
    with_source
        Whether a missing source topic may be created, which is the platform's own otherwise.

    Raises
    ------
    BrokerError
        The broker does not answer or refuses us.
    """
    with open_admin(settings.kafka) as admin:
        return plan_with(admin, settings, with_source=with_source, as_worker=False)


def apply_topics(settings: Settings, *, with_source: bool = False) -> TopicPlan:
    """Create the topics that are missing and return the plan that was carried out.

    Topics that exist are never changed. If one of them has to be mended first, nothing is created.

    Raises
    ------
    TopicError
        A topic has to be mended by hand or may not be created; a line each.
    BrokerError
        The broker does not answer or refuses us.
    """
    with open_admin(settings.kafka) as admin:
        found = plan_with(admin, settings, with_source=with_source, as_worker=False)
        if found.problems:
            raise TopicError("\n".join(found.problems))
        if found.create:
            admin.create(found.create)
        return found


def check_topics(settings: Settings) -> list[str]:
    """Return a line for everything that keeps a worker from using the topics; empty when all is well.

    Raises
    ------
    BrokerError
        The broker does not answer or refuses us.
    """
    with open_admin(settings.kafka) as admin:
        return problems_of(plan_with(admin, settings))


def require_topics(settings: Settings) -> None:
    """Return if a worker can use the topics and its consumer group.

    Raises
    ------
    TopicError
        A topic is missing, has the wrong partitions or may not be used, or the group may not; a line each.
    BrokerError
        The broker does not answer or refuses us.
    """
    with open_admin(settings.kafka) as admin:
        found = plan_with(admin, settings)
        problems = [*problems_of(found), *group_problems(settings, admin.group(settings.kafka.group))]
    if problems:
        raise TopicError("\n".join(problems))


def plan_with(
    admin: Admin, settings: Settings, *, with_source: bool = False, as_worker: bool = True
) -> TopicPlan:
    """Return the plan, asking over an open connection; see `make_plan`."""
    existing = admin.topics(topic_names(settings))
    return make_plan(settings, existing, with_source=with_source, as_worker=as_worker)


def group_problems(settings: Settings, group: GroupFacts) -> list[str]:
    """Return a line if we may not use our consumer group."""
    if group.rights is None or "READ" in group.rights:
        return []
    name = settings.kafka.group
    return [f"may not use consumer group {name!r}: {grant(settings.kafka, 'Read', group=name)}"]


def problems_of(found: TopicPlan) -> list[str]:
    """Return a line for everything in a plan that is not as it has to be."""
    missing = [
        f"{spec.role} {spec.name!r} does not exist: run `distillwatch topics apply`" for spec in found.create
    ]
    return [*found.problems, *found.notes, *missing]
