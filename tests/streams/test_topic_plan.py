from __future__ import annotations

from dataclasses import replace

import pytest

from streams.settings import Settings
from streams.topic_plan import TopicFacts, TopicPlan, make_plan, topic_names
from streams.topic_specs import TopicSpec, wanted_topics

EVERY_RIGHT = frozenset({"READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS"})
STATE, SKETCHES, SOURCE = "distillwatch-state", "distillwatch-sketches", "llm-requests"
POPULATION, FINGERPRINTS = "distillwatch-population", "distillwatch-fingerprints"
CONTROL = "distillwatch-control"


def settings(**sections: dict[str, object]) -> Settings:
    return Settings.model_validate(sections)


def as_wanted(spec: TopicSpec) -> TopicFacts:
    return TopicFacts(spec.name, spec.partitions, spec.replication, spec.creation_config(), EVERY_RIGHT)


def good(chosen: Settings) -> dict[str, TopicFacts]:
    return {spec.name: as_wanted(spec) for spec in wanted_topics(chosen, 4)}


def plan_with(chosen: Settings, name: str, **changes: object) -> TopicPlan:
    existing = good(chosen)
    existing[name] = replace(existing[name], **changes)  # type: ignore[arg-type]
    return make_plan(chosen, existing)


def test_what_is_created_is_what_is_needed() -> None:
    plan = make_plan(settings(), good(settings()))
    assert plan == TopicPlan(keep=tuple(wanted_topics(settings(), 4)))


def test_the_source_is_created_only_when_asked() -> None:
    assert [spec.role for spec in make_plan(settings(), {}).create] == [
        "topics.sketches",
        "topics.state",
        "topics.population",
        "topics.fingerprints",
        "topics.control",
        "topics.alerts",
        "topics.dead_letters",
    ]
    assert make_plan(settings(), {}, with_source=True).create[0].role == "source.topic"


def test_every_source_is_needed_and_named_and_created_when_asked() -> None:
    chosen = settings(
        sources={"b": {"topic": "other"}, "c": {"topic": "third", "max_record_bytes": 2_000_000}}
    )
    assert topic_names(chosen)[:3] == [SOURCE, "other", "third"]
    existing = {SOURCE: good(chosen)[SOURCE]}
    noted = make_plan(chosen, existing).notes
    assert [note.split(" does")[0] for note in noted] == [
        "sources.b.topic 'other'",
        "sources.c.topic 'third'",
    ]
    created = make_plan(chosen, existing, with_source=True).create
    assert [spec.role for spec in created[:2]] == ["sources.b.topic", "sources.c.topic"]
    assert created[1].creation_config()["max.message.bytes"] == "2000000"


def test_every_source_must_be_readable() -> None:
    chosen = settings(sources={"b": {"topic": "other"}})
    [problem] = plan_with(chosen, "other", rights=frozenset()).problems
    assert problem.startswith("may not READ sources.b.topic 'other'")
    assert plan_with(chosen, "other", replication=0).problems == ()


def test_a_dead_letter_holds_the_largest_record_with_its_headers() -> None:
    chosen = settings(source={"max_record_bytes": 5_000_000})
    config = wanted_topics(chosen, 1)[-1].creation_config()
    assert int(config["max.message.bytes"]) == 5_000_000 + 65_536
    chosen = settings(sources={"b": {"topic": "other", "max_record_bytes": 50_000_000}})
    config = wanted_topics(chosen, 1)[-1].creation_config()
    assert int(config["max.message.bytes"]) == 50_000_000 + 65_536


def test_a_snapshot_of_the_largest_size_fits_the_state_topic() -> None:
    state = wanted_topics(settings(state={"max_snapshot_bytes": 8_000_000}), 1)[2]
    assert int(state.creation_config()["max.message.bytes"]) > 8_000_000


def test_a_source_keyed_by_tenant_needs_no_sketches_and_rules_the_state() -> None:
    chosen = settings(source={"keyed_by_tenant": True})
    assert SKETCHES not in topic_names(chosen)
    source = TopicFacts(SOURCE, 12, 1, {}, EVERY_RIGHT)
    planned = {spec.name: spec.partitions for spec in make_plan(chosen, {SOURCE: source}).create}
    assert planned[STATE] == planned[POPULATION] == planned[FINGERPRINTS] == 12


def test_without_a_comparison_with_peers_no_population_topic_is_needed() -> None:
    assert POPULATION in topic_names(settings())
    assert POPULATION not in topic_names(settings(population={"enabled": False}))


@pytest.mark.parametrize("section", ["population", "campaigns"])
def test_without_a_search_for_campaigns_no_fingerprint_topic_is_needed(section: str) -> None:
    assert FINGERPRINTS in topic_names(settings())
    assert FINGERPRINTS not in topic_names(settings(**{section: {"enabled": False}}))


def test_where_nobody_follows_changes_no_control_topic_is_needed() -> None:
    assert CONTROL in topic_names(settings())
    assert CONTROL not in topic_names(settings(control={"enabled": False}))


def test_without_its_source_the_state_cannot_be_planned() -> None:
    plan = make_plan(settings(source={"keyed_by_tenant": True}), {})
    assert plan.create == ()
    assert "source.topic 'llm-requests' does not exist" in plan.problems[0]


def test_a_source_that_may_not_be_seen_is_the_only_problem_of_a_keyed_state() -> None:
    chosen = settings(source={"keyed_by_tenant": True})
    hidden = TopicFacts(SOURCE, 0, 0, None, frozenset(), refused=True)
    [problem] = make_plan(chosen, {SOURCE: hidden}).problems
    assert problem.startswith("may not see source.topic")


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        (
            SKETCHES,
            {"partitions": 8},
            "has 8 partitions and needs 4 (topics.partitions): set topics.partitions = 8",
        ),
        (STATE, {"partitions": 8}, "has 8 partitions and needs 4, as many as 'distillwatch-sketches'"),
        (POPULATION, {"partitions": 1}, "has 1 partitions and needs 4, as many as 'distillwatch-sketches'"),
        (FINGERPRINTS, {"partitions": 1}, "delete the fingerprint topic and run `distillwatch topics apply`"),
        (FINGERPRINTS, {"rights": frozenset({"READ"})}, "may not WRITE topics.fingerprints"),
        (CONTROL, {"partitions": 4}, "so that all see the changes in one order"),
        (CONTROL, {"rights": frozenset({"WRITE"})}, "may not READ topics.control"),
        (
            STATE,
            {"config": {"cleanup.policy": "compact,delete"}},
            "has cleanup.policy=compact,delete and needs compact",
        ),
        (SKETCHES, {"config": {"cleanup.policy": "compact"}}, "has cleanup.policy=compact and needs delete"),
        ("distillwatch-alerts", {"rights": frozenset({"READ"})}, "may not WRITE topics.alerts"),
        (SOURCE, {"rights": frozenset({"DESCRIBE"})}, "--operation Read --topic llm-requests"),
        (STATE, {"config": None}, "may not read the configuration of topics.state"),
        (STATE, {"replication": 0}, "has 0 copies and topics.replication_factor is 1"),
    ],
)
def test_what_differs_is_a_line_that_says_what_and_how_to_mend_it(
    name: str, changes: dict[str, object], says: str
) -> None:
    plan = plan_with(settings(), name, **changes)
    assert says in plan.problems[0]
    assert ": " in plan.problems[0]
    assert name not in {spec.name for spec in plan.keep}


def test_a_state_that_agrees_with_its_sketches_is_not_blamed_for_their_partitions() -> None:
    existing = good(settings())
    [problem] = make_plan(settings(topics={"partitions": 8}), existing).problems
    assert problem.startswith("topics.sketches")


def test_more_than_needed_is_well() -> None:
    chosen = settings()
    config = {"cleanup.policy": "delete", "retention.ms": "-1", "max.message.bytes": "99999999"}
    assert plan_with(chosen, SKETCHES, config=config, replication=3).problems == ()
    assert plan_with(chosen, "distillwatch-alerts", partitions=1).problems == ()
    assert plan_with(chosen, SOURCE, partitions=64, replication=2).problems == ()


def test_too_short_a_retention_of_sketches_is_a_problem() -> None:
    config = {"cleanup.policy": "delete", "retention.ms": "3600000", "max.message.bytes": "99999999"}
    [problem] = plan_with(settings(), SKETCHES, config=config).problems
    assert "has retention.ms=3600000 and needs 86400000" in problem


def test_a_right_is_asked_for_in_the_name_that_logs_in() -> None:
    login = {"sasl_mechanism": "PLAIN", "sasl_username": "watch", "sasl_password": "secret"}
    chosen = settings(kafka={"security_protocol": "SASL_PLAINTEXT", **login})
    [problem] = plan_with(chosen, SOURCE, rights=frozenset()).problems
    assert "--allow-principal 'User:watch'" in problem
    assert "secret" not in problem


def test_the_lines_of_a_plan_begin_with_what_is_done() -> None:
    existing = {STATE: replace(as_wanted(wanted_topics(settings(), 4)[2]), partitions=9)}
    verbs = [line.split()[0] for line in make_plan(settings(), existing).lines()]
    assert verbs == ["create"] * 6 + ["mend", "note"]
