"""Settings: where they come from, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.campaign.config import CampaignConfig
from models.errors import SettingsError
from streams.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def complaint(path: Path | None = None, **overrides: object) -> list[str]:
    """The lines that these settings are refused with; `__` stands for the dot."""
    flags = {name.replace("__", "."): value for name, value in overrides.items()}
    with pytest.raises(SettingsError) as caught:
        load_settings(path, flags)
    return str(caught.value).splitlines()


def test_without_any_source_the_defaults_stand() -> None:
    assert load_settings() == Settings()


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, '[kafka]\ngroup = "file"\nbootstrap_servers = "file:1"\n')
    monkeypatch.setenv("DISTILLWATCH_KAFKA__GROUP", "environment")
    settings = load_settings(path)
    assert settings.kafka.group == "environment"
    assert settings.kafka.bootstrap_servers == "file:1"


def test_flags_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILLWATCH_KAFKA__GROUP", "environment")
    assert load_settings(None, {"kafka.group": "flag"}).kafka.group == "flag"


def test_the_file_of_the_working_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "distillwatch.toml").write_text("[topics]\npartitions = 9\n")
    assert load_settings().topics.partitions == 9


def test_variables_without_a_section_are_not_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILLWATCH_EVAL", "/somewhere")
    assert load_settings() == Settings()


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    assert complaint(kafka__grup="x") == [
        "kafka.grup (flag): there is no such setting; did you mean kafka.group?"
    ]


def test_an_unknown_key_that_resembles_nothing_is_refused_with_all_known_ones() -> None:
    assert complaint(log__zzz=1) == ["log.zzz (flag): there is no such setting; known are level, format"]


def test_an_unknown_section_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILLWATCH_KAFAK__GROUP", "x")
    assert complaint() == [
        "kafak (environment DISTILLWATCH_KAFAK__GROUP): there is no such setting; did you mean kafka?"
    ]


def test_a_value_out_of_range_names_its_place_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILLWATCH_METRICS__PORT", "99999")
    assert complaint() == [
        "metrics.port = '99999' (environment DISTILLWATCH_METRICS__PORT): must be at most 65535"
    ]


def test_a_value_of_a_wrong_type_names_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[state]\ncheckpoint_events = 'many'\n")
    assert complaint(path) == [
        f"state.checkpoint_events = 'many' (file {path}): must be a whole number",
    ]


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("topics__partitions", 0, "topics.partitions = 0 (flag): must be at least 1"),
        ("state__ttl_days", "nan", "state.ttl_days = 'nan' (flag): must be a finite number"),
        ("state__checkpoint_seconds", 0, "state.checkpoint_seconds = 0 (flag): must be above 0"),
        (
            "source__keyed_by_tenant",
            "maybe",
            "source.keyed_by_tenant = 'maybe' (flag): must be true or false",
        ),
        ("source__start", "now", "source.start = 'now' (flag): must be 'earliest' or 'latest'"),
        ("kafka__group", "", "kafka.group = '' (flag): must not be empty"),
        ("kafka__group", 7, "kafka.group = 7 (flag): must be a text"),
        (
            "topics__alerts",
            "a b",
            "topics.alerts = 'a b' (flag): must be 1 to 249 letters, digits, dots, underscores or hyphens",
        ),
        (
            "kafka__bootstrap_servers",
            "host",
            "kafka.bootstrap_servers = 'host' (flag): must be host:port, several separated by commas",
        ),
        (
            "topics__state",
            "distillwatch-alerts",
            (
                "topics (flag): sketches, state, population, fingerprints, alerts, dead_letters, scores, "
                "control must all differ"
            ),
        ),
        (
            "kafka__security_protocol",
            "SASL_SSL",
            "kafka (flag): sasl_mechanism is required when security_protocol is SASL_SSL",
        ),
        (
            "kafka__ssl_certfile",
            "me.pem",
            "kafka (flag): ssl_certfile and ssl_keyfile are required together",
        ),
        ("metrics", 3, "metrics = 3 (flag): must be a section with settings, such as [metrics] in the file"),
        (
            "detector__budget_days",
            0,
            "detector.budget_days (flag): is 0.0 and must lie between 1 and 3650",
        ),
        ("detector__budget_days", "x", "detector.budget_days = 'x' (flag): must be a number"),
        (
            "detector__budget_day",
            1,
            "detector.budget_day (flag): there is no such setting; did you mean detector.budget_days?",
        ),
    ],
)
def test_a_wrong_value_is_told_what_is_allowed(name: str, value: object, line: str) -> None:
    assert complaint(**{name: value}) == [line]


def test_every_problem_has_its_line() -> None:
    assert len(complaint(topics__partitions=0, log__level="loud", kafka__grup=1)) == 3


def test_a_wrong_secret_is_not_repeated() -> None:
    assert complaint(kafka__sasl_password=90125) == ["kafka.sasl_password (flag): must be a text"]


def test_secrets_are_masked_wherever_settings_are_printed() -> None:
    settings = load_settings(None, {"kafka.sasl_password": "hunter2"})
    assert settings.kafka.sasl_password is not None
    assert settings.kafka.sasl_password.get_secret_value() == "hunter2"
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_a_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    assert complaint(path) == [f"cannot read the settings file {path}: No such file or directory"]


def test_a_file_that_is_not_toml_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, "kafka =")
    (line,) = complaint(path)
    assert line.startswith(f"the settings file {path} is not TOML: ")


def test_a_name_that_is_both_a_value_and_a_section_is_an_error() -> None:
    assert complaint(kafka=1, kafka__group="x") == [
        "kafka.group (flag): kafka is a value here and a section elsewhere"
    ]


def test_every_setting_is_described() -> None:
    schema = Settings.model_json_schema()
    assert [
        name
        for section in schema["$defs"].values()
        for name, setting in section["properties"].items()
        if not setting.get("description")
    ] == []


def test_the_hash_key_is_masked_and_has_1_to_64_bytes() -> None:
    settings = load_settings(None, {"privacy.hash_key": "k" * 64})
    assert settings.privacy.key == b"k" * 64
    assert "kkk" not in repr(settings)
    for wrong in ("", "é" * 33):
        with pytest.raises(SettingsError, match=r"privacy\.hash_key") as caught:
            load_settings(None, {"privacy.hash_key": wrong})
        assert "must have 1 to 64 bytes" in str(caught.value)


def test_campaigns_have_the_defaults_and_ranges_of_the_search_itself() -> None:
    assert load_settings().campaign_config == CampaignConfig()
    chosen = load_settings(overrides={"campaigns.least_accounts": "9"}).campaign_config
    assert chosen == CampaignConfig(least_accounts=9)
    [line] = complaint(campaigns__memory_days=0.5)
    assert line.startswith("campaigns.memory_days")
    assert "must lie between 1 and 365" in line


@pytest.mark.parametrize("section", ["population", "campaigns"])
def test_campaigns_are_sought_where_both_are_enabled(section: str) -> None:
    assert load_settings(overrides={f"{section}.enabled": False}).campaign_config is None


def test_every_setting_of_campaigns_is_described() -> None:
    schema = Settings.model_json_schema()["$defs"]["CampaignSettings"]["properties"]
    assert all(setting["description"] for setting in schema.values())
    assert schema["enabled"]["description"].startswith("Whether accounts are judged together")
