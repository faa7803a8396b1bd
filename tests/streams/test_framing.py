"""The frames of a schema registry's clients."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DecodeError
from streams.framing import Framed, protobuf_begin, read_frame

GUID = "89791762-2336-4186-9674-299b90a802e2"
GUID_BYTES = bytes.fromhex(GUID.replace("-", ""))


def test_a_frame_before_the_payload_names_its_schema_by_a_number() -> None:
    assert read_frame(b"\0\0\0\1\2{}", None) == Framed(258, 5)
    assert read_frame(b"\0\xff\xff\xff\xff", None) == Framed(2**32 - 1, 5)


@pytest.mark.parametrize("value", [b"", b"{}", b"\x01\0\0\0\1{}"])
def test_other_values_have_no_frame(value: bytes) -> None:
    assert read_frame(value, None) is None


def test_a_frame_in_the_header_leaves_the_payload_as_it_is() -> None:
    assert read_frame(b"{}", b"\1" + GUID_BYTES) == Framed(GUID, 0)
    assert read_frame(b"{}", b"\0\0\0\0\7") == Framed(7, 0)
    assert read_frame(b"\x0a", b"\1" + GUID_BYTES + b"\0") == Framed(GUID, 0, indexed=True)


@pytest.mark.parametrize(
    ("value", "header"), [(b"\0\0\0", None), (b"{}", b"\1ab"), (b"{}", b"\0\0"), (b"", b"\2")]
)
def test_a_frame_cut_short_is_refused(value: bytes, header: bytes | None) -> None:
    with pytest.raises(DecodeError, match="bad_frame"):
        read_frame(value, header)


@pytest.mark.parametrize("indices", [b"\0", b"\2\0", b"\4\2\0", b"\6\4\2\x80\1"])
def test_a_protobuf_message_begins_behind_the_indices_of_its_type(indices: bytes) -> None:
    value = b"\0\0\0\0\1" + indices + b"\x0amessage"
    assert value[protobuf_begin(value, Framed(1, 5)) :] == b"\x0amessage"
    assert protobuf_begin(b"\x0a", Framed(1, 0, indexed=True)) == 0


@pytest.mark.parametrize(
    "indices", [b"", b"\2", b"\1", b"\xff\xff\xff\xff\xff\xff", b"\x7e\0", b"\x80\x80\4"]
)
def test_indices_that_do_not_end_are_refused(indices: bytes) -> None:
    value = b"\0\0\0\0\1" + indices
    with pytest.raises(DecodeError, match="bad_frame"):
        protobuf_begin(value, Framed(1, 5))


@given(st.binary(max_size=30), st.none() | st.binary(max_size=20))
def test_any_bytes_have_a_frame_or_none_or_are_refused(value: bytes, header: bytes | None) -> None:
    with suppress(DecodeError):
        frame = read_frame(value, header)
        assert frame is None or 0 <= protobuf_begin(value, frame) <= len(value)
