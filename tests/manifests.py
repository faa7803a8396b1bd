"""What `kubectl apply -k` would apply: the little of kustomize that our files use.

Resources, generated config maps and patches (RFC 6902) are resolved; anything else in a kustomization is an
error.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent / "deploy/kubernetes"
Manifest = dict[str, Any]
KNOWN = {"apiVersion", "kind", "resources", "configMapGenerator", "patches", "images", "labels"}


def resolved(folder: Path) -> dict[tuple[str, str], Manifest]:
    """Return all manifests of a kustomization by kind and name."""
    said = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    assert set(said) <= KNOWN, f"{folder}: {set(said) - KNOWN}"
    found: dict[tuple[str, str], Manifest] = {}
    for name in said["resources"]:
        found |= {_place(one): one for one in _resource(folder / name)}
    for generator in said.get("configMapGenerator", ()):
        one = _config_map(folder, generator)
        assert (_place(one) in found) is (generator.get("behavior") == "replace")
        found[_place(one)] = one
    for patch in said.get("patches", ()):
        _apply(found[patch["target"]["kind"], patch["target"]["name"]], _operations(folder, patch))
    return found


def kustomizations() -> list[Path]:
    """Return every folder that can be applied."""
    return sorted(file.parent for file in ROOT.rglob("kustomization.yaml"))


def _resource(path: Path) -> Iterator[Manifest]:
    if path.is_dir():
        yield from deepcopy(resolved(path)).values()
    else:
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def _config_map(folder: Path, generator: dict[str, Any]) -> Manifest:
    data = {name: (folder / name).read_text(encoding="utf-8") for name in generator["files"]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]}, "data": data}


def _operations(folder: Path, patch: dict[str, Any]) -> list[dict[str, Any]]:
    text = patch["patch"] if "patch" in patch else (folder / patch["path"]).read_text(encoding="utf-8")
    return list(yaml.safe_load(text))


def _apply(manifest: Manifest, operations: list[dict[str, Any]]) -> None:
    for operation in operations:
        *path, last = operation["path"].strip("/").split("/")
        place: Any = manifest
        for step in path:
            place = place[int(step)] if isinstance(place, list) else place[step]
        _change(place, last, operation)


def _change(place: Any, last: str, operation: dict[str, Any]) -> None:
    if isinstance(place, list) and last == "-":
        assert operation["op"] == "add"
        place.append(operation["value"])
        return
    key: Any = int(last) if isinstance(place, list) else last
    if operation["op"] != "add":
        place[key]  # it must be there
    if operation["op"] == "remove":
        del place[key]
    else:
        place[key] = operation["value"]


def _place(manifest: Manifest) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]
