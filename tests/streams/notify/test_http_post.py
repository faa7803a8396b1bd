"""JSON over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.notify.http_post import HttpPost
from tests.streams.notify.stand_in import StandIn


def test_a_netrc_takes_no_tokens_place_and_adds_no_name(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    HttpPost(stand_in.url, 5.0, {"Authorization": "Bearer ours"}).post({})
    HttpPost(stand_in.url, 5.0).post({})
    assert [request.headers.get("Authorization") for request in stand_in.requests] == ["Bearer ours", None]


def test_an_answer_is_not_read_so_it_may_be_without_end(stand_in: StandIn) -> None:
    stand_in.length = 2**40
    HttpPost(stand_in.url, 5.0).post({})
    assert len(stand_in.requests) == 1
