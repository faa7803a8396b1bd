"""No secret and no token stands in what workers and commands say, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from streams.cli import main
from tests.kafka.security.silence import assert_silent

if TYPE_CHECKING:
    from tests.kafka.security.certificates import Files
    from tests.kafka.security.desk import Desk
    from tests.kafka.security.token_endpoint import TokenEndpoint

MARKER = "MARKER 3141592653"
SECRETS = {
    "sasl_password": f"{MARKER} 1",
    "oauth_client_secret": f"{MARKER} 2",
    "ssl_keyfile_password": f"{MARKER} 3",
}
WAYS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "mTLS")


@pytest.mark.parametrize(
    ("way", "checked"), [*((way, True) for way in WAYS), ("PLAIN", False), ("OAUTHBEARER", False)]
)
def test_a_worker_that_is_refused_shows_no_secret_at_debug_level(
    way: str,
    checked: bool,  # noqa: FBT001 -- a parameter of the test
    sections: dict[str, dict[str, Any]],
    files: Files,
    make_desk: Callable[[dict[str, Any]], Desk],
) -> None:
    desk = make_desk({**sections[way], "ssl_keyfile": str(files.locked_key), **SECRETS})
    if way != "mTLS":
        del desk.kafka["ssl_keyfile"]
    desk.others = {"log": {"level": "debug"}, "topics": {"check_at_start": checked}}
    done = desk.run("worker")
    assert done.returncode == 2
    assert_silent(done.stdout + done.stderr, *SECRETS.values())


@pytest.mark.parametrize("way", WAYS)
def test_the_doctor_and_the_settings_show_no_secret(
    way: str,
    sections: dict[str, dict[str, Any]],
    make_desk: Callable[[dict[str, Any]], Desk],
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = make_desk({**sections[way], **SECRETS})
    for command in (["doctor"], ["config", "show"], ["topics", "plan"]):
        main(["--config", str(desk.settings()), *command])
        assert_silent("".join(capsys.readouterr()), *SECRETS.values())


def test_a_token_that_is_refused_is_not_shown(
    sections: dict[str, dict[str, Any]],
    make_desk: Callable[[dict[str, Any]], Desk],
    token_endpoint: TokenEndpoint,
) -> None:
    token_endpoint.life = -100
    desk = make_desk(sections["OAUTHBEARER"])
    desk.others = {"log": {"level": "debug"}}
    said = "".join(desk.run(command).stderr for command in ("worker", "doctor", "alerts"))
    assert len(token_endpoint.given) == 3
    assert_silent(said, *token_endpoint.given)
