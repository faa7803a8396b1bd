"""Who is not admitted is told why in one line that names the setting, and ends with code 2."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from streams.cli import main
from streams.settings import load_settings
from streams.worker import Worker

if TYPE_CHECKING:
    from tests.kafka.security.certificates import Files
    from tests.kafka.security.desk import Desk
    from tests.kafka.security.token_endpoint import TokenEndpoint

    Sections = dict[str, dict[str, Any]]
    MakeDesk = Callable[[dict[str, Any]], Desk]

WRONG = "mistaken-3141"
REFUSALS = [
    ("SSL", {"ssl_cafile": "{other_ca}"}, r"that .*other-ca\.pem did not sign: set kafka\.ssl_cafile"),
    ("SSL", {"ssl_cafile": None}, r"that this system's certificates did not sign: set kafka\.ssl_cafile"),
    ("SSL", {"bootstrap_servers": "localhost"}, r"for another name: .* kafka\.bootstrap_servers"),
    ("mTLS", {"ssl_certfile": None, "ssl_keyfile": None}, r"set kafka\.ssl_certfile and kafka\.ssl_keyfile"),
    (
        "mTLS",
        {"ssl_certfile": "{stranger}", "ssl_keyfile": "{stranger_key}"},
        r"refuses our client certificate .*: is kafka\.ssl_certfile signed by somebody",
    ),
    ("mTLS", {"ssl_keyfile": "{locked_key}"}, r"does kafka\.ssl_keyfile_password open it"),
    ("mTLS", {"ssl_keyfile": "{stranger_key}"}, r"kafka\.ssl_certfile, kafka\.ssl_keyfile: cannot read"),
    *(
        (mechanism, {"sasl_password": WRONG}, r"refuses user 'distillwatch': check .*kafka\.sasl_password")
        for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
    ),
    ("PLAIN", {"ssl_cafile": "{other_ca}"}, r"set kafka\.ssl_cafile"),
    (
        "OAUTHBEARER",
        {"oauth_client_secret": WRONG},
        r"\(invalid_client\): check .*kafka\.oauth_client_secret",
    ),
    ("OAUTHBEARER", {"oauth_cafile": "{other_ca}"}, r"cannot be trusted .* kafka\.oauth_cafile"),
    ("OAUTHBEARER", {"ssl_cafile": "{other_ca}"}, r"set kafka\.ssl_cafile"),
]


def commands(desk: Desk) -> list[list[str]]:
    """Return every command that connects, but for the worker."""
    return [["topics", "check"], ["replay", desk.events(range(3))], ["alerts"], ["state", "digest"]]


def run_worker(desk: Desk) -> tuple[int, str]:
    """Return a worker's exit code and the last thing that it said."""
    with capture_logs() as said:
        code = Worker(load_settings(desk.settings())).run()
    return code, str(said[-1]["event"])


def assert_says(line: str, said: str) -> None:
    """Check what a line says, and that it does not repeat what was mistaken for a secret."""
    assert re.search(said, line), line
    assert WRONG not in line


def filled(changes: dict[str, Any], files: Files) -> dict[str, Any]:
    """Put the files' names into their places."""
    paths = {name: getattr(files, name) for name in files.__slots__}
    return {
        key: value.format_map(paths) if isinstance(value, str) else value for key, value in changes.items()
    }


@pytest.mark.parametrize(
    ("mechanism", "changes", "said"),
    REFUSALS,
    ids=[f"{mechanism}-{next(iter(changes))}-{n}" for n, (mechanism, changes, _) in enumerate(REFUSALS)],
)
def test_a_refusal_names_the_setting_and_ends_every_command_with_2(  # noqa: PLR0917 -- fixtures
    mechanism: str,
    changes: dict[str, Any],
    said: str,
    sections: Sections,
    files: Files,
    make_desk: MakeDesk,
    capsys: pytest.CaptureFixture[str],
) -> None:
    section = sections[mechanism]
    if changes.get("bootstrap_servers"):
        changes = {"bootstrap_servers": section["bootstrap_servers"].replace("127.0.0.1", "localhost")}
    every = {**section, **filled(changes, files)}
    desk = make_desk({key: value for key, value in every.items() if value is not None})
    for command in commands(desk):
        assert main(["--config", str(desk.settings()), *command]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert_says(line, said)
    code, line = run_worker(desk)
    assert code == 2
    assert_says(line, said)


TRIALS = {
    "librdkafka": """
producer = Producer(librdkafka_options(kafka))
producer.list_topics(timeout=3)
""",
    "kafka-python": """
KafkaAdminClient(**client_options(kafka), bootstrap_timeout_ms=3000).close()
""",
}
TRIAL = """
import os, sys
from confluent_kafka import KafkaException, Producer
from streams.connection import client_options
from streams.kafka_python import KafkaAdminClient, errors
from streams.librdkafka import librdkafka_options
from streams.settings_kafka import KafkaSettings
kafka = KafkaSettings.model_validate_json(sys.argv[1])
try:
    exec(sys.argv[2])
except (KafkaException, errors.KafkaError):
    os._exit(3)
os._exit(0)
"""


@pytest.mark.parametrize("client", TRIALS)
@pytest.mark.parametrize(
    ("change", "code"), [({}, 0), ({"ssl_cafile": "{other_ca}"}, 3), ({"bootstrap_servers": "localhost"}, 3)]
)
def test_every_client_verifies_the_broker_by_itself(
    client: str, change: dict[str, Any], code: int, sections: Sections, files: Files
) -> None:
    section = {**sections["SSL"], "request_timeout": 2.0}
    if "bootstrap_servers" in change:
        change = {"bootstrap_servers": section["bootstrap_servers"].replace("127.0.0.1", "localhost")}
    kafka = json.dumps({**section, **filled(change, files)})
    # In a process of its own: a client that is refused leaves threads and sockets behind.
    done = subprocess.run([sys.executable, "-c", TRIAL, kafka, TRIALS[client]], timeout=60, check=False)
    assert done.returncode == code


def test_a_token_that_has_expired_is_refused(
    sections: Sections,
    make_desk: MakeDesk,
    token_endpoint: TokenEndpoint,
    capsys: pytest.CaptureFixture[str],
) -> None:
    token_endpoint.life = -100
    desk = make_desk(sections["OAUTHBEARER"])
    for command in commands(desk):
        assert main(["--config", str(desk.settings()), *command]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert "refuses our token: check kafka.oauth_client_id" in line
        assert token_endpoint.given[-1] not in line
    assert run_worker(desk)[0] == 2


def test_a_token_endpoint_that_is_down_may_come_back(
    sections: Sections, make_desk: MakeDesk, token_endpoint: TokenEndpoint
) -> None:
    token_endpoint.ready = False
    desk = make_desk({**sections["OAUTHBEARER"], "startup_timeout": 0.2})
    code, line = run_worker(desk)
    assert code == 1
    assert "gives no token now (HTTP 503)" in line


def test_a_token_comes_from_a_file_as_well(
    sections: Sections,
    make_desk: MakeDesk,
    token_endpoint: TokenEndpoint,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    section = {key: value for key, value in sections["OAUTHBEARER"].items() if not key.startswith("oauth")}
    file = tmp_path / "token"
    file.write_text(token_endpoint.new_token())
    desk = make_desk({**section, "oauth_token_file": str(file)})
    main(["--config", str(desk.settings()), "doctor"])
    assert f"ok    log-in  SASL_SSL as {file}" in capsys.readouterr().out
