"""`--fix OUT`: a copy in which what has exactly one safe repair is repaired, and everything else is as it was."""

import gzip
import io
import json
import os
import sys
import tempfile
import tracemalloc
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.config import known_rules
from drytune.errors import UsageError
from drytune.repair import MENDS, repair_file, repairs_lines
from drytune.repair.changes import MAX_KEPT, MAX_SHOWN, Log
from drytune.repair.json_text import read, write
from drytune.repair.streams import lines_of
from drytune.testing.strategies import chat_examples, flawed_datasets
from drytune_simulator.catalog import find
from drytune_simulator.dataset import judge

A, B = b'{"a": 1}', b'{"b": [2, "x,]"]}'


def fix(data, **options):
    """The repaired bytes, and what was changed."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"
        repairs = repair_file(io.BytesIO(data), out, **options)
        return out.read_bytes(), repairs


def fixed(data):
    return fix(data)[0]


def chat(*messages, **keys):
    return json.dumps({"messages": messages, **keys}, ensure_ascii=False, separators=(",", ":")).encode()


def said(**keys):
    """A chat line whose assistant message has these keys."""
    return chat({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", **keys})


def asked(**keys):
    """A chat line whose user message has these keys."""
    return chat({"role": "user", "content": "Hi", **keys}, {"role": "assistant", "content": "Hello"})


def call(**function):
    return {"id": "call_1", "type": "function", "function": {"name": "f", **function}}


GOOD = said()
HELLO = [{"role": "assistant", "content": "Hello"}]
PAIR = {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": HELLO}
LONG = said(refusal="I cannot. " * 100)
COMPACT = {"ensure_ascii": False, "separators": (",", ":")}


def line(value):
    return json.dumps(value, **COMPACT).encode()


REPAIRS = {
    "a byte order mark": (b"\xef\xbb\xbf" + A + b"\n", A + b"\n", {"byte-order-mark": 1}),
    "a mark where files were joined": (A + b"\n\xef\xbb\xbf" + B, A + b"\n" + B, {"byte-order-mark": 1}),
    "two of them": (b"\xef\xbb\xbf\xef\xbb\xbf" + A, A, {"byte-order-mark": 1}),
    "UTF-16": ("\ufeff{}\n[]\n".encode("utf-16-be"), b"{}\n[]\n", {"not-utf8": 1}),
    "UTF-16, little-endian": ('{"é": "猫"}'.encode("utf-16"), '{"é": "猫"}'.encode(), {"not-utf8": 1}),
    "UTF-32": ("{}".encode("utf-32"), b"{}", {"not-utf8": 1}),
    "line ends of Windows": (A + b"\r\n" + B + b"\r\n", A + b"\n" + B + b"\n", {"crlf": 2}),
    "at the end of the file": (A + b"\r", A, {"crlf": 1}),
    "line ends of the old Macintosh": (A + b"\r" + B + b"\r", A + b"\n" + B, {"crlf": 1, "invalid-json": 1}),
    "blank lines": (b"\n" + A + b"\n \t\n\r\n" + B, A + b"\n" + B, {"blank-line": 3}),
    "padding": (A + b"\n\0\0\0", A + b"\n", {"nul-byte": 1}),
    "padding in the last line": (A + b"\0", A, {"nul-byte": 1}),
    "a comma after an object": (A + b",\n" + B + b" , \n", A + b"\n" + B + b"\n", {"trailing-comma": 2}),
    "a comma before a bracket": (
        b'{"a": [1, ], "b": {"c": "},]",}}',
        b'{"a": [1 ], "b": {"c": "},]"}}',
        {"trailing-comma": 1},
    ),
    "an array on a line": (b"[" + A + b", " + B + b"]\n", A + b"\n" + B + b"\n", {"top-level-array": 1}),
    "an array among lines": (A + b"\n[" + B + b"]\n", A + b"\n" + B + b"\n", {"top-level-array": 1}),
    "an array with an element a line": (
        b"[\n" + A + b",\n" + B + b"\n]\n",
        A + b"\n" + B + b"\n",
        {"top-level-array": 1},
    ),
    "a pretty-printed array": (
        json.dumps([{"a": [1.50, "]"]}, {"b": "é"}], indent=2).encode(),
        b'{"a":[1.5,"]"]}\n{"b":"\xc3\xa9"}\n',
        {"top-level-array": 1},
    ),
    "an array with commas too many": (b"[" + A + b', {"b": 2,},\n]', A + b'\n{"b": 2}\n', {
        "top-level-array": 1,
        "trailing-comma": 1,
    }),
    "a role in capitals": (
        chat({"role": " User", "content": "Hi"}, {"role": "ASSISTANT", "content": "Hello"}),
        GOOD,
        {"unknown-role": 2},
    ),
    "a null of another role": (asked(tool_calls=None, weight=None), GOOD, {"unknown-message-key": 2}),
    "a null that nothing reads": (said() [:-1] + b',"id":null}', GOOD, {"unknown-key": 1}),
    "a null in an input": (
        line({**PAIR, "input": {**PAIR["input"], "functions": None}, "non_preferred_output": HELLO}),
        line({**PAIR, "non_preferred_output": HELLO}),
        {"wrong-input": 1},
    ),
    "arguments as an object": (
        said(tool_calls=[call(arguments={"c": "é", "n": [1, 2.50]})]).replace(b"2.5", b"2.50"),
        said(tool_calls=[call(arguments='{"c":"é","n":[1,2.50]}')]),
        {"malformed-tool-calls": 1},
    ),
    "arguments of a function call": (
        said(function_call={"name": "f", "arguments": {}}),
        said(function_call={"name": "f", "arguments": "{}"}),
        {"malformed-function-call": 1},
    ),
    "a call without a type": (
        said(tool_calls=[{"id": "call_1", "function": {"name": "f", "arguments": "{}"}}]),
        said(tool_calls=[call(arguments="{}")]),
        {"malformed-tool-calls": 1},
    ),
    "a tool without a type": (
        chat(*json.loads(GOOD)["messages"], tools=[{"function": {"name": "f"}}]),
        chat(*json.loads(GOOD)["messages"], tools=[{"type": "function", "function": {"name": "f"}}]),
        {"malformed-tools": 1},
    ),
    "weights as texts": (said(weight="0"), said(weight=0), {"wrong-weight": 1}),
    "weights as truth": (said(weight=True), said(weight=1), {"wrong-weight": 1}),
    "weights of others": (asked(weight=0), GOOD, {"misplaced-weight": 1}),
    "old names": (
        line({"input": PAIR["input"], "preferred_completion": HELLO, "non_preferred_completion": HELLO}),
        line({"input": PAIR["input"], "preferred_output": HELLO, "non_preferred_output": HELLO}),
        {"missing-output": 2},
    ),
    "single outputs": (
        line({"input": PAIR["input"], "preferred_output": HELLO[0], "non_preferred_output": HELLO}),
        line({"input": PAIR["input"], "preferred_output": HELLO, "non_preferred_output": HELLO}),
        {"wrong-output": 1},
    ),
    "no functions": (said()[:-1] + b',"functions":[]}', GOOD, {"malformed-functions": 1}),
    "a truth as a text": (
        said()[:-1] + b',"parallel_tool_calls":"False"}',
        said()[:-1] + b',"parallel_tool_calls":false}',
        {"wrong-parallel-tool-calls": 1},
    ),
    "a key twice": (b'{"a": 1, "b": {"c": 1.0, "c": 1.0}, "a": 1}', b'{"a":1,"b":{"c":1.0}}', {
        "duplicate-key": 2,
    }),
    "everything else is kept": (
        b'{"n": 1.50e400, "big": 123456789012345678901234567890, "half": "\\ud800", "n": 1.50e400}',
        b'{"n":1.50e400,"big":123456789012345678901234567890,"half":"\\ud800"}',
        {"duplicate-key": 1},
    ),
}  # fmt: skip

LEFT = {
    "nothing": b"",
    "a good line": GOOD + b"\n",
    "its white space": b'  {"a" : 1.0}  \n',
    "no line feed at the end": A + b"\n" + B,
    "UTF-16 without a mark": "{}".encode("utf-16-le"),
    "what only begins like UTF-16": b"\xff\xfe" + A,
    "UTF-16 that is cut off": '{"a": 1}'.encode("utf-16")[:-1],
    "Latin-1": b'{"a": "caf\xe9"}\n',
    "NUL within": b'{"a": "\0"}\n',
    "NUL within, and at the end": b'{"a": "\0"}\n\0\0',
    "carriage returns within an object": b'{"a":\r1}\n',
    "carriage returns between other things": b"{}\r1\n",
    "commas that are more than one": A + b",,\n",
    "a comma and nothing": b"[,]\n",
    "an empty array": b"[]\n",
    "an array of other things": b"[1, {}]\n",
    "an array that does not end": b"[\n" + A + b",\r\n",
    "an array and more": b"[\n" + A + b",\n]\nx\n\n",
    "an array with a broken element": b"[\n" + A + b",\n{,\n]\n",
    "UTF-16 after something else": b"\n" + "{}".encode("utf-16"),
    "names of other layouts": chat({"role": "human", "content": "Hi"}, {"role": "gpt", "content": "Hello"}),
    "a key with two values": b'{"role": "user", "role": "assistant"}\n',
    "a line of which a key has two values": said(weight="1")[:-1] + b',"a":1,"a":2}\n',
    "the same number, spelled otherwise": b'{"a": 1, "a": 1.0}\n',
    "an unknown key": said()[:-1] + b',"id":7}\n',
    "a reference field that is null": b'{"messages":[{"role":"user","content":"Hi"}],"answer":null}\n',
    "a weight that is neither": said(weight="2"),
    "a weight of nobody": chat({"role": "bot", "content": "Hi", "weight": 1}),
    "arguments that are a list": said(tool_calls=[call(arguments=["Osaka"])]),
    "a call without a function": said(tool_calls=[{"id": "call_1"}]),
    "both names": line({**PAIR, "preferred_completion": HELLO}),
    "half a surrogate pair": b'{"a": "\\ud83d"}\n',
    "NaN": b'{"a": NaN}\n',
    "a missing reply": chat({"role": "user", "content": "Hi"}) + b"\n",
    "what is too deep": b"[" * 300 + b"]" * 300,
}


@pytest.mark.parametrize(("data", "expected", "counts"), REPAIRS.values(), ids=REPAIRS)
def test_repairs(data, expected, counts):
    """What has one safe repair has it, and the repairs are counted by the codes of rules."""
    repaired, repairs = fix(data)
    assert repaired == expected
    assert repairs.counts == counts
    assert {change.code for change in repairs.changes} == set(counts)


@pytest.mark.parametrize("data", LEFT.values(), ids=LEFT)
def test_what_is_left(data):
    """What could be meant in two ways, and what is right, stays as it is, byte for byte."""
    repaired, repairs = fix(data)
    assert repaired == data
    assert (repairs.total, repairs.changes) == (0, ())


def test_every_repair_is_a_rules():
    """What is mended is what a rule finds, and each is shown above."""
    assert set(MENDS) <= set(known_rules())
    assert {code for _, _, counts in REPAIRS.values() for code in counts} == set(MENDS)


@pytest.mark.parametrize("data", [case[0] for case in REPAIRS.values()], ids=REPAIRS)
def test_twice(data):
    """What was repaired needs no repair."""
    once = fixed(data)
    again, repairs = fix(once)
    assert (again, repairs.total) == (once, 0)


def test_places():
    """Each change has its line in the input, its pointer, and a sentence."""
    data = GOOD + b"\r\n\r\n" + asked(weight=1) + b",\n" + said(weight="1")
    _, repairs = fix(data, path="cats.jsonl")
    assert [(change.line, change.code, change.pointer, change.what) for change in repairs.changes] == [
        (1, "crlf", "", "The carriage return at the end of 1 line was removed."),
        (2, "blank-line", "", "The line was removed."),
        (3, "trailing-comma", "", "The comma that nothing follows was removed."),
        (
            3,
            "misplaced-weight",
            "/messages/0/weight",
            "The weight of a message of the role user was removed.",
        ),
        (4, "wrong-weight", "/messages/1/weight", 'The weight "1" became 1.'),
    ]
    assert repairs.to_dict()["source"] == "cats.jsonl"
    json.dumps(repairs.to_dict())


def test_lines_of_an_array():
    """What is repaired in an element has the line on which the element begins."""
    data = b"[\n" + GOOD + b",\n{\n" + said(weight="1")[1:] + b"\n]\n"
    repaired, repairs = fix(data)
    assert repaired == GOOD + b"\n" + said(weight=1) + b"\n"
    assert [(change.line, change.code) for change in repairs.changes] == [
        (2, "top-level-array"),
        (3, "wrong-weight"),
    ]


def test_a_key_with_two_values_in_an_array():
    """It goes on a line of its own all the same, token for token."""
    assert fixed(b'[{"a": 1,\n "a": 2}]') == b'{"a": 1, "a": 2}\n'


def test_terminal_lines():
    """First what was made of what, then the changes, at most a screen of them."""
    _, repairs = fix(b"\n" * 50 + GOOD, path="cats.jsonl")
    lines = list(repairs_lines(repairs))
    assert lines[0] == f"fixed: {repairs.out} is cats.jsonl with 50 changes (blank-line 50)"
    assert lines[1] == "  cats.jsonl:1: blank-line: The line was removed."
    assert lines[-1] == f"  … and {50 - MAX_SHOWN} more places, which --format json lists"
    assert len(lines) == MAX_SHOWN + 2


def test_terminal_lines_about_nothing():
    """A file without repairs is said to be the same; what is left is summed up."""
    _, repairs = fix(chat({"role": "user", "content": "Hi"}), path="cats.jsonl")
    findings = judge(
        GOOD + b"\n" + chat({"role": "user", "content": "Hi"}), model=find("gpt-4.1-mini")
    ).findings
    first, last = repairs_lines(repairs, findings)
    assert (
        first == f"fixed: nothing in cats.jsonl has a safe repair; {repairs.out} is the same, byte for byte"
    )
    assert last == "left, as no repair is safe: missing-assistant 1, too-few-examples 1"


def test_names_are_safe_to_print():
    """A file's name may hold anything."""
    _, repairs = fix(b"\n", path="\x1b[31m.jsonl")
    assert "\x1b" not in "".join(repairs_lines(repairs))


def test_many_changes_are_counted():
    """A list of changes has an end; their number has none."""
    _, repairs = fix(b"\n" * (MAX_KEPT + 5))
    assert (len(repairs.changes), repairs.total) == (MAX_KEPT, MAX_KEPT + 5)


# files


def test_a_path(tmp_path):
    """The input stays as it is, and nothing but the copy is made."""
    source, out = tmp_path / "cats.jsonl", tmp_path / "cats-fixed.jsonl"
    source.write_bytes(GOOD + b"\r\n")
    repairs = repair_file(source, out)
    assert (repairs.source, repairs.out) == (str(source), str(out))
    assert (source.read_bytes(), out.read_bytes()) == (GOOD + b"\r\n", GOOD + b"\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cats-fixed.jsonl", "cats.jsonl"]


@pytest.mark.skipif(os.name == "nt", reason="rights of files are those of POSIX")
def test_rights(tmp_path):
    """The copy has the rights of any new file."""
    mask = os.umask(0o027)
    try:
        repair_file(io.BytesIO(GOOD), tmp_path / "out.jsonl")
    finally:
        os.umask(mask)
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
def test_compressed(tmp_path, suffix, pack):
    """A compressed input is read, also when it must be read twice; the copy is not compressed."""
    for data in (b"", b"[]"):
        source, out = tmp_path / f"cats.jsonl{suffix}", tmp_path / f"{len(data)}.jsonl"
        source.write_bytes(pack(data + b"\r\n" + GOOD))
        repair_file(source, out)
        assert out.read_bytes() == (data + b"\n" + GOOD).lstrip(b"\n")


def test_standard_input(tmp_path, monkeypatch):
    """`-` is standard input, which cannot seek."""
    reader, writer = os.pipe()
    with open(writer, "wb") as stream:  # noqa: PTH123
        stream.write(b"[" + GOOD + b"]\nx\r\n")
    with open(reader, encoding="utf-8") as piped:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", piped)
        repairs = repair_file("-", tmp_path / "out.jsonl")
    assert repairs.source == "-"
    assert (tmp_path / "out.jsonl").read_bytes() == GOOD + b"\nx\n"


def same_by(kind, folder, source):
    """Another name of the input."""
    out = folder / "other.jsonl"
    if kind == "the same name":
        return source
    if kind == "another spelling":
        return folder / "." / ".." / folder.name / source.name
    (os.link if kind == "a hard link" else os.symlink)(source, out)
    return out


@pytest.mark.parametrize("kind", ["the same name", "another spelling", "a hard link", "a symbolic link"])
@pytest.mark.parametrize("as_stream", [False, True])
def test_the_input_is_never_touched(tmp_path, kind, as_stream):
    """Whatever the input is called."""
    source = tmp_path / "cats.jsonl"
    source.write_bytes(b"\r\n")
    out = same_by(kind, tmp_path, source)
    with source.open("rb") as stream, pytest.raises(UsageError, match="is the input, which is never touched"):
        repair_file(*((stream, out) if as_stream else (source, out)), path=source if as_stream else None)
    assert source.read_bytes() == b"\r\n"


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("there.jsonl", "{folder}/there.jsonl exists already; remove it, or name another file for the copy."),
        ("dangling.jsonl", "{folder}/dangling.jsonl exists already; remove it, or name another"),
        ("sub", "{folder}/sub exists already;"),
        (
            "none/out.jsonl",
            "{folder}/none is no directory, so {folder}/none/out.jsonl cannot be written; make it",
        ),
        ("there.jsonl/out.jsonl", "{folder}/there.jsonl is no directory, so"),
        ("out.jsonl.gz", "{folder}/out.jsonl.gz: the repaired copy is not compressed; name it out.jsonl."),
        ("cats.gz", "{folder}/cats.gz: the repaired copy is not compressed; name it cats.jsonl."),
        (
            "out.txt",
            "{folder}/out.txt does not end in .jsonl, so the platform would refuse the copy; name it out.txt",
        ),
        ("x" * 300 + ".jsonl", None),
    ],
)
def test_where_the_copy_cannot_be(tmp_path, out, sentence):
    """Nothing is replaced and no folder is made; a sentence says what to do."""
    (tmp_path / "there.jsonl").write_bytes(b"precious")
    (tmp_path / "dangling.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "sub").mkdir()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError) as caught:
        repair_file(io.BytesIO(GOOD), tmp_path / out)
    assert sentence is None or str(caught.value).startswith(sentence.format(folder=tmp_path))
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "there.jsonl").read_bytes() == b"precious"


@pytest.mark.parametrize("out", ["", "-", "a\0b"])
def test_no_name(out):
    """The copy needs a name."""
    with pytest.raises(UsageError, match="--fix needs the name of a new file"):
        repair_file(io.BytesIO(GOOD), out)


def test_several_files(tmp_path):
    """A pattern may be one file, no more."""
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(GOOD)
    with pytest.raises(UsageError, match="is 2 files; --fix repairs one at a time"):
        repair_file(tmp_path / "*.jsonl", tmp_path / "out.jsonl")
    repair_file(tmp_path / "a*.jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == GOOD


class Failing(io.BytesIO):
    """A stream that ends in an error."""

    def __init__(self, error):
        super().__init__(GOOD + b"\n")
        self._error = error

    def read(self, size=-1):
        return super().read(size) or self._fail()

    def _fail(self):
        raise self._error


@pytest.mark.parametrize("error", [OSError("broken"), KeyboardInterrupt()])
def test_all_or_nothing(tmp_path, error):
    """After an error or an interruption there is no copy, and nothing else."""
    with pytest.raises(type(error)):
        repair_file(Failing(error), tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_meanwhile(tmp_path):
    """A file that comes while the copy is written is not replaced."""
    out = tmp_path / "out.jsonl"

    class Slow(io.BytesIO):
        def read(self, size=-1):
            out.write_bytes(b"precious")
            return super().read(size)

    with pytest.raises(UsageError, match="exists by now; it was left as it is"):
        repair_file(Slow(GOOD), out)
    assert out.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [out]


class Endless(io.RawIOBase):
    """So many bytes of lines, made as they are read."""

    def __init__(self, head, block, times):
        self._head, self._block, self._times, self._at = head, block, times, 0

    def read(self, size=-1):
        self._at += 1
        if self._at > self._times:
            return b""
        return self._head if self._at == 1 else self._block

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        self._at = offset
        return offset

    def tell(self):
        return self._at


@pytest.mark.parametrize(
    ("head", "block"),
    [(b"", LONG + b"\r\n"), (b"[" + LONG, b",\n" + LONG), (b"", b"\0")],
    ids=["lines", "an array that does not end", "padding"],
)
def test_memory(tmp_path, head, block):
    """Memory does not grow with the file."""
    block *= (1 << 18) // len(block)
    tracemalloc.start()
    try:
        repair_file(Endless(head, block, 8), tmp_path / "small.jsonl")
        few = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        repair_file(Endless(head, block, 40), tmp_path / "large.jsonl")
        many = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert many < few + (4 << 20)


def test_a_line_that_is_too_long_goes_through():
    """It is passed on in pieces, with the lines around it in order."""
    data = b"ab\n" + b"x" * 50 + b"\ncd\n" + b"y" * 30
    chunks = [data[place : place + 7] for place in range(0, len(data), 7)]
    lines = list(lines_of(chunks, limit=10))
    assert b"".join(piece.data + piece.end for piece in lines) == data
    assert [(piece.number, piece.data) for piece in lines if piece.whole] == [(1, b"ab"), (3, b"cd")]


# laws

_SCRAPS = st.sampled_from(
    [A, B, GOOD, said(weight="1"), asked(weight=1), b"[", b"]", b",", b"\r", b"\n", b"\n", b" ", b"\0",
     b"\xef\xbb\xbf", b"\xff\xfe", b'"', b"\\", b"{", b"}", b'{"a":1,"a":1}', b'{"a":1,"a":2}', b"\xe9", b"1"]
)  # fmt: skip
_MESSY = st.one_of(st.binary(max_size=60), st.lists(_SCRAPS, max_size=12).map(b"".join))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
_LINES = st.lists(st.one_of(chat_examples().map(line), _JSON.map(line), _SCRAPS), max_size=6)


@given(_MESSY)
@settings(max_examples=400)
def test_repairing_twice_changes_nothing_more(data):
    """Law: of any bytes, and no bytes make it raise."""
    once = fixed(data)
    again, repairs = fix(once)
    assert (again, repairs.total) == (once, 0)


@given(_MESSY)
@settings(max_examples=200)
def test_what_is_not_listed_is_not_changed(data):
    """Law: a copy without a change is the same, byte for byte, and one with a change is not."""
    repaired, repairs = fix(data)
    assert (repaired == data) == (repairs.total == 0)


@given(_LINES)
def test_lines_without_a_change_keep_their_bytes(lines):
    """Law: every other line of the input comes out as it went in, in its place."""
    data = b"".join(one + b"\n" for one in lines)
    repaired, repairs = fix(data)
    if "top-level-array" in repairs.counts or "crlf" in repairs.counts or "nul-byte" in repairs.counts:
        return
    changed = {change.line for change in repairs.changes}
    rest = iter(repaired.split(b"\n"))
    for number, one in enumerate(data.split(b"\n"), 1):
        if number not in changed:
            assert one in rest  # searches on from where the last one was


@given(_JSON)
def test_json_comes_out_as_it_went_in(value):
    """Law: a line that is encoded anew has the same value, and numbers keep their digits."""
    data = json.dumps(value).encode()
    assert json.loads(write(read(data)[0])) == value
    assert write(read(write(read(data)[0]))[0]) == write(read(data)[0])


def errors_of(data, options):
    options = {**options, "model": find(options.get("model", "gpt-4.1-mini"))}
    return {finding.code for finding in judge(data, **options).findings if finding.is_failure}


@pytest.mark.slow
@given(flawed_datasets())
@settings(max_examples=300)
def test_no_repair_makes_a_new_error(case):
    """Law: of a dataset with one flaw, the copy has that flaw or none, and of a good one the copy is good."""
    assert errors_of(fixed(case.data), case.options) <= errors_of(case.data, case.options)
    assert errors_of(fixed(case.good), case.good_options) == errors_of(case.good, case.good_options)


@given(_LINES)
def test_what_a_job_takes_it_still_takes(lines):
    """Law: a file without errors has none when it is repaired."""
    data = b"".join(one + b"\n" for one in lines) + (GOOD + b"\n") * 10
    if not errors_of(data, {}):
        assert not errors_of(fixed(data), {})


@pytest.mark.parametrize("data", [case[0] for case in REPAIRS.values()], ids=REPAIRS)
def test_what_is_mended_is_found_no_more(data):
    """The finding for which a repair is counted is gone, or its line has another value of the same kind."""
    before = {finding.code for finding in judge(data, model=find("gpt-4.1-mini")).findings}
    repaired, repairs = fix(data)
    after = {finding.code for finding in judge(repaired, model=find("gpt-4.1-mini")).findings}
    assert not set(repairs.counts) & before & after


def test_changes_come_in_order():
    """Carriage returns are one change, at the first line that has them."""
    log = Log()
    log.crlf(2)
    log.add(1, "blank-line", "x")
    log.add(3, "blank-line", "x")
    log.crlf(4)
    assert [change.line for change in log.repairs("a", "b").changes] == [1, 2, 3]
