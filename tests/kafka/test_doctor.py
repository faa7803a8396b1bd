from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from streams.doctor import diagnose
from streams.kafka_python import TopicPartition
from streams.topics import apply_topics

if TYPE_CHECKING:
    from conftest import Grant, MakeSettings, Names
    from kafka import KafkaAdminClient  # type: ignore[import-untyped]

    from streams.doctor import Diagnosis
    from streams.settings import Settings


def failures(found: list[Diagnosis]) -> list[str]:
    return [diagnosis.name for diagnosis in found if not diagnosis.ok]


def named(found: list[Diagnosis], name: str) -> list[Diagnosis]:
    return [diagnosis for diagnosis in found if diagnosis.name == name]


def test_a_prepared_broker_is_healthy(make_settings: MakeSettings, names: Names) -> None:
    settings = make_settings()
    apply_topics(settings, with_source=True)
    found = diagnose(settings)
    assert failures(found) == []
    checked = [diagnosis.name for diagnosis in found]
    assert checked == [
        "broker",
        "log-in",
        "topics",
        "group",
        "lag",
        "lag",
        "clock",
    ]
    assert named(found, "group")[0].detail == f"no worker of group '{names.group}' is running"
    assert "has not committed anything there yet" in named(found, "lag")[0].detail
    assert named(found, "clock")[0].detail == "within 30 s of the broker's"


def test_missing_topics_come_with_the_command_that_makes_them(make_settings: MakeSettings) -> None:
    found = named(diagnose(make_settings()), "topics")
    assert len(found) == 8
    assert {diagnosis.remedy for diagnosis in found[1:]} == {"run `distillwatch topics apply`"}


def test_a_broker_that_is_down_is_the_only_diagnosis(make_settings: MakeSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    [found] = diagnose(make_settings(kafka={"bootstrap_servers": f"127.0.0.1:{closed}"}))
    assert (found.name, found.ok) == ("broker", False)
    assert found.remedy == "start the broker or mend kafka.bootstrap_servers"


def test_a_clock_that_is_off_is_found(make_settings: MakeSettings) -> None:
    settings = make_settings()
    apply_topics(settings, with_source=True)
    found = diagnose(settings, clock=lambda: time.time() + 120)
    assert failures(found) == ["clock"]
    assert "120 s ahead of the broker" in named(found, "clock")[0].detail


def test_offsets_beyond_the_end_are_found(
    make_settings: MakeSettings, names: Names, admin: KafkaAdminClient
) -> None:
    from kafka.structs import OffsetAndMetadata  # type: ignore[import-untyped]  # noqa: PLC0415

    settings = make_settings()
    apply_topics(settings, with_source=True)
    admin.alter_group_offsets(names.group, {TopicPartition(names.source, 0): OffsetAndMetadata(7, "", -1)})
    found = diagnose(settings)
    assert failures(found) == ["lag"]


def test_a_user_without_rights_is_told_each_right_to_ask_for(
    guarded_settings: Settings, names: Names, grant: Grant
) -> None:
    found = diagnose(guarded_settings)
    assert failures(found) == ["topics"] * 8 + ["group", "lag"]
    assert f"--operation Read --group {names.group}" in named(found, "group")[0].remedy
    for name in names.all_topics():
        for right in ("CREATE", "DESCRIBE_CONFIGS", "READ", "WRITE"):
            grant(right, topic=name)
    grant("READ", group=names.group)
    apply_topics(guarded_settings, with_source=True)
    assert failures(diagnose(guarded_settings)) == []


def test_a_wrong_password_is_a_failed_log_in(guarded_settings: Settings) -> None:
    kafka = guarded_settings.kafka.model_copy(update={"sasl_username": "nobody"})
    found = diagnose(guarded_settings.model_copy(update={"kafka": kafka}))
    assert [(diagnosis.name, diagnosis.ok) for diagnosis in found] == [("broker", True), ("log-in", False)]
    assert found[1].remedy.startswith("check kafka.sasl_username")
