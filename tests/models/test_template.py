"""Fingerprints of a prompt's form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.template import LENGTHS, MAX_CHARS, forms, hash64
from tests.models.plain_form import Form, rows

INSTRUCTION = (
    "Rewrite the customer's question below as a formal letter to the complaints office of our bank: "
)
WORDS = [f"word{chr(97 + place)}" for place in range(26)]


def form(prompt: str, key: bytes = b"") -> Form:
    """The form of one prompt."""
    (found,) = rows(forms([prompt], key))
    return found


def text(count: int) -> str:
    """A prompt of so many words without numbers."""
    return " ".join(WORDS[place % 26] for place in range(count))


def test_a_filled_template_keeps_its_heads_and_loses_its_whole() -> None:
    one = form(INSTRUCTION + "my card was swallowed by a machine")
    other = form(INSTRUCTION + "where did the transfer to my sister go")
    assert one.heads[:2] == other.heads[:2]
    assert one.tails[0] != other.tails[0]
    assert one.whole != other.whole


def test_a_template_behind_the_slot_keeps_its_tails() -> None:
    ending = " Answer in the voice of a friendly but very tired librarian."
    one, other = form("Why is the sky blue?" + ending), form("Who owns the moon?" + ending)
    assert one.tails[:2] == other.tails[:2]
    assert one.heads[0] != other.heads[0]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7, 8, 15, 16, 31, 32, 33, 100])
def test_a_length_that_the_prompt_does_not_reach_has_no_hash(count: int) -> None:
    found = form(text(count))
    assert found.words == count
    expected = [count >= length for length in LENGTHS]
    assert [bool(head) for head in found.heads] == expected
    assert [bool(tail) for tail in found.tails] == expected


def test_heads_of_different_lengths_are_different() -> None:
    heads = form(text(40)).heads
    assert len(set(heads)) == len(LENGTHS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("translate page 17 of the manual now", "translate page 2,048 of the manual now"),
        ("translate page 1.5 of the manual now", "translate page 12:30 of the manual now"),
        ('summarise the word "quokka" for me please', 'summarise the word "a lynx" for me please'),
        ("open https://a.example/x?y=1 and tell me", "open http://b.example/z and tell me"),
        ("decode " + "a" * 30 + " for me please", "decode " + "b" * 44 + " for me please"),
        ("Tell ME about   the\nweather", "tell me about the weather"),
    ],
)
def test_what_fills_a_slot_does_not_change_the_heads(one: str, other: str) -> None:
    assert form(one).heads[0] == form(other).heads[0] != 0


def test_equal_prompts_have_equal_wholes_and_others_not() -> None:
    assert form("tell me about 17").whole == form("tell me about 17").whole
    assert form("tell me about 17").whole != form("tell me about 18").whole


def test_the_middle_of_a_very_long_prompt_is_read_for_the_whole_only() -> None:
    head, tail = text(500), text(500)
    one, other = (form(f"{head} {filling * MAX_CHARS} {tail}") for filling in "ab")
    assert (one.heads, one.tails) == (other.heads, other.tails)
    assert one.whole != other.whole


def test_without_the_key_a_guess_cannot_be_tested() -> None:
    prompt = text(40)
    plain, one, other = form(prompt), form(prompt, b"one"), form(prompt, b"other")
    for name in ("heads", "tails", "whole"):
        assert getattr(plain, name) != getattr(one, name) != getattr(other, name)
    assert plain.words == one.words
    assert form(prompt, b"one") == one


@given(st.text(max_size=300))
@settings(deadline=None, max_examples=150)
def test_any_text_has_a_form_of_64_bit_hashes(prompt: str) -> None:
    found = form(prompt)
    assert found == form(prompt)
    assert all(0 <= word < 2**64 for word in (*found.heads, *found.tails))
    assert 0 < found.whole < 2**64
    assert found.words >= 0


@given(st.text(max_size=50), st.binary(max_size=64))
@settings(deadline=None, max_examples=60)
def test_a_hash_is_never_0_which_stands_for_absent(value: str, key: bytes) -> None:
    assert 0 < hash64(value, key) < 2**64


def test_no_text_is_slow_to_mask() -> None:
    for prompt in ('"' * 100_000, "1" * 100_000, "http://" * 20_000, '"a' * 50_000, "1." * 50_000):
        assert form(prompt).whole
