"""The rights that docs/operations.md names, and who gives and takes them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kafka.admin import (  # type: ignore[import-untyped]
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
)

if TYPE_CHECKING:
    from conftest import Names

OPERATIONS = Path(__file__).resolve().parents[3] / "docs/operations.md"


@dataclass(frozen=True, slots=True)
class Right:
    """One operation on one topic or group."""

    operation: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.operation} --{self.kind} {self.name}"


def documented_rights(role: str, names: Names) -> list[Right]:
    """Read the rights of a role from docs/operations.md, with the names of this test."""
    commands = re.findall(
        rf"^    kafka-acls.sh \$KAFKA --add --allow-principal User:{role} (.+)$",
        OPERATIONS.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    ours = {
        "llm-requests": names.source,
        "distillwatch-sketches": names.sketches,
        "distillwatch-state": names.state,
        "distillwatch-alerts": names.alerts,
        "distillwatch-dead-letters": names.dead_letters,
        "distillwatch-population": names.population,
        "distillwatch-fingerprints": names.fingerprints,
        "distillwatch-scores": names.scores,
        "distillwatch-control": names.control,
        "distillwatch": names.group,
        "distillwatch-notify": f"{names.group}-notify",
    }
    rights = []
    for command in commands:
        found = re.fullmatch(r"((?:--operation \w+ )+)--(topic|group) (\S+)", command)
        assert found, command
        rights += [Right(word, found[2], ours[found[3]]) for word in found[1].split() if word[0] != "-"]
    return rights


@dataclass
class AccessLists:
    """Gives and takes rights, and waits until the broker knows."""

    client: Any
    user: str

    def allow(self, rights: Iterable[Right]) -> None:
        """Give the user these rights."""
        acls = [acl_of(right, self.user) for right in rights]
        self.client.create_acls(acls)
        for acl in acls:
            self._until(lambda acl=acl: bool(self.client.describe_acls(acl)[0]))

    def deny(self, right: Right) -> None:
        """Take a right from the user."""
        acl = acl_of(right, self.user)
        pattern = ACLFilter(
            principal=acl.principal,
            host=acl.host,
            operation=acl.operation,
            permission_type=acl.permission_type,
            resource_pattern=acl.resource_pattern,
        )
        self.client.delete_acls([pattern])
        self._until(lambda: not self.client.describe_acls(acl)[0])

    @staticmethod
    def _until(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "the broker did not hear of it"


def acl_of(right: Right, user: str) -> ACL:
    """Write a right in kafka-python's words."""
    operation = re.sub(r"(?<!^)(?=[A-Z])", "_", right.operation).upper()
    resource = ResourcePattern(ResourceType[right.kind.upper()], right.name)
    return ACL(f"User:{user}", "*", ACLOperation[operation], ACLPermissionType.ALLOW, resource)
