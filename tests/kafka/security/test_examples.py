"""The examples of docs/operations.md, with the addresses and files of the tests, are admitted."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from streams.broker import probe_broker
from streams.settings import Settings

if TYPE_CHECKING:
    from tests.kafka.security.token_endpoint import TokenEndpoint

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs/operations.md").read_text(encoding="utf-8")
EXAMPLES = [tomllib.loads(text)["kafka"] for text in re.findall(r"```toml\n(.+?)```", DOCUMENT, re.DOTALL)]


def way(example: dict[str, Any]) -> str:
    """Return by what an example is admitted."""
    return str(example.get("sasl_mechanism") or ("mTLS" if "ssl_certfile" in example else "SSL"))


def test_there_is_an_example_for_every_way_to_be_admitted(sections: dict[str, dict[str, Any]]) -> None:
    assert {way(example) for example in EXAMPLES} == set(sections)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{way(example)}-{len(example)}")
def test_an_example_is_admitted_with_the_secrets_of_the_environment(
    example: dict[str, Any],
    sections: dict[str, dict[str, Any]],
    token_endpoint: TokenEndpoint,
    tmp_path: Path,
) -> None:
    token = tmp_path / "token"
    token.write_text(token_endpoint.new_token())
    ours = sections[way(example)]
    others = {"oauth_token_file": str(token), "oauth_scope": "kafka"}
    secrets = {key: ours[key] for key in ("sasl_password", "oauth_client_secret") if key in ours}
    assert not secrets.keys() & example.keys()
    filled = {key: ours.get(key) or others[key] for key in example}
    assert filled["security_protocol"] == example["security_protocol"]
    probe_broker(Settings.model_validate({"kafka": {**filled, **secrets}}).kafka)
