"""Forms of many prompts at once: compiled, and the same as of each alone."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.template import MAX_CHARS, _decimals, forms
from tests.models.plain_form import plain_form, rows

DIGITS = "0٣५௭９𝟗🯹"  # noqa: RUF001
SPACES = " \n\t\x0b\x0c\r\x1c\x1f\x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"
SIGNS = "aZhHtTpPsS:/.,-\"'x\x00\x01\x7fİıßΣσςKÅéÉĲǅ漢ﬀ😀\u200b\ufeff\U0010ffff"  # noqa: RUF001
PIECES = ("http://", "HTTPS://", "https://x", "httpſ://", '"', '""', '"a b"', "12.5,", "a" * 24, "É" * 25)  # noqa: RUF001

texts = st.one_of(
    st.text(max_size=300),
    st.text(st.characters(max_codepoint=127), max_size=300),
    st.text(st.sampled_from(DIGITS + SPACES + SIGNS), max_size=300),
    st.lists(st.one_of(st.sampled_from(PIECES), st.sampled_from(list(SPACES + SIGNS))), max_size=80).map(
        "".join
    ),
    st.tuples(st.integers(190, 210), st.sampled_from(["q", "é", "😀", " "])).map(
        lambda drawn: f'"{drawn[1] * drawn[0]}" and what "follows" it now'
    ),
    st.tuples(st.integers(MAX_CHARS - 2, MAX_CHARS + 3), st.sampled_from(["ab ", "É 12 ", "İ\u2003x"])).map(
        lambda drawn: (drawn[1] * drawn[0])[: drawn[0]]
    ),
)


@given(st.lists(texts, max_size=6), st.binary(max_size=64))
@settings(deadline=None, max_examples=400)
@example([], b"key")
@example(["", " ", "\n\u3000"], b"")
@example(["", " ", "\n\u3000"], b"key")
@example(["x" * 100_000, '"' * 300, "1" * 300, "http://" * 60], b"key")
def test_many_prompts_have_the_forms_that_each_has_alone(prompts: list[str], key: bytes) -> None:
    assert rows(forms(prompts, key)) == [plain_form(prompt, key) for prompt in prompts]


@pytest.mark.parametrize("before", ["", "a", "http://a"])
def test_every_sign_is_read_as_python_reads_it(before: str) -> None:
    signs = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    prompts = [
        " ".join(f"{before}{sign}b" for sign in signs[start : start + 16])
        for start in range(0, len(signs), 16)
    ]
    found = forms(prompts)
    kept = np.flatnonzero(found.words != [len(prompt.split()) for prompt in prompts])
    assert kept.size == 0
    sample = [*range(0x3200 >> 4), *range(0x3200 >> 4, len(prompts), 97)]
    assert rows(forms([prompts[row] for row in sample])) == [plain_form(prompts[row]) for row in sample]


def test_no_digit_stands_beyond_the_table() -> None:
    table = _decimals()
    assert not any(chr(code).isdecimal() for code in range(table.size, sys.maxunicode + 1))
    assert table[ord("9")]


def test_half_a_pair_of_surrogates_is_no_text() -> None:
    with pytest.raises(UnicodeEncodeError):
        forms(["a\ud800b"])
    with pytest.raises(UnicodeEncodeError):
        plain_form("a\ud800b")


def test_a_key_is_64_bytes_at_most() -> None:
    with pytest.raises(ValueError, match="key"):
        forms(["a"], b"k" * 5000)
