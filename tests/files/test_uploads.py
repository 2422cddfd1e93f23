"""Uploads in parts: created, filled, completed or given up, through the SDK (FACTS.md §3.3)."""

import hashlib

import openai
import pytest

from drytune_simulator.resources import contents, uploads

LINES = b'{"a": 1}\n{"b": 2}\n'
SIZE = 18


def begin(client, size=SIZE, **options):
    settings = {"filename": "a.jsonl", "purpose": "fine-tune", "mime_type": "text/jsonl", **options}
    return client.uploads.create(bytes=size, **settings)


def fill(client, upload, *parts):
    return [client.uploads.parts.create(upload.id, data=part).id for part in parts]


def test_an_upload_is_pending_for_an_hour(client, clock):
    """It is what was asked for, and has no file yet."""
    upload = begin(client)
    assert (upload.object, upload.status, upload.file) == ("upload", "pending", None)
    assert (upload.filename, upload.purpose, upload.bytes) == ("a.jsonl", "fine-tune", len(LINES))
    assert (upload.created_at, upload.expires_at) == (int(clock.now()), int(clock.now()) + 3600)
    assert upload.id.startswith("upload_")


def test_a_part_belongs_to_its_upload(client, clock):
    """And tells when it came."""
    upload = begin(client)
    clock.advance(5)
    part = client.uploads.parts.create(upload.id, data=LINES)
    assert (part.object, part.upload_id, part.created_at) == ("upload.part", upload.id, int(clock.now()))
    assert part.id.startswith("part_")


def test_a_part_may_come_as_a_plain_field(client, send):
    """As the documented curl command sends it."""
    upload = begin(client, 2)
    body = b'--b\r\ncontent-disposition: form-data; name="data"\r\n\r\n{}\r\n--b--\r\n'
    status, part = send("POST", f"/v1/uploads/{upload.id}/parts", body)
    assert status == 200
    assert client.uploads.complete(upload.id, part_ids=[part["id"]]).file.bytes == 2


def test_the_order_of_the_list_counts(client):
    """Not that in which the parts came; parts that are not listed are left out."""
    upload = begin(client)
    last, _, first = fill(client, upload, LINES[9:], b"not wanted", LINES[:9])
    done = client.uploads.complete(upload.id, part_ids=[first, last])
    assert (done.id, done.status, done.bytes) == (upload.id, "completed", len(LINES))
    assert client.files.retrieve(done.file.id) == done.file
    assert (done.file.filename, done.file.purpose, done.file.bytes) == ("a.jsonl", "fine-tune", len(LINES))
    assert client.files.content(done.file.id).read() == LINES


def test_the_file_trains_a_model(client, good, make_jsonl):
    """It is a file like any other."""
    data = make_jsonl(*good)
    upload = begin(client, len(data))
    done = client.uploads.complete(upload.id, part_ids=fill(client, upload, data[:100], data[100:]))
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=done.file.id)
    assert job.training_file == done.file.id


def test_the_file_expires_after_its_own_creation(client, clock):
    """Not after that of the upload."""
    upload = begin(client, expires_after={"anchor": "created_at", "seconds": 7200})
    parts = fill(client, upload, LINES)
    clock.advance(600)
    file = client.uploads.complete(upload.id, part_ids=parts).file
    assert file.expires_at == file.created_at + 7200 == upload.created_at + 600 + 7200


@pytest.mark.parametrize("spelled", [str, str.upper])
def test_a_checksum_is_checked(client, refusal, spelled):
    """And a wrong one leaves the upload as it was."""
    upload = begin(client)
    parts = fill(client, upload, LINES[:3], LINES[3:])
    right = hashlib.md5(LINES).hexdigest()
    with pytest.raises(openai.BadRequestError) as raised:
        client.uploads.complete(upload.id, part_ids=parts, md5=hashlib.md5(b"").hexdigest())
    assert refusal(raised)[:3] == (400, None, "md5")
    assert right in refusal(raised)[3]
    assert client.uploads.complete(upload.id, part_ids=parts, md5=spelled(right)).status == "completed"


def test_the_sdk_cuts_a_file_into_parts(client, tmp_path):
    """From the disk, or from memory."""
    path = tmp_path / "train.jsonl"
    path.write_bytes(LINES * 50)
    settings = {"mime_type": "text/jsonl", "purpose": "fine-tune", "part_size": 100}
    done = client.uploads.upload_file_chunked(file=path, **settings)
    assert client.files.content(done.file.id).read() == LINES * 50
    assert done.file.filename == "train.jsonl"
    md5 = hashlib.md5(LINES).hexdigest()
    done = client.uploads.upload_file_chunked(
        file=LINES, filename="b.jsonl", bytes=len(LINES), md5=md5, **settings
    )
    assert client.files.content(done.file.id).read() == LINES


@pytest.mark.anyio
async def test_the_async_sdk_does_so_too(async_openai_client, tmp_path):
    """The same in asynchronous programs."""
    path = tmp_path / "train.jsonl"
    path.write_bytes(LINES * 50)
    client = async_openai_client
    done = await client.uploads.upload_file_chunked(
        file=path, mime_type="text/jsonl", purpose="fine-tune", part_size=100
    )
    assert await (await client.files.content(done.file.id)).aread() == LINES * 50


# -- what is refused


@pytest.mark.parametrize(
    ("options", "code", "param"),
    [
        ({"size": 8 * 2**30 + 1}, "integer_above_max_value", "bytes"),
        ({"size": 200 * 2**20 + 1, "purpose": "batch"}, "integer_above_max_value", "bytes"),
        ({"size": -1}, "integer_below_min_value", "bytes"),
        ({"size": "many"}, "invalid_type", "bytes"),
        ({"purpose": "fine-tune-results"}, "invalid_value", "purpose"),
        ({"purpose": "vision"}, "invalid_value", "mime_type"),
        ({"purpose": "assistants", "mime_type": "audio/mpeg"}, "invalid_value", "mime_type"),
        ({"filename": ""}, "empty_string", "filename"),
        (
            {"expires_after": {"anchor": "created_at", "seconds": 60}},
            "integer_below_min_value",
            "expires_after.seconds",
        ),
        ({"extra_body": {"size": 1}}, "unknown_parameter", "size"),
    ],
)
def test_uploads_that_cannot_begin(client, refusal, options, code, param):
    """Too large, of no purpose that is taken, or of no type that the purpose has."""
    with pytest.raises(openai.BadRequestError) as raised:
        begin(client, **options)
    assert refusal(raised)[:3] == (400, code, param)


def test_the_largest_upload(client):
    """8 GB, to the byte."""
    assert begin(client, 8 * 2**30).status == "pending"
    assert begin(client, purpose="vision", mime_type="image/png").status == "pending"


def test_parts_over_their_limit(client, refusal, monkeypatch):
    """64 MB each, as many as an upload may have together."""
    assert uploads.MAX_PART_BYTES == 64 * 2**20
    monkeypatch.setattr(uploads, "MAX_PART_BYTES", 10)
    monkeypatch.setattr(contents, "MAX_UPLOAD_BYTES", 25)
    upload = begin(client)
    fill(client, upload, b"x" * 10, b"x" * 10)
    for size in (11, 6):
        with pytest.raises(openai.BadRequestError) as raised:
            fill(client, upload, b"x" * size)
        assert refusal(raised)[:3] == (400, None, "data")
    fill(client, upload, b"x" * 5)


def test_too_many_parts(client, refusal, monkeypatch, blobs):
    """Drytune's own limit."""
    monkeypatch.setattr(uploads, "MAX_PARTS", 1)
    upload = begin(client)
    fill(client, upload, b"x")
    with pytest.raises(openai.BadRequestError) as raised:
        fill(client, upload, b"y")
    assert refusal(raised)[:3] == (400, None, "data")
    assert blobs() == 1


def test_a_part_needs_its_data(client, send):
    """A form without it says so."""
    upload = begin(client)
    body = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n{}\r\n--b--\r\n'
    status, answer = send("POST", f"/v1/uploads/{upload.id}/parts", body)
    assert (status, answer["error"]["message"]) == (400, "'data' is a required property")


def test_all_bytes_must_have_come(client, refusal):
    """As many as the upload was created for, neither fewer nor more."""
    upload = begin(client)
    whole, more = fill(client, upload, LINES, b"{}")
    for listed, got in (([], 0), ([more], 2), ([whole, more], len(LINES) + 2)):
        with pytest.raises(openai.BadRequestError) as raised:
            client.uploads.complete(upload.id, part_ids=listed)
        message = (
            f"The listed parts have {got} bytes together, but the upload was created for {len(LINES)} bytes."
        )
        assert refusal(raised) == (400, None, "part_ids", message)
    assert client.uploads.complete(upload.id, part_ids=[whole]).status == "completed"


def test_parts_are_listed_once_and_of_this_upload(client, refusal):
    """Each is named that is not."""
    upload, another = begin(client), begin(client)
    (part,), (foreign,) = fill(client, upload, LINES[:9]), fill(client, another, LINES[9:])
    for listed, message in (
        ([part, part], f"Part {part} is listed more than once."),
        ([part, foreign], f"No such Part object: {foreign}"),
        (["part_nope"], "No such Part object: part_nope"),
    ):
        with pytest.raises(openai.BadRequestError) as raised:
            client.uploads.complete(upload.id, part_ids=listed)
        assert refusal(raised) == (400, None, "part_ids", message)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"[1]\n", {}, "Expected file to have JSONL format"),
        (b"{}\n", {"filename": "a.json"}, "Must be .jsonl"),
        (b"{}\n", {"filename": "a.json", "purpose": "batch"}, "Must be .jsonl"),
        (b"", {"purpose": "evals"}, "File is empty."),
    ],
)
def test_what_is_refused_of_a_whole_file_is_refused_of_a_joined_one(client, content, options, message):
    """The upload stays pending: the list may have been the wrong one."""
    upload = begin(client, len(content), **options)
    parts = fill(client, upload, content[:1], content[1:])
    with pytest.raises(openai.BadRequestError, match=message):
        client.uploads.complete(upload.id, part_ids=parts)
    assert list(client.files.list()) == []
    assert client.uploads.cancel(upload.id).status == "cancelled"


# -- how it ends


def completed(client, upload, parts, clock):
    return client.uploads.complete(upload.id, part_ids=parts)


def cancelled(client, upload, parts, clock):
    return client.uploads.cancel(upload.id)


def expired(client, upload, parts, clock):
    clock.advance(3600)


@pytest.mark.parametrize("end", [completed, cancelled, expired])
def test_what_has_ended_has_ended(client, refusal, clock, end):
    """No part is taken, and it neither ends again nor otherwise."""
    upload = begin(client)
    parts = fill(client, upload, LINES)
    end(client, upload, parts, clock)
    for what, again in (
        ("add a part to", lambda: fill(client, upload, b"x")),
        ("complete", lambda: client.uploads.complete(upload.id, part_ids=parts)),
        ("cancel", lambda: client.uploads.cancel(upload.id)),
    ):
        with pytest.raises(openai.BadRequestError) as raised:
            again()
        message = f'Cannot {what} an upload {upload.id} that already has status "{end.__name__}".'
        assert refusal(raised) == (400, None, None, message)


def test_an_upload_can_be_completed_until_its_last_second(client, clock):
    """59 minutes and 59 seconds after its creation."""
    upload = begin(client)
    parts = fill(client, upload, LINES)
    clock.advance(3599)
    assert client.uploads.complete(upload.id, part_ids=parts).status == "completed"


def test_a_second_completion_is_told_of_the_file(client):
    """A client whose answer was lost finds its file by the header that says why it was refused."""
    upload = begin(client)
    parts = fill(client, upload, LINES)
    file = client.uploads.complete(upload.id, part_ids=parts).file
    with pytest.raises(openai.BadRequestError) as raised:
        client.uploads.complete(upload.id, part_ids=parts)
    assert file.id in raised.value.response.headers["x-drytune-reason"]
    assert [one.id for one in client.files.list()] == [file.id]


@pytest.mark.parametrize("end", [completed, cancelled])
def test_parts_are_discarded_at_the_end(client, clock, blobs, end):
    """What is left is the file, if there is one."""
    upload = begin(client)
    parts = fill(client, upload, LINES[:9], LINES[9:])
    fill(client, upload, b"not wanted")
    assert blobs() == 3
    end(client, upload, parts, clock)
    assert blobs() == (end is completed)


def test_the_parts_of_an_expired_upload_are_discarded(client, clock, blobs):
    """When the next upload begins."""
    fill(client, begin(client), LINES)
    clock.advance(3600)
    begin(client)
    assert blobs() == 0


def test_a_file_of_one_part_outlives_the_part(client):
    """Both are the same content."""
    upload = begin(client)
    file = client.uploads.complete(upload.id, part_ids=fill(client, upload, LINES)).file
    assert client.files.content(file.id).read() == LINES


# -- whose


def test_another_keys_uploads_do_not_exist(client, other, refusal):
    """Nor can a known id of a part be used elsewhere."""
    upload = begin(client)
    (part,) = fill(client, upload, LINES)
    for call in (
        lambda: fill(other, upload, b"x"),
        lambda: other.uploads.complete(upload.id, part_ids=[part]),
        lambda: other.uploads.cancel(upload.id),
    ):
        with pytest.raises(openai.NotFoundError) as raised:
            call()
        assert refusal(raised) == (404, None, "id", f"No such Upload object: {upload.id}")
    mine = begin(other)
    with pytest.raises(openai.BadRequestError, match="No such Part object"):
        other.uploads.complete(mine.id, part_ids=[part])
    assert client.uploads.complete(upload.id, part_ids=[part]).status == "completed"
