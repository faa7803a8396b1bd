"""The input formats by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import orjson
import pytest

from models.errors import DecodeError, SettingsError
from models.event import RequestEvent
from models.formats.adapter import AdapterOptions
from models.native import InputLimits
from streams.formats import FORMATS, _adapted, decoder, decoder_of_one
from streams.settings_source import FormatName

RECORD = b'{"id":"r","time":1772582400000,"tenant":"t","prompt":"who"}'


def listed(value: bytes, _options: AdapterOptions) -> list[RequestEvent | DecodeError]:
    """Read a list of ids; what is no text is wrong."""
    found = orjson.loads(value)
    if not isinstance(found, list):
        raise DecodeError("not_a_list", "no list")
    return [
        RequestEvent(name, 1_772_582_400_000, "t")
        if isinstance(name, str)
        else DecodeError("wrong_type", f"event {place}")
        for place, name in enumerate(found)
    ]


LISTED = _adapted(listed)


def test_every_format_can_be_set_and_no_other() -> None:
    assert set(get_args(FormatName)) == set(FORMATS)


@pytest.mark.parametrize("make", [decoder, decoder_of_one])
def test_an_unknown_format_is_refused_with_those_that_there_are(make: Callable[[str], object]) -> None:
    with pytest.raises(SettingsError, match=r"'xml' and must be one of apisix, .*, native, "):
        make("xml")


@pytest.mark.parametrize("most", [2, 3])
def test_a_record_by_itself_is_the_request_that_it_is_in_a_batch(most: int) -> None:
    options = AdapterOptions(limits=InputLimits(max_text_chars=most))
    decoded = decoder("native", options)([RECORD, None])
    if most < len("who"):
        assert list(decoded.failures) == [0]
        with pytest.raises(type(decoded.failures[0]), match="prompt_too_large"):
            decoder_of_one("native", options)(RECORD)
        return
    [event] = decoder_of_one("native", options)(RECORD)
    assert isinstance(event, RequestEvent)
    assert (event.id, event.tenant, event.prompt) == ("r", "t", "who")
    assert (decoded.columns.ids, decoded.columns.tenants) == (["r"], ["t"])
    assert (decoded.columns.texts["prompt"], decoded.empty) == (["who"], 1)
    assert decoder_of_one("native", options)(b"") == []


def test_the_events_of_a_record_keep_their_numbers_whatever_is_wrong_with_others() -> None:
    values = [b'["a",1,"b"]', b"7", b"[]", None, b'["c"]', b"[2,3]"]
    decoded = LISTED.many(values, AdapterOptions())
    assert decoded.columns.ids == ["a", "b", "c"]
    assert (decoded.places, decoded.parts) == ([0, 0, 4], [0, 2, 0])
    assert {place: str(error) for place, error in decoded.failures.items()} == {
        0: "wrong_type: event 1",
        1: "not_a_list: no list",
        5: "wrong_type: event 0",
    }
    assert decoded.wrong == {0: 1, 5: 2}
    assert decoded.empty == 2


def test_a_record_of_too_many_events_is_refused_as_a_whole() -> None:
    options = AdapterOptions(limits=InputLimits(max_events=2))
    decoded = LISTED.many([b'["a","b"]', b'["a","b","c"]'], options)
    assert decoded.places == [0, 0]
    error = decoded.failures[1]
    assert isinstance(error, DecodeError)
    assert error.reason == "too_many_events"
    assert error.detail == "the record holds more than 2 events (source.max_events)"
