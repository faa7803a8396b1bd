from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.errors import TopicError
from streams.broker import open_admin
from streams.topics import apply_topics, check_topics, plan_topics, require_topics

if TYPE_CHECKING:
    from conftest import Grant, MakeSettings, Names
    from kafka import KafkaAdminClient  # type: ignore[import-untyped]

    from streams.settings import Settings


def create(admin: KafkaAdminClient, **partitions: int) -> None:
    admin.create_topics(
        {name: {"num_partitions": n} for name, n in partitions.items()}, wait_for_metadata=True
    )


def test_a_fresh_broker_gets_our_seven_topics_and_the_source_stays_the_platforms(
    make_settings: MakeSettings, names: Names
) -> None:
    settings = make_settings()
    found = plan_topics(settings)
    assert [spec.name for spec in found.create] == names.all_topics()[1:]
    assert names.source in found.notes[0]
    assert "--with-source" in found.notes[0]
    assert apply_topics(settings) == found
    assert check_topics(settings) == list(found.notes)


def test_what_was_applied_passes_the_check_and_is_kept_by_the_next_plan(make_settings: MakeSettings) -> None:
    settings = make_settings()
    apply_topics(settings, with_source=True)
    again = plan_topics(settings)
    assert (again.create, again.problems, again.notes) == ((), (), ())
    assert len(again.keep) == 8
    require_topics(settings)


def test_topics_are_created_as_they_have_to_be(make_settings: MakeSettings, names: Names) -> None:
    settings = make_settings(
        topics={"partitions": 3}, source={"topic": names.source, "max_record_bytes": 3_000_000}
    )
    apply_topics(settings, with_source=True)
    with open_admin(settings.kafka) as admin:
        facts = admin.topics(names.all_topics())
    partitions = {name: facts[name].partitions for name in names.all_topics()}
    assert partitions == {**dict.fromkeys(partitions, 3), names.control: 1}
    configs = {name: facts[name].config or {} for name in names.all_topics()}
    assert configs[names.state]["cleanup.policy"] == "compact"
    assert configs[names.population]["cleanup.policy"] == "compact,delete"
    assert configs[names.sketches]["cleanup.policy"] == "delete"
    assert configs[names.fingerprints]["cleanup.policy"] == "delete"
    assert configs[names.control]["cleanup.policy"] == "compact"
    assert int(configs[names.dead_letters]["max.message.bytes"]) > 3_000_000
    assert configs[names.alerts]["retention.ms"] == str(30 * 86_400_000)


def test_partitions_that_differ_are_an_error_and_are_not_changed(
    make_settings: MakeSettings, names: Names, admin: KafkaAdminClient
) -> None:
    create(admin, **{names.source: 2, names.state: 3})
    settings = make_settings()
    with pytest.raises(TopicError, match=f"'{names.state}' has 3 partitions and needs 2, as many as"):
        apply_topics(settings)
    assert names.sketches not in admin.list_topics()


def test_too_few_sketch_partitions_name_the_setting(
    make_settings: MakeSettings, names: Names, admin: KafkaAdminClient
) -> None:
    create(admin, **{names.source: 2, names.sketches: 1})
    problem = plan_topics(make_settings()).problems[0]
    assert problem.startswith(f"topics.sketches '{names.sketches}' has 1 partitions and needs 2")
    assert "set topics.partitions = 1" in problem


def test_a_state_topic_that_forgets_is_an_error(
    make_settings: MakeSettings, names: Names, admin: KafkaAdminClient
) -> None:
    create(admin, **{names.state: 2})
    assert "has cleanup.policy=delete and needs compact" in plan_topics(make_settings()).problems[0]


def test_the_state_of_a_source_that_is_keyed_by_tenant_has_as_many_partitions(
    make_settings: MakeSettings, names: Names, admin: KafkaAdminClient
) -> None:
    create(admin, **{names.source: 5})
    created = apply_topics(make_settings(source={"keyed_by_tenant": True})).create
    assert {spec.name: spec.partitions for spec in created} == {
        names.state: 5,
        names.population: 5,
        names.fingerprints: 5,
        names.control: 1,
        names.alerts: 2,
        names.dead_letters: 2,
    }


def test_more_copies_than_brokers_are_refused_with_the_setting_to_mend(make_settings: MakeSettings) -> None:
    with pytest.raises(TopicError, match=r"mend topics.partitions or topics.replication_factor"):
        apply_topics(make_settings(topics={"replication_factor": 3}))


def test_who_may_not_see_topics_is_told_the_right_to_ask_for(
    guarded_settings: Settings, names: Names
) -> None:
    problems = check_topics(guarded_settings)
    assert len(problems) == 8
    assert f"may not see source.topic '{names.source}'" in problems[0]
    assert "--allow-principal 'User:distillwatch' --operation Describe --topic" in problems[0]


def test_who_may_not_create_topics_is_told_the_right_to_ask_for(
    guarded_settings: Settings, names: Names, grant: Grant
) -> None:
    for name in names.all_topics():
        grant("DESCRIBE", topic=name)
    with pytest.raises(TopicError, match=f"may not create topic '{names.sketches}'.*--operation Create"):
        apply_topics(guarded_settings)


def test_rights_that_are_missing_are_named_one_by_one(
    guarded_settings: Settings, names: Names, grant: Grant
) -> None:
    for name in names.all_topics():
        for right in ("CREATE", "DESCRIBE_CONFIGS", "READ", "WRITE"):
            if (name, right) != (names.alerts, "WRITE"):
                grant(right, topic=name)
    apply_topics(guarded_settings, with_source=True)
    [problem] = check_topics(guarded_settings)
    assert problem.startswith(f"may not WRITE topics.alerts '{names.alerts}'")
    grant("WRITE", topic=names.alerts)
    assert check_topics(guarded_settings) == []
