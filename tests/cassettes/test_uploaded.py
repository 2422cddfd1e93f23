"""What is kept of an upload: hashes of its files, and the form without them."""

from __future__ import annotations

import hashlib
import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.cassettes.bodies import FORM_TYPE, is_form, uploaded
from drytune_simulator.http import Headers, Request
from drytune_simulator.multipart import parts_of


def form(*fields: tuple[str, str | None, bytes], boundary: str = "x") -> bytes:
    body = b""
    for name, filename, content in fields:
        head = f'Content-Disposition: form-data; name="{name}"'
        head += "" if filename is None else f'; filename="{filename}"\r\nContent-Type: application/jsonl'
        body += f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()


def kind(boundary: str = "x") -> str:
    return f'multipart/form-data; boundary="{boundary}"'


def test_files_become_hashes_and_fields_stay():
    body = form(("purpose", None, b"fine-tune"), ("file", "größe.jsonl", b'{"secret": 1}\n'))
    parts, kept = uploaded(kind(), body)
    digest = hashlib.sha256(b'{"secret": 1}\n').hexdigest()
    assert [(one.name, one.filename, one.size) for one in parts] == [
        ("purpose", None, 9),
        ("file", "größe.jsonl", 14),
    ]
    assert parts[1].sha256 == digest
    assert kept.decode() == (
        '--drytune\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
        '--drytune\r\nContent-Disposition: form-data; name="file"; filename="größe.jsonl"\r\n'
        f"Content-Type: application/jsonl\r\n\r\n[not kept: 14 bytes, sha256 {digest}]\r\n--drytune--\r\n"
    )


def test_whatever_the_boundary_it_is_the_same():
    fields = [("purpose", None, b"batch"), ("file", "a", b"--drytune is no boundary here\r\n")]
    assert uploaded(kind("a"), form(*fields, boundary="a")) == uploaded(
        kind("b'c"), form(*fields, boundary="b'c")
    )


def test_all_of_a_repeated_name():
    parts, _ = uploaded(kind(), form(("image[]", "a.png", b"1"), ("image[]", "b.png", b"2")))
    assert [(one.name, one.filename) for one in parts] == [("image[]", "a.png"), ("image[]", "b.png")]


def test_a_field_that_would_end_the_form_is_not_kept():
    parts, kept = uploaded(
        kind(), form(("note", None, b"a\r\n--drytune\r\nb"), ("long", None, b"x" * 100_000))
    )
    assert kept.count(b"[not kept: ") == 2
    assert [one.size for one in parts] == [15, 100_000]
    assert len(parts_of(Request("POST", "/", Headers({"content-type": FORM_TYPE}), kept))) == 2


@pytest.mark.parametrize(("content_type", "body"), [
    ("multipart/form-data", b"no boundary"),
    (kind(), b"no form"),
    (kind(), form(("a", None, b"b"))[:-9]),
    (kind(), b""),
])  # fmt: skip
def test_what_is_no_form_is_one_part_without_a_name(content_type, body):
    (part,), kept = uploaded(content_type, body)
    assert (part.name, part.filename, part.size) == ("", None, len(body))
    assert part.sha256 == hashlib.sha256(body).hexdigest()
    assert kept == f"[not kept: {len(body)} bytes, sha256 {part.sha256}]".encode()


def test_which_bodies_are_forms():
    assert is_form("Multipart/Form-Data; boundary=x")
    assert not is_form("application/json")


def test_a_large_file_takes_no_memory(tmp_path):
    content = b"0123456789abcdef" * 65536
    file = tmp_path / "upload"
    with file.open("wb") as out:
        head, _, tail = form(("file", "large.jsonl", b"HERE")).partition(b"HERE")
        out.write(head)
        for _ in range(48):
            out.write(content)
        out.write(tail)
    with file.open("rb") as body:
        tracemalloc.start()
        (part,), kept = uploaded(kind(), body)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert not body.closed
    assert part.size == 48 * len(content)
    assert len(kept) < 500
    assert peak < 8 * 1024 * 1024


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.text('ab"é\\ ', max_size=4), st.none() | st.text('ab."é', max_size=4), st.binary(max_size=30)
        ),
        max_size=4,
    )
)
def test_the_kept_form_has_the_same_parts(fields):
    quoted = [
        (name.replace("\\", "").replace('"', "%22"), filename and filename.replace('"', "%22"), content)
        for name, filename, content in fields
    ]
    body = form(*quoted, boundary="nowhere-else")
    parts, kept = uploaded(kind("nowhere-else"), io.BytesIO(body))
    again, form_again = uploaded(FORM_TYPE, kept) if fields else ((), kept)
    assert [(one.name, one.filename) for one in again] == [(one.name, one.filename) for one in parts]
    assert form_again.count(b"[not kept") == kept.count(b"[not kept")
