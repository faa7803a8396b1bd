"""The compose file and the image, as far as they can be checked without a Docker engine."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

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


def test_the_services_are_kafka_topics_worker_and_prometheus() -> None:
    assert list(SERVICES) == ["kafka", "topics", "worker", "prometheus"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_names_a_version_of_its_image(name: str) -> None:
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])


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


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_can_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


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


@pytest.mark.parametrize("name", ["kafka", "worker", "prometheus"])
def test_what_keeps_running_has_limits(name: str) -> None:
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
    command = SERVICES[name]["command"]
    words = [word for word in command if not word.startswith("-")]
    help_text = CliRunner().invoke(app, [*words, "--help"])
    assert help_text.exit_code == 0
    assert [word for word in command if word.startswith("-") and word not in help_text.output] == []


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
