"""Tokens are kept, renewed in time, and never shown."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BrokerError, RefusedError
from streams.oauth import Token, TokenCache, jwt_expiry, read_token, tokens_of
from streams.settings_kafka import KafkaSettings


class Source:
    """Gives numbered tokens that live for 100 s, or fails; the clock stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.given = 0
        self.fails = False

    def fetch(self) -> Token:
        if self.fails:
            raise BrokerError("the endpoint is down")
        self.given += 1
        return Token(f"token-{self.given}", self.now + 100)

    def clock(self) -> float:
        return self.now


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cache(source: Source) -> TokenCache:
    return TokenCache(source.fetch, source.clock)


def jwt(**claims: object) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )


def test_a_token_is_used_until_shortly_before_it_expires(source: Source, cache: TokenCache) -> None:
    assert cache.current().value == "token-1"
    source.now += 79
    assert cache.current().value == "token-1"
    source.now += 1
    assert cache.current().value == "token-2"


def test_a_token_that_is_still_valid_outlives_a_failure_to_renew_it(
    source: Source, cache: TokenCache
) -> None:
    cache.current()
    source.fails = True
    source.now += 99
    assert cache.current().value == "token-1"
    source.now += 1
    with pytest.raises(BrokerError, match="the endpoint is down"):
        cache.current()


def test_whoever_gives_no_token_is_asked_once_a_second_at_most(source: Source, cache: TokenCache) -> None:
    source.fails = True
    with pytest.raises(BrokerError):
        cache.current()
    source.fails = False
    with pytest.raises(BrokerError, match="the endpoint is down"):
        cache.current()
    source.now += 1
    assert cache.current().value == "token-1"


def test_the_clients_of_one_process_share_their_tokens() -> None:
    login = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "OAUTHBEARER"}
    first, again, other = (
        tokens_of(KafkaSettings.model_validate({**login, "oauth_token_file": name}))
        for name in ("/a", "/a", "/b")
    )
    assert first is again
    assert first is not other


def test_a_token_is_not_shown() -> None:
    assert "hunter2" not in repr(Token("hunter2", 0.0))


def test_a_file_gives_what_it_holds_for_as_long_as_its_token_lives(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{jwt(exp=1_030)}\n")
    assert read_token(file, lambda: 1_000.0) == Token(jwt(exp=1_030), 1_030)
    file.write_text(jwt(exp=9_999))
    assert read_token(file, lambda: 1_000.0).expires_at == 1_060
    file.write_text("opaque")
    assert read_token(file, lambda: 1_000.0) == Token("opaque", 1_060)


@pytest.mark.parametrize("content", [b"", b"two words", b"nul\x00", b"\xff"])
def test_a_file_without_a_token_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(RefusedError, match=r"^kafka\.oauth_token_file: ") as refusal:
        read_token(file)
    assert "two words" not in str(refusal.value)


def test_a_file_that_is_not_there_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(
        RefusedError, match=r"kafka\.oauth_token_file: cannot read a token from .*No such file"
    ):
        read_token(tmp_path / "none")


@given(st.text() | st.text().map(lambda text: f"a.{base64.urlsafe_b64encode(text.encode()).decode()}.b"))
def test_anything_may_be_asked_when_it_expires(text: str) -> None:
    expiry = jwt_expiry(text)
    assert expiry is None or isinstance(expiry, float)
