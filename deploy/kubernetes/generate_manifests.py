"""Write what stands elsewhere as manifests: rules, topics, rights (`make manifests`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from streams.settings import Settings, load_settings
from streams.topic_specs import TopicSpec, wanted_topics

HERE = Path(__file__).resolve().parent
RULES = HERE.parent / "prometheus" / "rules"
STRIMZI = HERE / "overlays" / "strimzi"
CLUSTER = "my-cluster"
NOTE = "# Written by `make manifests`; change {} and write it anew.\n"
OPERATIONS = {"READ": "Read", "WRITE": "Write"}
Manifest = dict[str, Any]


def prometheus_rule() -> Iterator[Manifest]:
    """Yield the recording and alert rules."""
    groups = [
        group
        for file in sorted(RULES.glob("*.yml"))
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    ]
    labels = {"app.kubernetes.io/name": "distillwatch"}
    yield _manifest("monitoring.coreos.com/v1", "PrometheusRule", "distillwatch", labels, {"groups": groups})


def kafka_topics() -> Iterator[Manifest]:
    """Yield every topic that is ours."""
    for topic in _topics()[1:]:
        spec = {"partitions": topic.partitions, "replicas": topic.replication, "config": _config(topic)}
        yield _strimzi("KafkaTopic", topic.name, spec)


def kafka_user() -> Iterator[Manifest]:
    """Yield the worker with its rights, and no more of them than it needs."""
    settings = _settings()
    acls = [_acl("topic", topic.name, [*_operations(topic), "DescribeConfigs"]) for topic in _topics()]
    acls.append(_acl("group", settings.kafka.group, ["Read"]))
    spec = {"authentication": {"type": "tls"}, "authorization": {"type": "simple", "acls": acls}}
    yield _strimzi("KafkaUser", "distillwatch", spec)


WRITTEN: dict[Path, tuple[str, Callable[[], Iterator[Manifest]]]] = {
    HERE / "base" / "prometheusrule.yaml": ("deploy/prometheus/rules", prometheus_rule),
    STRIMZI / "kafka-topics.yaml": ("streams/topic_specs.py or distillwatch.toml", kafka_topics),
    STRIMZI / "kafka-user.yaml": ("streams/topic_specs.py or distillwatch.toml", kafka_user),
}
"""By file, where its contents come from."""


def rendered(file: Path) -> str:
    """Return a file as it is to be."""
    source, make = WRITTEN[file]
    return NOTE.format(source) + yaml.safe_dump_all(make(), sort_keys=False, width=110)


def _settings() -> Settings:
    return load_settings(STRIMZI / "distillwatch.toml")


def _topics() -> list[TopicSpec]:
    settings = _settings()
    return wanted_topics(settings, settings.topics.partitions)


def _config(topic: TopicSpec) -> dict[str, str]:
    return dict(sorted(topic.creation_config().items()))


def _operations(topic: TopicSpec) -> list[str]:
    return [OPERATIONS[right] for right in sorted(topic.rights)]


def _acl(kind: str, name: str, operations: list[str]) -> Manifest:
    resource = {"type": kind, "name": name, "patternType": "literal"}
    return {"resource": resource, "operations": operations}


def _strimzi(kind: str, name: str, spec: Manifest) -> Manifest:
    return _manifest("kafka.strimzi.io/v1", kind, name, {"strimzi.io/cluster": CLUSTER}, spec)


def _manifest(version: str, kind: str, name: str, labels: dict[str, str], spec: Manifest) -> Manifest:
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


if __name__ == "__main__":
    for path in WRITTEN:
        path.write_text(rendered(path), encoding="utf-8")
