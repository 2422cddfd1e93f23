"""Excerpts: the lines in which something was found, read again, safe to show."""

import gzip
import io
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune import check
from drytune.reports import excerpts
from drytune.reports.excerpts import MAX_CHARACTERS, excerpts_of, readable, withheld
from drytune_simulator.dataset.finding import Finding

GOOD = {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Meow"}]}


def write(path, *lines):
    path.write_bytes(b"\n".join(lines))
    return path


def found(path, line, code="missing-assistant"):
    return Finding(code, "error", "What.", "Do.", "job-fails", file=str(path), line=line)


@pytest.fixture
def report_on(tmp_path):
    """Make a report with the given findings; nothing else in it matters here."""
    whole = check(write(tmp_path / "any.jsonl", *[json.dumps(GOOD).encode()] * 10))

    def make(*findings):
        return msgspec.structs.replace(whole, findings=findings)

    return make


def test_lines_with_findings(tmp_path):
    """Of a checked file the lines with findings, by file and number."""
    bad = b'{"messages": [{"role": "user", "content": "\xe7\x8c\xab"}]}'
    path = write(tmp_path / "a.jsonl", *[json.dumps(GOOD).encode()] * 10, bad)
    report = check(path)
    shown = excerpts_of(report)
    assert shown[str(path), 11] == bad.decode()
    assert set(shown) == {(one.file, one.line) for one in report.findings if one.line is not None}


def test_compressed(tmp_path, report_on):
    """Compressed files are read as what they hold."""
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"one\ntwo\nthree"))
    assert excerpts_of(report_on(found(path, 2))) == {(str(path), 2): "two"}


def test_zstandard(tmp_path, report_on):
    """And so are those of the other kind."""
    zstandard = pytest.importorskip("zstandard")
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(zstandard.compress(b"one\ntwo\nthree"))
    assert excerpts_of(report_on(found(path, 3))) == {(str(path), 3): "three"}


@pytest.mark.parametrize(
    "name", ["gone.jsonl", "-", ".", "damaged.jsonl.gz", "a\0b", "*.jsonl", "s3://bucket/a.jsonl"]
)
def test_what_cannot_be_read_again(tmp_path, monkeypatch, report_on, name):
    """A file that is gone, damaged, or none of this machine gives nothing, and nothing is raised."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "damaged.jsonl.gz", b"\x1f\x8bnot at all")
    assert excerpts_of(report_on(found(name, 1))) == {}


@pytest.mark.parametrize("code", ["api-key", "card-number", "email-address"])
def test_private_lines_are_withheld(tmp_path, report_on, code):
    """A line in which something private was found is not read at all, whatever else was found in it."""
    path = write(tmp_path / "a.jsonl", b"secret", b"fine")
    report = report_on(found(path, 1), found(path, 1, code), found(path, 2))
    assert excerpts_of(report) == {(str(path), 2): "fine"}
    assert withheld(report.findings) == {(str(path), 1)}


@pytest.mark.parametrize("secret", ["sk-" + "aB1" * 14, "4111 1111 1111 1111", "jo@acme.io"])
def test_private_lines_whose_finding_was_not_kept(tmp_path, monkeypatch, report_on, secret):
    """When there are too many findings to keep them all, what looks private is left out too."""
    path = write(tmp_path / "a.jsonl", f'{{"x": "{secret}"}}'.encode(), b"fine")
    report = report_on(found(path, 1), found(path, 2))
    assert len(excerpts_of(report)) == 2
    monkeypatch.setattr(type(report), "omitted", property(lambda _: 1))
    assert excerpts_of(report) == {(str(path), 2): "fine"}


def test_so_many_and_no_more(tmp_path, report_on):
    """Excerpts are made for the worst findings, as many as asked."""
    path = write(tmp_path / "a.jsonl", *[b"%d" % number for number in range(1, 50)])
    report = report_on(*[found(path, number) for number in range(1, 50)])
    assert list(excerpts_of(report, 3).values()) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("猫\u3000と犬 😺", "猫\u3000と犬 😺"),
        ("a\x1b[31m\0\tb\r", "a\\x1b[31m\\x00\\tb\\r"),
        ("evil\u202etxt.exe", "evil\\u202etxt.exe"),
        ("\udc80", "\\udc80"),
        ("x" * 1001, "x" * 999 + "…"),
        ("x" * 1000, "x" * 1000),
    ],
)
def test_readable(text, shown):
    """Text stays text; what could deceive the eye or the terminal is spelled out; what is long is cut."""
    assert readable(text) == shown


def test_bad_utf8(tmp_path, report_on):
    """Bytes that are no UTF-8 are shown as what they are."""
    path = write(tmp_path / "a.jsonl", b'"caf\xe9"')
    assert excerpts_of(report_on(found(path, 1))) == {(str(path), 1): '"caf\\xe9"'}


@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), min_size=1), st.data())
def test_the_right_lines_however_the_file_is_read(lines, data):
    """Blocks may begin and end anywhere; every wanted line comes out, and only as much as is shown."""
    numbers = sorted(data.draw(st.sets(st.integers(1, len(lines)), min_size=1)))
    size, most = data.draw(st.integers(1, 64)), data.draw(st.integers(1, 40))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excerpts, "_CHUNK", size)
        patch.setattr(excerpts, "_BYTES", most)
        heads = excerpts._heads(io.BytesIO(b"\n".join(lines)), numbers)
    expected = {number: lines[number - 1][:most] for number in numbers}
    assert {number: heads.get(number, b"") for number in numbers} == expected


def test_memory_does_not_grow_with_a_line(tmp_path, report_on):
    """Of a line of any length only the beginning is held."""
    path = write(tmp_path / "a.jsonl", b"x" * 5_000_000, b"last")
    shown = excerpts_of(report_on(found(path, 1), found(path, 2)))
    assert len(shown[str(path), 1]) == MAX_CHARACTERS
    assert shown[str(path), 2] == "last"
