"""What is refused about files, in the platform's words where they are known (FACTS.md §3.2)."""

import openai
import pytest

from drytune.clients import simulated
from drytune_simulator import Simulator
from drytune_simulator.profile import Profile
from drytune_simulator.resources import contents


def part(name, content, filename=None):
    named = "" if filename is None else f'; filename="{filename}"'
    head = f'--b\r\ncontent-disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


FILE = part("file", b"{}\n", "a.jsonl")


def form(*parts):
    return b"".join(parts) + b"--b--\r\n"


def upload(client, content=b"{}\n", name="a.jsonl", purpose="fine-tune", **options):
    return client.files.create(file=(name, content), purpose=purpose, **options)


def test_a_purpose_and_a_file_are_required(send):
    """The SDK sends both, others forget them."""
    status, body = send("POST", "/v1/files", form(FILE))
    assert (status, body["error"]) == (
        400,
        {
            "message": "'purpose' is a required property",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        },
    )
    status, body = send("POST", "/v1/files", form(part("purpose", b"batch")))
    assert (status, body["error"]["message"]) == (400, "'file' is a required property")
    # a field of that name is no file
    status, body = send("POST", "/v1/files", form(part("purpose", b"batch"), part("file", b"{}")))
    assert (status, body["error"]["message"]) == (400, "'file' is a required property")


@pytest.mark.parametrize("purpose", ["fine_tune", "", "fine-tune-results", "batch_output", "猫", "{0}"])
def test_purposes_that_are_not_taken(client, refusal, purpose):
    """Those of files that the platform writes itself among them."""
    with pytest.raises(openai.BadRequestError) as raised:
        upload(client, purpose=purpose)
    known = "['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals']"
    message = f"'{purpose}' is not one of {known} - 'purpose'"
    assert refusal(raised) == (400, None, "purpose", message)


@pytest.mark.parametrize("name", ["train.json", "train", "train.jsonl.zip", "猫.txt"])
@pytest.mark.parametrize(
    ("purpose", "message"),
    [
        ("fine-tune", "Invalid file format for Fine-Tuning API. Must be .jsonl"),
        ("batch", "Invalid file format for Batch API. Must be .jsonl"),
    ],
)
def test_wrong_extensions(client, refusal, name, purpose, message):
    """Only two purposes ask for an extension."""
    with pytest.raises(openai.BadRequestError) as raised:
        upload(client, name=name, purpose=purpose)
    assert refusal(raised) == (400, None, None, message)
    assert upload(client, name=name, purpose="evals").filename == name


def test_a_line_that_is_no_object_is_named(client, refusal):
    """With the start of the line."""
    with pytest.raises(openai.BadRequestError) as raised:
        upload(client, b'{"a": 1}\n[1]\n')
    message = (
        "Expected file to have JSONL format, where every line is a JSON dictionary. Line 2 is not a dictionary "
        '(HINT: line starts with: "[1]...").'
    )
    assert refusal(raised) == (400, None, None, message)


@pytest.mark.parametrize("purpose", ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"])
def test_empty_files(client, refusal, purpose):
    """Of no purpose."""
    with pytest.raises(openai.BadRequestError) as raised:
        upload(client, b"", purpose=purpose)
    assert refusal(raised) == (400, None, None, "File is empty.")


@pytest.mark.parametrize(
    ("purpose", "limit"),
    [("batch", 200 * 2**20), ("fine-tune", 512 * 2**20), ("user_data", 512 * 2**20)],
)
def test_limits_by_purpose(purpose, limit):
    """200 MB for batches, else 512; more in parts."""
    assert contents.largest(purpose) == limit
    assert contents.largest(purpose, in_parts=True) == (limit if purpose == "batch" else 8 * 2**30)


def test_files_over_the_limit(client, refusal, monkeypatch, blobs):
    """The words were recorded for a batch file; a header tells the limit."""
    monkeypatch.setattr(contents, "MAX_BATCH_BYTES", 10)
    with pytest.raises(openai.BadRequestError) as raised:
        upload(client, b"{}\n" * 4, purpose="batch")
    assert refusal(raised) == (400, None, None, "File is too large.")
    assert "12 bytes" in raised.value.response.headers["x-drytune-reason"]
    assert blobs() == 0
    assert upload(client, b"{}\n" * 3, purpose="batch").bytes == 9


@pytest.mark.parametrize(
    ("expires_after", "code", "param"),
    [
        ({"anchor": "created_at"}, "missing_required_parameter", "expires_after.seconds"),
        ({"seconds": 3600}, "missing_required_parameter", "expires_after.anchor"),
        ({"anchor": "last_active_at", "seconds": 3600}, "invalid_value", "expires_after.anchor"),
        ({"anchor": "created_at", "seconds": 3599}, "integer_below_min_value", "expires_after.seconds"),
        ({"anchor": "created_at", "seconds": 2_592_001}, "integer_above_max_value", "expires_after.seconds"),
        ({"anchor": "created_at", "seconds": "soon"}, "invalid_type", "expires_after.seconds"),
        ({"anchor": "created_at", "seconds": 3600.5}, "invalid_type", "expires_after.seconds"),
    ],
)
def test_expiry_within_its_limits(client, refusal, expires_after, code, param):
    """From an hour to thirty days, counted from the creation."""
    with pytest.raises(openai.BadRequestError) as raised:
        upload(client, expires_after=expires_after)
    assert refusal(raised)[:3] == (400, code, param)


@pytest.mark.parametrize("method", ["retrieve", "delete", "content"])
def test_unknown_files(client, refusal, method):
    """Param `id`, as recorded."""
    with pytest.raises(openai.NotFoundError) as raised:
        getattr(client.files, method)("file-nope")
    assert refusal(raised) == (404, None, "id", "No such File object: file-nope")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "integer_below_min_value"),
        ("limit=10001", "integer_above_max_value"),
        ("limit=many", "invalid_type"),
        ("order=up", "invalid_value"),
        ("page=2", "unknown_parameter"),
        ("after=file-nope", None),
    ],
)
def test_lists_that_cannot_be_asked_for(send, query, code):
    """Each names what is wrong."""
    status, body = send("GET", f"/v1/files?{query}")
    assert (status, body["error"]["code"], body["error"]["param"]) == (400, code, query.partition("=")[0])


def test_training_files_of_free_accounts_cannot_be_read(refusal):
    """Paid accounts may download theirs."""
    simulator = Simulator(profile=Profile(free_account=True))
    with simulated(simulator) as client:
        file, other = upload(client), upload(client, purpose="evals")
        with pytest.raises(openai.BadRequestError) as raised:
            client.files.content(file.id)
        message = (
            "To help mitigate abuse, downloading of fine-tune training files is disabled for free accounts."
        )
        assert refusal(raised) == (400, None, None, message)
        assert client.files.content(other.id).read() == b"{}\n"
    simulator.close()
