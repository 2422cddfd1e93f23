"""Lines are decoded like JSON, and nothing that bytes can spell breaks the decoder."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.dataset import LineError, decode
from drytune_simulator.dataset.lines import MAX_DEPTH


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\ud800"', "\ufffd"),
        (b'{"\\udc00x": ["\\ud83d\\ude00"]}', {"\ufffdx": ["😀"]}),
        (b"1e400", float("inf")),
        (b"9" * 40, int("9" * 40)),
        (b" {} \r", {}),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)),
        (json.dumps("[{" * 500).encode(), "[{" * 500),
    ],
)
def test_strange_but_valid(data, value):
    """JSON that decoders disagree about has one meaning here."""
    assert decode(data) == value


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"{\xff}", "not-utf8", "byte 2 of the line (0xff) is not UTF-8"),
        (b"\x00", "invalid-json", "Expecting value at column 1"),
        (b'{"a": NaN}', "invalid-json", "NaN is not a JSON value"),
        (b'{"a": -Infinity}', "invalid-json", "-Infinity is not a JSON value"),
        (b'{"a" 1}', "invalid-json", "Expecting ':' delimiter at column 6"),
        (b"{} {}", "invalid-json", "Extra data at column 4"),
        (b'"\t"', "invalid-json", "Invalid control character at column 2"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "too-deep", None),
        (b'{"a":' * 100_000, "too-deep", None),
        (b"[" * 100_000 + b"]" * 100_000, "too-deep", None),
        (b"[" * (MAX_DEPTH + 1), "too-deep", None),
        (b"[" * MAX_DEPTH, "invalid-json", f"Expecting value at column {MAX_DEPTH + 1}"),
    ],
)
def test_refused(data, code, message):
    """What is not JSON is refused with the place where it stops being JSON."""
    with pytest.raises(LineError) as caught:
        decode(data)
    assert caught.value.code == code
    assert message is None or str(caught.value) == message


@given(st.binary() | st.text(st.sampled_from('{}[]":,\\u d8Ee-+.019 tfnNaI')).map(str.encode))
def test_any_bytes(data):
    """Bytes are decoded or refused, never anything else, and what is decoded can be encoded."""
    try:
        value = decode(data)
    except LineError:
        return
    json.dumps(value, ensure_ascii=False).encode()


def test_huge_numbers():
    """A number of a million digits costs no quadratic time."""
    assert decode(b"9" * 1_000_000) == float("inf")
