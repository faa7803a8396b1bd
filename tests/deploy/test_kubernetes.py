"""The manifests for Kubernetes: by their schemas, and in step with program, settings and documents."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from generate_manifests import WRITTEN, rendered

from streams.settings import Settings, load_settings
from streams.topic_plan import topic_names
from streams.topic_specs import wanted_topics
from streams.worker import STOP_SECONDS
from tests.manifests import ROOT, Manifest, kustomizations, resolved

SCHEMAS = Path(__file__).resolve().parent / "schemas"
OPERATIONS = (ROOT.parents[1] / "docs/operations.md").read_text(encoding="utf-8")
OF_OTHERS = {file.stem for file in SCHEMAS.glob("*.json")}
RELEASES = ("1.31.0", kubernetes_validate.latest_version())
NAMES = [str(folder.relative_to(ROOT)) for folder in kustomizations()]
EVERY = [(name, *place) for name in NAMES for place in resolved(ROOT / name)]


@cache
def manifests(name: str) -> dict[tuple[str, str], Manifest]:
    return resolved(ROOT / name)


def the(name: str, kind: str) -> Manifest:
    (found,) = [one for (of, _), one in manifests(name).items() if of == kind]
    return found


def pod(name: str) -> dict[str, Any]:
    return dict(the(name, "Deployment")["spec"]["template"]["spec"])


def container(name: str) -> dict[str, Any]:
    (found,) = pod(name)["containers"]
    return dict(found)


def settings_of(name: str, folder: Path) -> Settings:
    """The settings in the config map, as a worker reads them."""
    file = folder / "distillwatch.toml"
    file.write_text(manifests(name)["ConfigMap", "distillwatch"]["data"]["distillwatch.toml"])
    return load_settings(file)


def test_there_is_a_base_and_an_overlay_for_each_operator() -> None:
    assert NAMES == ["base", "overlays/keda", "overlays/strimzi"]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("place", EVERY, ids="/".join)
def test_a_manifest_is_as_its_schema_wants_it(place: tuple[str, str, str], release: str) -> None:
    name, kind, called = place
    manifest = manifests(name)[kind, called]
    if kind in OF_OTHERS:
        schema = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        errors = jsonschema.Draft202012Validator(schema).iter_errors(manifest)
        assert [f"{error.json_path}: {error.message}" for error in errors] == []
    else:
        kubernetes_validate.validate(manifest, release, strict=True)


def test_no_schema_is_without_a_manifest() -> None:
    assert {kind for _, kind, _ in EVERY} >= OF_OTHERS


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.name)
def test_writing_the_manifests_anew_changes_nothing(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == rendered(file), "run `make manifests`"


def test_the_rules_are_those_that_promtool_tests() -> None:
    files = sorted((ROOT.parent / "prometheus/rules").glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]]
    assert the("base", "PrometheusRule")["spec"]["groups"] == groups


@pytest.mark.parametrize("name", NAMES)
def test_the_config_map_holds_valid_settings(name: str, tmp_path: Path) -> None:
    settings = settings_of(name, tmp_path)
    assert settings.topics.replication_factor == 3
    args = container(name)["args"]
    assert args == ["--config", "/etc/distillwatch/distillwatch.toml", "worker"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container(name)["volumeMounts"]}
    assert (mounts["settings"], mounts["state"]) == ("/etc/distillwatch", str(settings.state.folder))


@pytest.mark.parametrize("name", NAMES)
def test_every_mount_has_a_volume_and_every_volume_a_mount(name: str) -> None:
    mounted = [mount["name"] for mount in container(name)["volumeMounts"]]
    assert sorted(mounted) == sorted(volume["name"] for volume in pod(name)["volumes"])


@pytest.mark.parametrize("name", NAMES)
def test_a_pod_is_restricted(name: str) -> None:
    security, inner = pod(name)["securityContext"], container(name)["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == 10001
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert inner["allowPrivilegeEscalation"] is False
    assert inner["readOnlyRootFilesystem"] is True
    assert inner["capabilities"] == {"drop": ["ALL"]}
    assert pod(name)["automountServiceAccountToken"] is False
    allowed = {"configMap", "emptyDir", "secret"}  # of the Pod Security Standard "restricted"
    assert {key for volume in pod(name)["volumes"] for key in volume} - {"name"} <= allowed


@pytest.mark.parametrize("name", NAMES)
def test_probes_service_and_policy_agree_on_the_port_that_the_worker_listens_on(
    name: str, tmp_path: Path
) -> None:
    (port,) = container(name)["ports"]
    metrics = settings_of(name, tmp_path).metrics
    assert (port["containerPort"], metrics.host) == (metrics.port, "0.0.0.0")  # noqa: S104 -- in a pod
    probes = {
        kind: container(name)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")
    }
    assert {kind: probe["path"] for kind, probe in probes.items()} == {
        "startup": "/health/live",
        "liveness": "/health/live",
        "readiness": "/health/ready",
    }
    assert {probe["port"] for probe in probes.values()} == {port["name"]}
    (served,) = the(name, "Service")["spec"]["ports"]
    assert (served["port"], served["targetPort"]) == (metrics.port, port["name"])
    (endpoint,) = the(name, "ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["port"] == served["name"]
    (ingress,) = the(name, "NetworkPolicy")["spec"]["ingress"]
    assert [one["port"] for one in ingress["ports"]] == [port["name"]]


@pytest.mark.parametrize("name", NAMES)
def test_the_job_is_called_as_the_rules_know_it(name: str) -> None:
    assert "jobLabel" not in the(name, "ServiceMonitor")["spec"]  # then it is the name of the service
    assert the(name, "Service")["metadata"]["name"] == "distillwatch"


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_selects_workers_selects_them(name: str) -> None:
    labels = the(name, "Deployment")["spec"]["template"]["metadata"]["labels"]
    selectors = [
        the(name, "Deployment")["spec"]["selector"]["matchLabels"],
        the(name, "Service")["spec"]["selector"],
        the(name, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        the(name, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector and selector.items() <= labels.items() for selector in selectors)
    monitored = the(name, "ServiceMonitor")["spec"]["selector"]["matchLabels"]
    assert monitored.items() <= the(name, "Service")["metadata"]["labels"].items()


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_is_given_the_time_that_it_may_need_to_stop_and_goes_alone(name: str) -> None:
    assert pod(name)["terminationGracePeriodSeconds"] > STOP_SECONDS
    assert the(name, "Deployment")["spec"]["strategy"]["rollingUpdate"] == {
        "maxSurge": 0,
        "maxUnavailable": 1,
    }
    assert the(name, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_the_service_account_is_the_one_that_pods_use_and_holds_no_token() -> None:
    account = the("base", "ServiceAccount")
    assert pod("base")["serviceAccountName"] == account["metadata"]["name"]
    assert account["automountServiceAccountToken"] is False


def test_secrets_come_from_a_secret_and_stand_in_no_manifest() -> None:
    assert container("base")["envFrom"] == [{"secretRef": {"name": "distillwatch", "optional": True}}]
    assert [kind for _, kind, _ in EVERY if kind == "Secret"] == []
    named = set(re.findall(r"DISTILLWATCH_\w+", (ROOT / "base/deployment.yaml").read_text(encoding="utf-8")))
    known = {
        f"DISTILLWATCH_{name}__{key}".upper()
        for name, values in Settings().model_dump().items()
        for key in values
    }
    assert named <= known


def test_the_topics_of_strimzi_are_those_of_the_program(tmp_path: Path) -> None:
    settings = settings_of("overlays/strimzi", tmp_path)
    wanted = wanted_topics(settings, settings.topics.partitions)[1:]
    topics = {
        name: one["spec"]
        for (kind, name), one in manifests("overlays/strimzi").items()
        if kind == "KafkaTopic"
    }
    assert set(topics) == {spec.name for spec in wanted}
    for spec in wanted:
        assert topics[spec.name]["partitions"] == spec.partitions
        assert topics[spec.name]["replicas"] == spec.replication
        assert topics[spec.name]["config"] == spec.creation_config()


def test_the_user_of_strimzi_has_the_documented_rights_and_no_others(tmp_path: Path) -> None:
    settings = settings_of("overlays/strimzi", tmp_path)
    needed = {settings.kafka.group, *topic_names(settings)}
    documented = set()
    for command in re.findall(r"--allow-principal User:worker (.+)$", OPERATIONS, re.MULTILINE):
        kind, name = re.findall(r"--(topic|group) (\S+)", command)[0]
        documented |= {(kind, name, word) for word in re.findall(r"--operation (\w+)", command)}
    acls = the("overlays/strimzi", "KafkaUser")["spec"]["authorization"]["acls"]
    granted = {
        (acl["resource"]["type"], acl["resource"]["name"], operation)
        for acl in acls
        for operation in acl["operations"]
    }
    assert granted == {right for right in documented if right[1] in needed}
    assert {acl["resource"]["patternType"] for acl in acls} == {"literal"}


def test_the_certificates_of_strimzi_lie_where_the_settings_look(tmp_path: Path) -> None:
    kafka = settings_of("overlays/strimzi", tmp_path).kafka
    volumes = {volume["name"]: volume.get("secret", {}) for volume in pod("overlays/strimzi")["volumes"]}
    places = {
        mount["mountPath"]: volumes[mount["name"]].get("secretName")
        for mount in container("overlays/strimzi")["volumeMounts"]
    }
    user = the("overlays/strimzi", "KafkaUser")["metadata"]
    cluster = user["labels"]["strimzi.io/cluster"]
    assert places[str(Path(str(kafka.ssl_certfile)).parent)] == user["name"]
    assert places[str(Path(str(kafka.ssl_keyfile)).parent)] == user["name"]
    assert places[str(Path(str(kafka.ssl_cafile)).parent)] == f"{cluster}-cluster-ca-cert"
    assert kafka.bootstrap_servers == f"{cluster}-kafka-bootstrap:9093"
    # Strimzi's secret of the user's name holds certificates, which are no settings.
    assert container("overlays/strimzi")["envFrom"][0]["secretRef"]["name"] != user["name"]


def test_with_strimzi_the_only_ways_out_are_names_and_the_brokers() -> None:
    names, brokers = the("overlays/strimzi", "NetworkPolicy")["spec"]["egress"]
    assert {one["port"] for one in names["ports"]} == {53}
    assert brokers["to"][0]["podSelector"]["matchLabels"]["strimzi.io/cluster"] == "my-cluster"


def test_keda_scales_the_workers_within_the_partitions_and_takes_its_time(tmp_path: Path) -> None:
    settings = settings_of("overlays/keda", tmp_path)
    spec = the("overlays/keda", "ScaledObject")["spec"]
    deployment = the("overlays/keda", "Deployment")
    assert spec["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert "replicas" not in deployment["spec"]
    assert 1 < spec["minReplicaCount"] < spec["maxReplicaCount"] == settings.topics.partitions
    assert spec["fallback"]["replicas"] <= settings.topics.partitions
    assert spec["cooldownPeriod"] >= 3600
    down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert down["stabilizationWindowSeconds"] >= 3600
    assert [(policy["type"], policy["value"]) for policy in down["policies"]] == [("Pods", 1)]
    assert {trigger["metadata"]["topic"] for trigger in spec["triggers"]} == {
        settings.source.topic,
        settings.topics.sketches,
    }
    for trigger in spec["triggers"]:
        assert trigger["metadata"]["consumerGroup"] == settings.kafka.group
        assert trigger["metadata"]["bootstrapServers"] == settings.kafka.bootstrap_servers
