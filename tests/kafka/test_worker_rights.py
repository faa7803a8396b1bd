from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Names

    from streams.settings import Settings


def start_worker(settings: Settings, password: str) -> tuple[int, str]:
    """Run a worker until it ends; return its exit code and the last thing that it logged."""
    sections = settings.model_dump(exclude_defaults=True, mode="json")
    sections["kafka"]["sasl_password"] = password
    given = {
        f"DISTILLWATCH_{section}__{name}".upper(): str(value)
        for section, values in sections.items()
        for name, value in values.items()
    }
    command = [sys.executable, "-m", "streams", "worker"]
    done = subprocess.run(
        command, env={**os.environ, **given}, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, json.loads(done.stderr.splitlines()[-1])["event"]


def test_a_worker_without_rights_ends_with_the_right_to_ask_for(
    guarded_settings: Settings, names: Names
) -> None:
    password = guarded_settings.kafka.sasl_password
    assert password is not None
    code, said = start_worker(guarded_settings, password.get_secret_value())
    assert code == 2
    assert f"may not see source.topic '{names.source}'" in said
    assert "--allow-principal 'User:distillwatch' --operation Describe --topic" in said


def test_a_worker_with_a_wrong_password_is_told_so_at_once(guarded_settings: Settings) -> None:
    code, said = start_worker(guarded_settings, "mistaken")
    assert code == 2
    assert "kafka.sasl_password" in said
    assert "mistaken" not in said
