"""Tokens are counted exactly as tiktoken counts them, without a download."""

import os
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator.dataset.reference import reference_encoding
from drytune_simulator.dataset.tokens import ENCODINGS, counter, well_formed

SPECIAL = ["<|endoftext|>", "<|fim_prefix|>", "<|endofprompt|>", "<|im_start|>", "<|im_end|>"]

# Letters that only Unicode 16 or 17 assigns, a late Telugu one, CJK extension J, late marks and digits.
ODD = [
    "\u1c89",
    "\ua7dc",
    "\U00010d50",
    "\u0c5c",
    "\U000323b0",
    "\U00010d69",
    "\U00011de0",
    "\U0001e6c0",
    "\u0897",
]
PARTS = [*SPECIAL, *ODD, "'", "'s", "'LL", "’re", " ", "\n", "\r\n", "\t ", "\u3000", "\ud800", "\udfff", "\ud83d",
         "にゃ", "吾輩は猫である。", "👩‍🚀", "🏽", "é",
         "\u0301", "١٢٣", "Ǆ", "ß", "İ", "a", "B", "1234", "}\n\n"]  # fmt: skip

_texts = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.lists(st.sampled_from(PARTS), max_size=12).map("".join),
    st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=10).map("".join),
)


@pytest.fixture(scope="module", params=ENCODINGS)
def encoding(request):
    """With the fast tokenizer at work; tests/dataset/test_small_counts.py is about what comes before it."""
    counter(request.param).load()
    return request.param


@given(text=_texts)
@settings(max_examples=300, deadline=None)
def test_counts_equal_tiktoken(encoding, text):
    """Any text counts as with tiktoken: late letters, lone surrogates and spelled-out special tokens included."""
    expected = len(reference_encoding(encoding).encode_ordinary(text))
    assert counter(encoding).count(text) == expected
    assert counter(encoding).count_many([text, text]) == [expected, expected]


@given(text=_texts)
@settings(max_examples=200, deadline=None)
def test_pieces_are_the_text(encoding, text):
    """The pieces of a text are valid text, make it up again, and are no more than its tokens."""
    pieces = counter(encoding).pieces(text)
    assert "".join(pieces) == well_formed(text)
    assert len(pieces) <= counter(encoding).count(text)
    assert all(pieces)
    "".join(pieces).encode()


def test_late_characters_beside_apostrophes(encoding):
    """Every character that Unicode assigned lately, between letters and before an apostrophe."""
    late = [chr(code) for code in range(0x700, 0x33480) if unicodedata.ucd_3_2_0.category(chr(code)) == "Cn"]
    texts = [
        f"A{character}'s b {character}'ll"
        for character in late[::29]
        if not 0xD800 <= ord(character) < 0xE000
    ]
    reference = reference_encoding(encoding)
    assert counter(encoding).count_many(texts) == [len(reference.encode_ordinary(text)) for text in texts]


def test_a_long_list_counts_like_its_texts(encoding):
    """The batch of a long list gives what single texts give."""
    texts = [f"{part} {number}" for number in range(60) for part in PARTS]
    assert counter(encoding).count_many(texts) == [counter(encoding).count(text) for text in texts]
    assert counter(encoding).count_many([]) == []


def test_known_counts():
    """Two figures that anyone can look up."""
    assert counter("cl100k_base").count("tiktoken is great!") == 6
    assert counter("o200k_base").count("tiktoken is great!") == 6


def test_the_reference_leaves_no_trace(encoding, monkeypatch):
    """Building tiktoken's encoding leaves the environment as it was."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "mine")
    reference_encoding.cache_clear()
    reference_encoding(encoding)
    assert os.environ["TIKTOKEN_CACHE_DIR"] == "mine"
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    reference_encoding.cache_clear()
    reference_encoding(encoding)
    assert "TIKTOKEN_CACHE_DIR" not in os.environ


@pytest.mark.parametrize("load", [counter, reference_encoding])
def test_unknown_encodings_are_refused(load):
    """There are two encodings."""
    with pytest.raises(ValueError, match="p50k_base"):
        load("p50k_base")


def test_counters_are_shared(encoding):
    """A vocabulary is loaded once."""
    assert counter(encoding) is counter(encoding)
    assert counter(encoding).encoding == encoding
