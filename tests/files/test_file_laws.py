"""Laws of files: what goes in comes out, whole or in parts, and nothing that is sent makes the platform fail."""

import contextlib
import hashlib
import io
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.clients import SIMULATED_KEY, simulated
from drytune_simulator import Headers, ManualClock, Request, Simulator
from drytune_simulator.dataset import inspect_upload
from drytune_simulator.dataset.inspection import read_line

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@contextlib.contextmanager
def platform():
    simulator = Simulator(clock=ManualClock())
    with simulated(simulator) as client:
        yield client
    simulator.close()


@given(st.binary(min_size=1, max_size=2000), st.sampled_from(["vision", "evals"]), names)
@settings(max_examples=50)
def test_any_content_comes_back(content, purpose, name):
    """Every byte, under any name."""
    with platform() as client:
        file = client.files.create(file=(name, content), purpose=purpose)
        assert file.bytes == len(content)
        assert client.files.content(file.id).read() == content
        assert client.files.retrieve(file.id) == file


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_any_split_makes_the_same_file(parts, random):
    """Parts may come in any order; the list puts them into the right one."""
    content = b"".join(parts) or b"x"
    if not b"".join(parts):
        parts = [content]
    with platform() as client:
        upload = client.uploads.create(
            filename="a", purpose="evals", bytes=len(content), mime_type="text/plain"
        )
        order = list(range(len(parts)))
        random.shuffle(order)
        ids = {n: client.uploads.parts.create(upload.id, data=parts[n]).id for n in order}
        done = client.uploads.complete(
            upload.id, part_ids=[ids[n] for n in range(len(parts))], md5=hashlib.md5(content).hexdigest()
        )
        whole = client.files.create(file=("a", content), purpose="evals")
        assert client.files.content(done.file.id).read() == client.files.content(whole.id).read() == content
        same = {"bytes", "filename", "purpose", "status", "created_at", "expires_at"}
        assert done.file.model_dump(include=same) == whole.model_dump(include=same)


lines = st.one_of(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=10) | st.none(), max_size=3).map(
        lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ),
    st.sampled_from(
        [
            b"",
            b" \t",
            b"\r",
            b"{}\r",
            b"{} {}",
            b"{",
            b"}",
            b"[1]",
            b"null",
            b'"text"',
            b'{"a": NaN}',
            b'{"a": 1e999}',
            b'{"a": ' + b"9" * 5000 + b"}",
            b'{"a": "\\ud800"}',
            b'{"a": "\xff"}',
            b'{"\xff": 1}',
            b'{"a": 1,}',
            b'{"a": "\\x"}',
            b'{"a": 01}',
            b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}",
            b'{"a": "' + b"[" * 300 + b'"}',
            b"\xef\xbb\xbf{}",
            b"\x00",
        ]
    ),
    st.binary(max_size=20).map(lambda data: data.replace(b"\n", b"")),
)


@given(st.lists(lines, max_size=6))
def test_the_quick_look_sees_what_the_close_one_sees(rows):
    """A training file is taken if and only if each line that is not blank is an object by the rules of `check`."""
    refusal = inspect_upload(io.BytesIO(b"\n".join(rows)), "a.jsonl")
    rows = [row.removeprefix(b"\xef\xbb\xbf") if number == 0 else row for number, row in enumerate(rows)]
    rows = [row for row in rows if row and not row.isspace()]
    good = bool(rows) and all(read_line(row)[0] is not None for row in rows)
    assert (refusal is None) == good


@pytest.fixture(scope="module")
def busy():
    simulator = Simulator(clock=ManualClock())
    with simulated(simulator) as client:
        upload = client.uploads.create(filename="a", purpose="evals", bytes=1, mime_type="text/plain")
    yield simulator, upload.id
    simulator.close()


@given(
    st.sampled_from(["files", "parts", "complete", "create"]),
    st.binary(max_size=200)
    | st.sampled_from([b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nevals\r\n', b"{}"])
    | st.dictionaries(
        st.sampled_from(["part_ids", "md5", "filename", "purpose", "bytes", "mime_type", "expires_after"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=5)
        | st.lists(st.text(max_size=3), max_size=2),
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["multipart/form-data; boundary=b", "application/json", "", "multipart/form-data"]),
)
@settings(max_examples=300)
def test_no_request_makes_the_platform_fail(busy, where, body, content_type):
    """It is answered, or refused as the client's mistake."""
    simulator, upload = busy
    target = {
        "files": "/v1/files",
        "parts": f"/v1/uploads/{upload}/parts",
        "complete": f"/v1/uploads/{upload}/complete",
        "create": "/v1/uploads",
    }[where]
    headers = Headers({"authorization": f"Bearer {SIMULATED_KEY}", "content-type": content_type})
    response = simulator(Request("POST", target, headers, body))
    assert response.status < 500
    assert response.status == 200 or json.loads(response.body)["error"]["message"]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_any_id_is_looked_up(busy, name):
    """And not found, in the platform's words."""
    simulator, _ = busy
    headers = Headers({"authorization": f"Bearer {SIMULATED_KEY}"})
    response = simulator(Request("GET", f"/v1/files/{quote(name, safe='')}", headers))
    error = json.loads(response.body)["error"]
    assert (response.status, error["message"]) == (404, f"No such File object: {name}")
