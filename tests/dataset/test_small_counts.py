"""A little text is counted in Python, before the fast tokenizer is loaded; the counts are the same."""

import subprocess
import sys
import unicodedata
from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator.dataset import tokens, vocabulary
from drytune_simulator.dataset.reference import reference_encoding
from drytune_simulator.dataset.small import MAX_PIECE, SmallEncoding, TooLong
from drytune_simulator.dataset.tokens import ENCODINGS, Counter

PARTS = ["'s", "'LL", "'ſ", "'RE", "’ve", " ", "  ", "\n", "\r\n", "\n/", "\t ", "\x1c", "\x85", "\u00a0",
         "\u2028", "\u3000", "\u200b", "にゃ", "吾輩は猫である。", "ﾈｺ", "👩\u200d🚀", "é", "e\u0301", "\u0301",
         "١٢٣", "Ⅻ", "½", "Ǆ", "ǅ", "ʰ", "ß", "İ", "ſ", "a", "B", "CamelCase", "1234", "}\n\n", "://", "नमस्ते",
         "สวัสดี", "\ud800", "\udc00", "\u1c89", "\U000323b0"]  # fmt: skip

_texts = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=12).map("".join),
)


@pytest.fixture(scope="module", params=ENCODINGS)
def encoding(request):
    return request.param


@pytest.fixture(scope="module")
def small(encoding):
    """A counter for which there is never too much text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_LITTLE", sys.maxsize)
        yield Counter(encoding)


@given(text=_texts)
@settings(max_examples=400, deadline=None)
def test_little_text_counts_as_with_tiktoken(encoding, small, text):
    """Any text, in each encoding, without the fast tokenizer."""
    assert small.count(text) == len(reference_encoding(encoding).encode_ordinary(text))
    assert "_fast" not in vars(small)


@given(text=st.text(st.characters(max_codepoint=0x218, exclude_categories=("Cn",))))
@settings(max_examples=200, deadline=None)
def test_the_tokens_are_tiktoken_s(encoding, text):
    """Not only as many: the same ones."""
    reference = reference_encoding(encoding)
    assert SmallEncoding(encoding).tokens(text) == [
        reference.decode_single_token_bytes(token) for token in reference.encode_ordinary(text)
    ]


def test_every_kind_of_character(encoding, small):
    """A character of each kind and age beside letters, digits, spaces, line feeds and apostrophes."""
    codes = (*range(0x3000), *range(0x3000, 0xD800, 31), *range(0xE000, 0x30000, 31))
    characters = map(chr, codes)
    settled = [one for one in characters if unicodedata.ucd_3_2_0.category(one) not in ("Cn", "Co")]
    form = "A{0}'s b{0}b {0}'LL {0}1{0} \n{0}\n \t{0}  {0}{0}'ſx{0}A"
    texts = [form.format(one) for one in settled]
    expected = reference_encoding(encoding).encode_ordinary_batch(texts, num_threads=1)
    assert small.count_many(texts) == list(map(len, expected))


@pytest.mark.parametrize("unit", ["a", "A", "あ", " ", "\n", "1", "!", "\u0301", "ab", "=-"])
def test_long_runs(encoding, unit):
    """A long run of one character takes no time by its square: it is left to the fast tokenizer."""
    expected = len(reference_encoding(encoding).encode_ordinary(unit * 3000))
    assert Counter(encoding).count(unit * 3000) == expected


def test_a_piece_may_be_too_long(encoding):
    """Up to the limit it is merged, beyond it is refused."""
    assert SmallEncoding(encoding).count("x" * MAX_PIECE) == Counter(encoding).load().count("x" * MAX_PIECE)
    with pytest.raises(TooLong):
        SmallEncoding(encoding).count("x" * (MAX_PIECE + 1))


def test_much_text_is_counted_alike(encoding, monkeypatch):
    """Counting goes on, in Python, by the fast tokenizer, by many threads or one, with the same results."""
    texts = [f"{part} {number}" for number in range(30) for part in PARTS]
    expected = list(map(len, reference_encoding(encoding).encode_ordinary_batch(texts, num_threads=1)))
    monkeypatch.setattr(tokens, "_LITTLE", 3000)
    growing = Counter(encoding)
    assert [growing.count(text) for text in texts] == expected
    assert "_fast" in vars(growing)
    monkeypatch.setattr(tokens, "_MUCH", 0)
    for threads in (0, 1, 2):
        assert Counter(encoding, threads).count_many(texts) == expected


def test_what_is_remembered_is_bounded(encoding, monkeypatch):
    """A counter forgets rather than grow."""
    monkeypatch.setattr(tokens, "_MEMO_CHARACTERS", 1000)
    forgetful = Counter(encoding)
    texts = [f"text {number % 70}" for number in range(300)]
    assert forgetful.count_many(texts) == [forgetful.count(text) for text in texts]
    assert sum(map(len, forgetful._memo)) <= 1000


def test_pieces_are_the_same(encoding, small):
    """A streamed answer is cut in the same places."""
    text = "".join(part for part in PARTS if part not in ("\u1c89", "\U000323b0"))
    assert small.pieces(text) == Counter(encoding).load().pieces(text)


def test_nothing_heavy_is_loaded_for_a_little_text(encoding):
    """No tokenizer, no regular expressions but Python's own, no numpy."""
    script = (
        "import sys; from drytune_simulator.dataset.tokens import counter\n"
        f"assert counter({encoding!r}).count_many(['吾輩は猫である。', 'cat ' * 100, '🐈'])\n"
        "print(*{'numpy', 'quicktok', 'regex', 'tiktoken'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_packed_vocabulary_is_the_published_one(encoding):
    """Unpacked it is tiktoken's file (which tiktoken checks by its hash); packed again it is the file here."""
    packed = vocabulary.read_vocabulary(encoding)
    assert vocabulary.pack(vocabulary.unpack(packed)) == packed


def test_single_tokens_are_looked_up(encoding):
    """Each token has its rank, and what is none has none, though it spell a rank's digits."""
    ranks = vocabulary.Vocabulary(vocabulary.read_vocabulary(encoding))
    lines = vocabulary.unpack(vocabulary.read_vocabulary(encoding)).splitlines()
    published = {b64decode(token): int(rank) for token, rank in map(bytes.split, lines)}
    assert all(ranks[token] == published[token] for token in [*published][::17])
    digits = [bytes((low, middle, high)) for high in range(13) for middle in range(128) for low in range(128)]
    assert [ranks[token] for token in digits] == [
        published.get(token, vocabulary.NO_TOKEN) for token in digits
    ]
