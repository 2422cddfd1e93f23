"""Files: uploaded, listed, retrieved, read and deleted through the SDK (FACTS.md §3.1)."""

import pytest

DAY = 24 * 60 * 60
LINES = b'{"custom_id": "1"}\n'


def upload(client, name="a.jsonl", content=LINES, purpose="batch", **options):
    return client.files.create(file=(name, content), purpose=purpose, **options)


def test_a_file_is_what_was_sent(client, clock):
    """Its answer tells size, name, purpose and time; it can be used at once."""
    file = upload(client, "train.jsonl", purpose="fine-tune")
    assert (file.object, file.purpose, file.filename, file.bytes) == (
        "file",
        "fine-tune",
        "train.jsonl",
        len(LINES),
    )
    assert (file.created_at, file.expires_at, file.status) == (int(clock.now()), None, "processed")
    assert file.id.startswith("file-")
    assert len(file.id) == len("file-") + 22
    assert client.files.retrieve(file.id) == file


def test_the_answer_has_the_recorded_fields(client):
    """In 2026 `expires_at` is there even when it is null (FACTS.md §9)."""
    raw = client.files.with_raw_response.create(file=("a.jsonl", LINES), purpose="fine-tune")
    names = ["object", "id", "purpose", "filename", "bytes", "created_at", "expires_at", "status"]
    assert list(raw.http_response.json()) == [*names, "status_details"]


@pytest.mark.parametrize("purpose", ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"])
def test_six_purposes_are_taken(client, purpose):
    """Those that the platform lists."""
    assert upload(client, purpose=purpose).purpose == purpose


# -- expiry


def test_a_file_expires_when_it_was_told_to(client, clock):
    """From that second on it is as if it had never been."""
    file = upload(client, purpose="evals", expires_after={"anchor": "created_at", "seconds": 3600})
    assert file.expires_at == file.created_at + 3600
    clock.advance(3599)
    assert client.files.retrieve(file.id) == file
    clock.advance(1)
    assert list(client.files.list()) == []
    for call in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(Exception, match=f"No such File object: {file.id}"):
            call(file.id)


def test_batch_files_expire_after_thirty_days(client, clock):
    """Others never."""
    batch, evals = upload(client), upload(client, purpose="evals")
    assert (batch.expires_at, evals.expires_at) == (batch.created_at + 30 * DAY, None)
    clock.advance(30 * DAY)
    assert [file.id for file in client.files.list()] == [evals.id]


def test_a_batch_file_may_expire_earlier(client):
    """What was asked for comes before the default."""
    file = upload(client, expires_after={"anchor": "created_at", "seconds": 2_592_000 - 1})
    assert file.expires_at == file.created_at + 2_592_000 - 1


def test_the_space_of_expired_files_is_given_back(client, clock, blobs):
    """When the next file comes."""
    upload(client, content=b"old", purpose="evals", expires_after={"anchor": "created_at", "seconds": 3600})
    clock.advance(3600)
    upload(client, content=b"new", purpose="evals")
    assert blobs() == 1


# -- lists


@pytest.fixture
def five(client, clock):
    """Five files of two purposes, a second apart."""
    files = []
    for number in range(5):
        files.append(upload(client, f"{number}.jsonl", purpose="evals" if number % 2 else "batch"))
        clock.advance(1)
    return [file.id for file in files]


def test_the_newest_file_comes_first(client, five):
    """Unless the oldest is asked for."""
    assert [file.id for file in client.files.list()] == five[::-1]
    assert [file.id for file in client.files.list(order="asc")] == five


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 10_000])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_show_each_file_once(client, five, limit, order):
    """The SDK goes from page to page."""
    seen = [file.id for file in client.files.list(limit=limit, order=order)]
    assert seen == (five if order == "asc" else five[::-1])


def test_a_page_tells_its_ends(client, five):
    """And whether there is more."""
    page = client.files.list(limit=2)
    assert (page.first_id, page.last_id, page.has_more) == (five[4], five[3], True)
    page = client.files.list(after=five[1], limit=2)
    assert (page.first_id, page.last_id, page.has_more) == (five[0], five[0], False)


def test_an_empty_page_has_no_ends(send):
    """They are null."""
    assert send("GET", "/v1/files")[1] == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_files_of_one_purpose_can_be_asked_for(client, five):
    """Page by page, too."""
    assert [file.id for file in client.files.list(purpose="evals", limit=1)] == [five[3], five[1]]
    assert list(client.files.list(purpose="vision")) == []


def test_a_list_goes_on_where_a_file_was_deleted(client, five):
    """A cursor survives its file."""
    client.files.delete(five[3])
    assert [file.id for file in client.files.list(after=five[3])] == five[2::-1]


# -- content


@pytest.mark.parametrize("size", [1, 1024 * 1024, 1024 * 1024 + 1, 5_000_000])
def test_content_comes_back_as_it_was_sent(client, size):
    """Large ones in pieces."""
    content = bytes(range(256)) * (size // 256 + 1)
    file = upload(client, "a.bin", content[:size], purpose="vision")
    answer = client.files.content(file.id)
    assert answer.read() == content[:size]
    headers = answer.response.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == 'attachment; filename="a.bin"'
    assert headers["content-length"] == str(size)


@pytest.mark.anyio
async def test_content_comes_to_async_clients(async_openai_client):
    """The same in asynchronous programs."""
    content = b"x" * 3_000_000
    file = await async_openai_client.files.create(file=("a.bin", content), purpose="vision")
    assert await (await async_openai_client.files.content(file.id)).aread() == content


def test_a_download_that_nobody_reads_on_closes_its_file(client, tmp_path):
    """No file is left open."""
    file = upload(client, "a.bin", b"x" * 3_000_000, purpose="vision")
    with client.files.with_streaming_response.content(file.id) as answer:
        assert next(answer.iter_bytes(10)) == b"x" * 10


@pytest.mark.parametrize("purpose", ["assistants", "user_data"])
def test_some_purposes_cannot_be_read(client, refusal, purpose):
    """What was uploaded for assistants or as user data stays there."""
    file = upload(client, purpose=purpose)
    with pytest.raises(Exception, match="Not allowed") as raised:
        client.files.content(file.id)
    assert refusal(raised) == (400, None, None, f"Not allowed to download files of purpose: {purpose}")


def test_deleting_tells_what_was_deleted(client, send):
    """In the recorded order."""
    file = upload(client)
    assert list(send("DELETE", f"/v1/files/{file.id}")[1].items()) == [
        ("object", "file"),
        ("deleted", True),
        ("id", file.id),
    ]


def test_a_content_is_kept_as_long_as_a_file_has_it(client, blobs):
    """Two files of the same content are one content."""
    first, second = upload(client), upload(client, "b.jsonl")
    assert blobs() == 1
    client.files.delete(first.id)
    assert client.files.content(second.id).read() == LINES
    client.files.delete(second.id)
    assert blobs() == 0


# -- names


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("猫.jsonl", "attachment; filename=\"_.jsonl\"; filename*=utf-8''%E7%8C%AB.jsonl"),
        ("../../etc/passwd.jsonl", 'attachment; filename="../../etc/passwd.jsonl"'),
        ("a b.jsonl", 'attachment; filename="a b.jsonl"'),
    ],
)
def test_a_name_is_data_and_never_a_path(client, name, header):
    """It comes back as it was, and nothing is written where it points to."""
    file = upload(client, name)
    assert file.filename == name
    assert client.files.content(file.id).response.headers["content-disposition"] == header


@pytest.mark.parametrize("name", ['a".jsonl', "a\r\nx-evil: 1.jsonl", "a\x00\x1b.jsonl", "\\a.jsonl"])
def test_a_name_breaks_out_of_no_header(client, name):
    """Quotes, line ends and controls; the SDK may have encoded some of them."""
    file = upload(client, name)
    headers = client.files.content(file.id).response.headers
    assert "x-evil" not in headers
    plain = headers["content-disposition"].split(";")[1]
    assert plain.count('"') == 2
    assert plain.isprintable()


# -- whose


def test_another_keys_files_do_not_exist(client, other):
    """They are neither listed nor found."""
    file = upload(client)
    assert list(other.files.list()) == []
    for call in (other.files.retrieve, other.files.content, other.files.delete):
        with pytest.raises(Exception, match=f"No such File object: {file.id}"):
            call(file.id)
    assert client.files.retrieve(file.id) == file


def test_a_slash_too_many_is_another_url(send):
    """As recorded (FACTS.md §4.8)."""
    status, body = send("GET", "/v1/files/")
    assert (status, body["error"]["message"]) == (404, "Invalid URL (GET /v1/files/)")
