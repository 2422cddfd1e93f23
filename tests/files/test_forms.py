"""Forms as clients send them: parts are found wherever they are, and broken ones are refused."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.http import ApiError, Headers, Request
from drytune_simulator.multipart import MAX_FIELD_BYTES, MAX_PARTS, parse_form

names = st.text(
    st.characters(codec="utf-8", exclude_characters='"\r\n\\', exclude_categories=["Cc", "Cs"]), min_size=1
)


class Dripping(io.BytesIO):
    """A stream that gives at most so many bytes at a time."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self.most = most

    def read(self, size=-1):
        return super().read(self.most if size < 0 else min(size, self.most))


def request(body, *, most=None, content_type="multipart/form-data; boundary=b0undary"):
    headers = Headers({"content-type": content_type})
    if most is None:
        return Request("POST", "/v1/files", headers, body)
    return Request("POST", "/v1/files", headers, stream=Dripping(body, most))


def part(name, data, filename=None, boundary="b0undary"):
    suffix = "" if filename is None else f'; filename="{filename}"'
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{suffix}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def form(*parts, boundary="b0undary"):
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


@given(names, names, st.binary(max_size=500), st.none() | st.integers(1, 100))
def test_any_file_comes_through_a_form(field, filename, data, most):
    """Name, file name and bytes, whatever they hold and however they arrive."""
    body = form(part("purpose", b"fine-tune"), part(field, data, filename))
    parsed = parse_form(request(body, most=most))
    found = parsed.file(field)
    assert (found.filename, found.size) == (filename, len(data))
    assert found.open().read() == b"".join(found.chunks(7)) == data
    assert field == "purpose" or parsed.text("purpose") == "fine-tune"


# bytes that look like boundaries, or nearly so
tricky = st.lists(
    st.sampled_from([b"\r", b"\n", b"-", b"--", b"\r\n--b0undar", b"\r\n--b0", b"\r\n--", b"x", b"\r\n"])
).map(b"".join)


@given(tricky, tricky, st.integers(1, 40))
def test_nearly_a_boundary_is_content(first, second, most):
    """Wherever the pieces of a body are cut."""
    body = form(part("a", first, "a"), part("b", second, "b"))
    parsed = parse_form(request(body, most=most))
    assert parsed.file("a").open().read() == first
    assert parsed.file("b").open().read() == second


@given(st.binary(max_size=300), st.binary(max_size=60))
def test_broken_forms_are_refused_and_nothing_worse(body, boundary):
    """400, with what is wrong."""
    content_type = (b"multipart/form-data; boundary=" + boundary).decode("latin-1")
    with pytest.raises(ApiError) as raised:
        parse_form(request(body, content_type=content_type))
    assert raised.value.status == 400


@given(
    st.lists(
        st.sampled_from(
            [
                b"--b0undary",
                b"--b0undary--",
                b"\r\n",
                b"\n",
                b"content-disposition: form-data",
                b'; name="purpose"',
                b'; name="file"',
                b'; filename="a.jsonl"',
                b"; filename*=utf-8''%E7%8C%AB%FF",
                b":",
                b"\x00",
                b"batch",
                b"{}\n",
            ]
        ),
        max_size=30,
    ),
    st.none() | st.integers(1, 30),
)
def test_almost_forms_never_fail_otherwise(tokens, most):
    """They are forms, or refused as none."""
    try:
        parts = parse_form(request(b"".join(tokens), most=most)).parts
    except ApiError as refused:
        parts, status = {}, refused.status
    else:
        status = 400
    assert status == 400
    assert all(len(found.open().read()) == found.size for found in parts.values())


@pytest.mark.parametrize("cut", [5, 10, 60, 120])
def test_a_form_that_was_cut_short_is_refused(cut):
    """A lost connection must not leave half a file."""
    body = form(part("purpose", b"fine-tune"), part("file", b'{"a": 1}\n' * 9, "a.jsonl"))
    with pytest.raises(ApiError, match="closing boundary"):
        parse_form(request(body[:-cut]))


def test_a_form_of_another_type_is_none():
    """Nor one without a boundary."""
    for content_type in ("application/json", "multipart/form-data", "multipart/mixed; boundary=b0undary", ""):
        with pytest.raises(ApiError, match="content-type"):
            parse_form(request(form(part("a", b"b")), content_type=content_type))


@pytest.mark.parametrize(
    ("header", "filename"),
    [
        (b"filename=\"_\"; filename*=utf-8''%E7%8C%AB.jsonl", "猫.jsonl"),
        (b"filename=\"a; filename*=utf-8''b.jsonl\"", "a; filename*=utf-8''b.jsonl"),
        (b'filename="a\\"b.jsonl"', 'a"b.jsonl'),
        ('filename="猫.jsonl"'.encode(), "猫.jsonl"),
        (b'filename="\xff.jsonl"', "\N{REPLACEMENT CHARACTER}.jsonl"),
        (b"filename=plain.jsonl", "plain.jsonl"),
        (b'filename=""', ""),
    ],
)
def test_names_as_clients_write_them(header, filename):
    """Extended, quoted, escaped, as UTF-8, or as what is no UTF-8."""
    body = b'--b0undary\r\ncontent-disposition: form-data; name="f"; ' + header + b"\r\n\r\nx\r\n--b0undary--"
    assert parse_form(request(body)).file("f").filename == filename


def test_of_a_repeated_name_the_last_counts():
    """As recorded nowhere; the usual way."""
    parsed = parse_form(request(form(part("purpose", b"batch"), part("purpose", b"evals"))))
    assert parsed.text("purpose") == "evals"


def test_there_are_so_many_parts_and_no_more():
    """More is nonsense, and would cost memory."""
    assert len(parse_form(request(form(*[part(str(n), b"") for n in range(MAX_PARTS)]))).parts) == MAX_PARTS
    with pytest.raises(ApiError, match="more than 100 parts"):
        parse_form(request(form(*[part(str(n), b"") for n in range(MAX_PARTS + 1)])))


@pytest.mark.parametrize(
    "headers",
    [
        b"x: " + b"y" * 20_000,
        b"\r\n".join(b"x%d: " % n + b"y" * 1000 for n in range(20)),
        b"x" * 20_000 + b": y",
    ],
)
def test_headers_are_bounded(headers):
    """Long ones, many, and long names."""
    body = (
        b'--b0undary\r\ncontent-disposition: form-data; name="a"\r\n' + headers + b"\r\n\r\nb\r\n--b0undary--"
    )
    with pytest.raises(ApiError) as raised:
        parse_form(request(body))
    assert raised.value.status == 400


def test_a_field_is_read_only_if_it_is_short():
    """Whatever it is called; others are not looked at."""
    parsed = parse_form(
        request(form(part("purpose", b"x" * (MAX_FIELD_BYTES + 1)), part("short", b"x" * MAX_FIELD_BYTES)))
    )
    assert len(parsed.text("short")) == MAX_FIELD_BYTES
    with pytest.raises(ApiError, match="'purpose' has more than 65536 bytes"):
        parsed.text("purpose")
