"""The topics that distillwatch needs on a broker: plan, apply, check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import TopicError
from streams.admin import Admin
from streams.broker import open_admin
from streams.topic_plan import TopicPlan, make_plan, topic_names

if TYPE_CHECKING:
    from streams.settings import Settings


def plan_topics(settings: Settings, *, with_source: bool = False) -> TopicPlan:
    """Return what is missing or different on the broker; changes nothing.

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
        return plan_with(admin, settings, with_source=with_source)


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
        found = plan_with(admin, settings, with_source=with_source)
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
    return problems_of(plan_topics(settings))


def require_topics(settings: Settings) -> None:
    """Return if a worker can use the topics.

    Raises
    ------
    TopicError
        A topic is missing, has the wrong partitions or may not be used; a line each.
    BrokerError
        The broker does not answer or refuses us.
    """
    problems = check_topics(settings)
    if problems:
        raise TopicError("\n".join(problems))


def plan_with(admin: Admin, settings: Settings, *, with_source: bool = False) -> TopicPlan:
    """Return the plan, asking over an open connection."""
    return make_plan(settings, admin.topics(topic_names(settings)), with_source=with_source)


def problems_of(found: TopicPlan) -> list[str]:
    """Return a line for everything in a plan that is not as it has to be."""
    missing = [
        f"{spec.role} {spec.name!r} does not exist: run `distillwatch topics apply`" for spec in found.create
    ]
    return [*found.problems, *found.notes, *missing]
