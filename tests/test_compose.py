"""The compose file and the image, as far as they can be checked without a Docker engine."""

from __future__ import annotations

import json
import re
import shlex
from fnmatch import fnmatch
from importlib.metadata import distribution
from itertools import takewhile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from streams.cli import app
from streams.settings import load_settings
from streams.worker import STOP_SECONDS

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("distillwatch:")]


def test_the_services_are_those_that_the_documents_promise() -> None:
    assert list(SERVICES) == ["kafka", "topics", "worker", "prometheus", "grafana", "traffic"]
    assert {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service} == {
        "traffic": ["traffic"]
    }


def test_the_file_is_as_the_compose_specification_wants_it() -> None:
    # Of the package its data alone: its program needs a newer click than Faust admits.
    place = distribution("check-jsonschema").locate_file(
        "check_jsonschema/builtin_schemas/vendor/compose-spec.json"
    )
    validator = jsonschema.Draft7Validator(json.loads(Path(str(place)).read_text(encoding="utf-8")))
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(COMPOSE)] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_names_a_version_of_its_image(name: str) -> None:
    digest = "" if name in OURS else "@sha256:[0-9a-f]{64}"
    assert re.fullmatch(rf"[a-z/]+:v?\d+\.\d+\.\d+{digest}", SERVICES[name]["image"])


def test_kafka_is_of_the_same_major_version_as_the_one_of_the_tests() -> None:
    tested = re.search(
        r"<version>(\d+)\.\d+\.\d+", (ROOT / "deploy/kafka/pom.xml").read_text(encoding="utf-8")
    )
    assert tested
    assert SERVICES["kafka"]["image"].startswith(f"apache/kafka:{tested[1]}.")


@pytest.mark.parametrize("name", SERVICES)
def test_a_port_is_published_on_loopback_only(name: str) -> None:
    assert [port for port in SERVICES[name].get("ports", []) if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_only_for_services_that_exist(name: str) -> None:
    assert set(SERVICES[name].get("depends_on", {})) <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_a_mounted_path_or_volume_exists(name: str) -> None:
    sources = [mount.split(":")[0] for mount in SERVICES[name].get("volumes", [])]
    missing = [
        source
        for source in sources
        if not ((ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"])
    ]
    assert missing == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_do_little(name: str) -> None:
    service = SERVICES[name]
    assert int(service["user"].split(":")[0]) > 0
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    # Kafka writes its configuration beside its program when it starts.
    assert service.get("read_only", False) is (name != "kafka")


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_runs_as_its_own_user(name: str) -> None:
    assert SERVICES[name]["user"] == "10001:10001"


def test_nobody_can_log_in_to_grafana_and_no_password_stands_anywhere() -> None:
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert environment["GF_AUTH_BASIC_ENABLED"] == "false"
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert re.findall(r"^\s*\S*(?:PASSWORD|SECRET|TOKEN)\S*:", text, re.MULTILINE | re.IGNORECASE) == []


def test_grafana_finds_its_dashboards_and_prometheus_where_they_are() -> None:
    grafana = SERVICES["grafana"]
    mounted = {place: source for source, place, _ in (volume.split(":") for volume in grafana["volumes"])}
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    folder = "/etc/distillwatch/dashboards"
    assert (ROOT / mounted[folder] / home.relative_to(folder)).exists()
    provisioning = ROOT / mounted["/etc/grafana/provisioning"]
    (provider,) = yaml.safe_load((provisioning / "dashboards/distillwatch.yml").read_text(encoding="utf-8"))[
        "providers"
    ]
    assert provider["options"]["path"] == folder
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text(encoding="utf-8"))[
        "datasources"
    ]
    port = SERVICES["prometheus"]["ports"][0].rsplit(":", 1)[1]
    assert source["url"] == f"http://prometheus:{port}"


def test_prometheus_finds_its_rules_where_they_are_mounted() -> None:
    mounted = dict(volume.split(":")[1::-1] for volume in SERVICES["prometheus"]["volumes"])
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    assert config["rule_files"] == ["rules/*.yml"]
    assert list((ROOT / mounted["/etc/prometheus/rules"]).glob("*.yml"))
    assert "--config.file=/etc/prometheus/prometheus.yml" in SERVICES["prometheus"]["command"]
    assert (ROOT / mounted["/etc/prometheus/prometheus.yml"]).is_file()


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_writes_only_to_memory_of_a_stated_size_and_to_named_volumes(name: str) -> None:
    service = SERVICES[name]
    assert [mount for mount in service["tmpfs"] if not re.search(r":size=\d+m$", mount)] == []
    mounts = [mount.split(":") for mount in service.get("volumes", [])]
    assert [mount for mount in mounts if mount[0] not in COMPOSE["volumes"] and mount[-1] != "ro"] == []


def test_the_state_of_a_worker_lies_on_a_volume_that_its_user_may_write_to() -> None:
    folder = SERVICES["worker"]["environment"]["DISTILLWATCH_STATE__FOLDER"]
    user, group = SERVICES["worker"]["user"].split(":")
    assert f"worker-state:{folder}" in SERVICES["worker"]["volumes"]
    assert f"--owner {user} --group {group} --mode 700 {folder}\n" in DOCKERFILE


def test_a_worker_is_given_the_time_that_it_may_need_to_stop() -> None:
    seconds = int(SERVICES["worker"]["stop_grace_period"].removesuffix("s"))
    assert seconds > STOP_SECONDS


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limits(name: str) -> None:
    assert set(SERVICES[name]["deploy"]["resources"]["limits"]) == {"cpus", "memory"}


@pytest.mark.parametrize("name", OURS)
def test_the_environment_holds_valid_settings(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for key, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(key, value)
    assert load_settings().kafka.bootstrap_servers == "kafka:19092"


@pytest.mark.parametrize("name", OURS)
def test_a_command_exists_with_its_options(name: str) -> None:
    for command in commands(SERVICES[name]):
        words = list(takewhile(lambda word: not word.startswith("-"), command))
        help_text = CliRunner().invoke(app, [*words, "--help"])
        assert help_text.exit_code == 0, help_text.output
        assert [word for word in command if word.startswith("--") and word not in help_text.output] == []


def commands(service: dict[str, Any]) -> list[list[str]]:
    """Return the words of each command of ours that a service runs."""
    if "entrypoint" not in service:
        return [service["command"]]
    assert service["entrypoint"] == ["sh", "-c"]
    (line,) = service["command"]
    found = [shlex.split(part) for part in line.split("|")]
    assert {words[0] for words in found} == {"distillwatch"}
    return [words[1:] for words in found]


def test_kafka_is_reached_where_it_listens() -> None:
    listeners = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert {listener.split("://")[1] for listener in listeners} == {
        SERVICES["kafka"]["ports"][0].rsplit(":", 1)[0],
        SERVICES["worker"]["environment"]["DISTILLWATCH_KAFKA__BOOTSTRAP_SERVERS"],
    }


def test_health_and_metrics_are_asked_for_where_the_worker_listens() -> None:
    port = SERVICES["worker"]["environment"]["DISTILLWATCH_METRICS__PORT"]
    scraped = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = scraped["scrape_configs"]
    (target,) = job["dns_sd_configs"]
    assert f'127.0.0.1:{port}/health/live"' in SERVICES["worker"]["healthcheck"]["test"][-1]
    assert (target["names"], str(target["port"])) == (["worker"], port)
    assert f"EXPOSE {port}" in DOCKERFILE


def test_the_image_copies_only_what_exists_and_is_not_ignored() -> None:
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    admitted = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    assert copied
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert [source for source in copied if not any(fnmatch(source, one) for one in admitted)] == []


def test_the_image_installs_by_hash_and_ends_without_root() -> None:
    installs = re.findall(r"pip install ([^\n\\]+)", DOCKERFILE)
    assert all("--require-hashes" in install or "--no-deps wheels/" in install for install in installs)
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == [SERVICES["worker"]["user"]]


def test_the_image_starts_a_worker_on_the_python_of_the_locks() -> None:
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:3.11-slim-bookworm"}
    assert 'ENTRYPOINT ["distillwatch"]' in DOCKERFILE
    assert 'CMD ["worker"]' in DOCKERFILE
