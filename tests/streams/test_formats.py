"""The input formats by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.errors import SettingsError
from models.native import InputLimits
from streams.formats import FORMATS, decoder, decoder_of_one

RECORD = b'{"id":"r","time":1772582400000,"tenant":"t","prompt":"who"}'


@pytest.mark.parametrize("make", [decoder, decoder_of_one])
def test_an_unknown_format_is_refused_with_those_that_there_are(make: Callable[[str], object]) -> None:
    with pytest.raises(SettingsError, match="'xml' and must be one of native"):
        make("xml")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("most", [2, 3])
def test_a_record_by_itself_is_the_request_that_it_is_in_a_batch(name: str, most: int) -> None:
    limits = InputLimits(max_text_chars=most)
    decoded = decoder(name, limits)([RECORD, None])
    if most < len("who"):
        assert list(decoded.failures) == [0]
        with pytest.raises(type(decoded.failures[0]), match="prompt_too_large"):
            decoder_of_one(name, limits)(RECORD)
        return
    event = decoder_of_one(name, limits)(RECORD)
    assert event is not None
    assert (event.id, event.tenant, event.prompt) == ("r", "t", "who")
    assert (decoded.columns.ids, decoded.columns.tenants) == (["r"], ["t"])
    assert (decoded.columns.texts["prompt"], decoded.empty) == (["who"], 1)
    assert decoder_of_one(name, limits)(None) is None
