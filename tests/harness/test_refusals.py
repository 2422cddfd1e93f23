"""It says no, for the right reason, at the right moment: through the SDK, in the platform's words (FACTS.md)."""

import json

import openai
import pytest

from drytune.clients import simulated
from drytune_simulator import Headers, Request, Simulator

MODEL = "gpt-4o-mini-2024-07-18"
KEY = {"authorization": "Bearer sk-test"}


@pytest.fixture
def client(openai_client):
    return openai_client


@pytest.fixture
def upload(client, make_jsonl):
    """Upload examples, or bytes, as a training file."""

    def run(data, name="train.jsonl", purpose="fine-tune"):
        content = data if isinstance(data, bytes) else make_jsonl(*data)
        return client.files.create(file=(name, content), purpose=purpose)

    return run


@pytest.fixture
def finished(client, upload):
    """Run a job on examples, or bytes, to its end."""

    def run(data, **options):
        job = client.fine_tuning.jobs.create(model=MODEL, training_file=upload(data).id, **options)
        while job.status not in ("succeeded", "failed", "cancelled"):
            job = client.fine_tuning.jobs.retrieve(job.id)
        return job

    return run


def refusal(raised) -> tuple:
    error = raised.value
    return error.status_code, error.type, error.code, error.param, error.body["message"]


# -- at upload (FACTS.md §3.2)


def test_only_jsonl_files_are_taken_for_fine_tuning(upload, good):
    """Another extension is refused at once."""
    with pytest.raises(openai.BadRequestError) as raised:
        upload(good, name="train.json")
    message = "Invalid file format for Fine-Tuning API. Must be .jsonl"
    assert refusal(raised) == (400, "invalid_request_error", None, None, message)


@pytest.mark.parametrize("line", [b'{"prompt": ', b"[1, 2]", b'"text"', b"12", b"nonsense"])
def test_a_line_that_is_no_json_object_is_named(upload, good, make_jsonl, line):
    """Line 7 of 12 is broken."""
    lines = make_jsonl(*good).splitlines()
    lines[6] = line
    with pytest.raises(openai.BadRequestError) as raised:
        upload(b"\n".join(lines))
    status, _, code, param, message = refusal(raised)
    assert (status, code, param) == (400, None, None)
    assert message.startswith(
        "Expected file to have JSONL format, where every line is a JSON dictionary. Line 7 is not a dictionary "
        '(HINT: line starts with: "'
    )


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n\n"])
def test_an_empty_file_is_refused(upload, content):
    """Nothing can be learned from nothing."""
    with pytest.raises(openai.BadRequestError, match="empty"):
        upload(content)


def test_an_unknown_purpose_is_answered_with_those_that_exist(upload, good):
    """`fine_tune` for `fine-tune` is the usual slip."""
    with pytest.raises(openai.BadRequestError) as raised:
        upload(good, purpose="fine_tune")
    known = ["fine-tune", "assistants", "batch", "user_data", "vision", "evals"]
    message = f"'fine_tune' is not one of {known} - 'purpose'"
    assert refusal(raised) == (400, "invalid_request_error", None, "purpose", message)


def test_a_purpose_is_required(openai_simulator, good, make_jsonl):
    """No SDK leaves it out, but curl does."""
    body = (
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
        + make_jsonl(*good)
        + b"\r\n--b--\r\n"
    )
    headers = Headers({**KEY, "content-type": "multipart/form-data; boundary=b"})
    response = openai_simulator(Request("POST", "/v1/files", headers, body))
    error = json.loads(response.body)["error"]
    assert (response.status, error["message"]) == (400, "'purpose' is a required property")


# -- at job creation (FACTS.md §4.3)


def invalid_training_file(raised, file_id) -> None:
    message = f"invalid training_file: {file_id}"
    assert refusal(raised) == (400, "invalid_request_error", None, "training_file", message)


def test_an_unknown_file_is_no_training_file(client):
    """The file is looked at before the model."""
    with pytest.raises(openai.BadRequestError) as raised:
        client.fine_tuning.jobs.create(model="no-such-model", training_file="file-nope")
    invalid_training_file(raised, "file-nope")


def test_a_deleted_file_is_no_training_file(client, upload, good):
    """It is gone for good."""
    file = upload(good)
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.BadRequestError) as raised:
        client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
    invalid_training_file(raised, file.id)


def test_a_file_of_another_purpose_is_no_training_file(client, upload, good):
    """And a header says why, since the platform's words do not."""
    file = upload(good, purpose="assistants")
    with pytest.raises(openai.BadRequestError) as raised:
        client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
    invalid_training_file(raised, file.id)
    assert "purpose is 'assistants'" in raised.value.response.headers["x-drytune-reason"]


@pytest.mark.parametrize("model", ["gpt-9", "ft:gpt-4o-mini-2024-07-18:personal::NotMine1"])
def test_a_model_that_cannot_be_tuned_is_named(client, upload, good, model):
    """Unknown, or somebody else's."""
    file = upload(good)
    with pytest.raises(openai.BadRequestError) as raised:
        client.fine_tuning.jobs.create(model=model, training_file=file.id)
    message = f"Model {model} is not available for fine-tuning or does not exist."
    assert refusal(raised) == (400, "invalid_request_error", "model_not_available", None, message)


@pytest.mark.parametrize(
    ("options", "code", "param"),
    [
        ({"suffix": "x" * 65}, None, "suffix"),
        ({"seed": -1}, "integer_below_min_value", "seed"),
        ({"hyperparameters": {"n_epochs": 51}}, "integer_above_max_value", "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": "many"}}, "invalid_type", "hyperparameters.n_epochs"),
        ({"extra_body": {"epochs": 3}}, "unknown_parameter", "epochs"),
        ({"extra_body": {"method": {"type": "magic"}}}, "invalid_value", "method.type"),
        ({"validation_file": "file-nope"}, None, "validation_file"),
    ],
)
def test_parameters_have_limits(client, upload, good, options, code, param):
    """FACTS.md §4.1; the refusal names the parameter."""
    with pytest.raises(openai.BadRequestError) as raised:
        client.fine_tuning.jobs.create(model=MODEL, training_file=upload(good).id, **options)
    assert (raised.value.code, raised.value.param) == (code, param)


# -- by a job that fails (FACTS.md §4.5)

FORMAT = "The job failed due to a file format error in the training file. Invalid file format. "
USER = {"role": "user", "content": "Hi"}
REPLY = {"role": "assistant", "content": "Hello"}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"messages": [USER]}, "assistant"),
        ({"messages": [{"role": "bot", "content": "Hi"}, REPLY]}, "'bot'"),
        ({"messages": [{"content": "Hi"}, REPLY]}, "Discriminator 'role' is missing in value"),
        ({"messages": [USER, REPLY], "weight": 1}, 'Example 5 contains an extra "weight".'),
        ({"messages": [{**USER, "mood": "happy"}, REPLY]}, "mood"),
        ({"messages": [{"role": "user"}, REPLY]}, "content"),
        ({"messages": [USER, {"role": "assistant", "content": None}]}, "content"),
        (
            {"messages": [USER, {"role": "assistant", "content": "a<|fim_suffix|>b"}]},
            "Example 5 message contains an invalid token: <|fim_suffix|>.",
        ),
        ({"prompt": "Hi", "completion": "Hello"}, "messages"),
    ],
)
def test_a_bad_example_makes_the_job_fail(finished, good, bad, words):
    """Upload and creation go well, as at the platform; validation finds line 5."""
    job = finished([*good[:4], bad, *good[4:]])
    assert (job.status, job.fine_tuned_model, job.trained_tokens) == ("failed", None, None)
    assert (job.error.code, job.error.param) == ("invalid_file_format", "training_file")
    assert job.error.message.startswith(FORMAT)
    assert "Example 5" in job.error.message
    assert words in job.error.message


def test_nine_examples_are_too_few(finished, good, client):
    """The last event says so as well."""
    job = finished(good[:9])
    message = "Training file has 9 example(s), but must have at least 10 examples"
    assert (job.status, job.error.code, job.error.message) == ("failed", "invalid_n_examples", message)
    last = client.fine_tuning.jobs.list_events(job.id).data[0]
    assert (last.level, last.message) == ("error", message)


def test_ten_examples_are_enough(finished, good):
    """And `error` is empty when nothing is wrong."""
    job = finished(good[:10])
    assert job.status == "succeeded"
    assert job.to_dict()["error"] == {}


def test_deleting_the_file_of_a_job_that_has_not_begun_fails_the_job(client, upload, good):
    """FACTS.md §9."""
    file = upload(good)
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
    client.files.delete(file.id)
    job = client.fine_tuning.jobs.retrieve(job.id)
    assert (job.status, job.error.code) == ("failed", "deleted_training_file")


# -- later


def test_a_finished_job_cannot_be_cancelled(finished, good, client):
    """Its status is told."""
    job = finished(good)
    with pytest.raises(openai.BadRequestError, match='already has status "succeeded"'):
        client.fine_tuning.jobs.cancel(job.id)


def test_a_cancelled_job_leaves_nothing(client, upload, good):
    """No model, no results, and it stays cancelled."""
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=upload(good).id)
    client.fine_tuning.jobs.retrieve(job.id)
    cancelled = client.fine_tuning.jobs.cancel(job.id)
    assert (cancelled.status, cancelled.finished_at) == ("cancelled", None)
    for _ in range(3):
        assert client.fine_tuning.jobs.retrieve(job.id).status == "cancelled"
    assert not [model for model in client.models.list() if model.id.startswith("ft:")]
    assert [file.purpose for file in client.files.list()] == ["fine-tune"]


@pytest.mark.parametrize("operation", ["retrieve", "cancel", "list_events"])
def test_an_unknown_job_is_not_found(client, operation):
    """FACTS.md §4.8."""
    with pytest.raises(openai.NotFoundError) as raised:
        getattr(client.fine_tuning.jobs, operation)("ftjob-123")
    expected = (
        "invalid_request_error",
        "fine_tune_not_found",
        "fine_tune_id",
        "Could not find fine tune: ftjob-123",
    )
    assert refusal(raised) == (404, *expected)


def test_an_unknown_a_foreign_and_a_deleted_model_do_not_exist(finished, good, client, openai_simulator):
    """One answer for all three, as at the platform (FACTS.md §2)."""
    model = finished(good).fine_tuned_model
    with simulated(openai_simulator, api_key="sk-somebody-else") as other:
        cases = [(client, "ft:gpt-4o-mini-2024-07-18:personal::Unknown1"), (other, model)]
        client.models.retrieve(model)
        client.models.delete(model)
        for who, name in [*cases, (client, model)]:
            with pytest.raises(openai.NotFoundError) as raised:
                who.chat.completions.create(model=name, messages=[USER])
            message = f"The model `{name}` does not exist or you do not have access to it."
            assert refusal(raised) == (404, "invalid_request_error", "model_not_found", None, message)


def test_a_deleted_model_is_not_listed_or_retrieved(finished, good, client):
    """FACTS.md §1.5."""
    model = finished(good).fine_tuned_model
    assert client.models.delete(model).to_dict() == {"object": "model", "deleted": True, "id": model}
    with pytest.raises(openai.NotFoundError, match=f"The model '{model}' does not exist"):
        client.models.retrieve(model)


def test_a_malformed_key_is_refused_and_masked(openai_simulator):
    """The key itself is in no answer."""
    client = simulated(openai_simulator, api_key="not-a-key-0123456789")
    with pytest.raises(openai.AuthenticationError) as raised:
        client.models.list()
    assert raised.value.code == "invalid_api_key"
    assert raised.value.body["message"].startswith(
        "Incorrect API key provided: not-a-ke********6789. You can"
    )


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer"}, {"authorization": "Basic c2stdGVzdA=="}]
)
def test_a_missing_key_is_refused(openai_simulator, headers):
    """Before anything else is looked at."""
    response = openai_simulator(Request("POST", "/v1/chat/completions", Headers(headers), b"{"))
    assert response.status == 401
    assert json.loads(response.body)["error"]["message"].startswith("You didn't provide an API key.")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/fine_tuning/jobs"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"model": "gpt-4o"', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(openai_simulator, path, body):
    """400, never 500."""
    response = openai_simulator(Request("POST", path, Headers(KEY), body))
    assert response.status == 400
    assert json.loads(response.body)["error"]["message"].startswith("We could not parse the JSON body")


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("POST", "/v1/foo", 404, "Invalid URL (POST /v1/foo)"),
        ("GET", "/v1/files/", 404, "Invalid URL (GET /v1/files/)"),
        ("POST", "/v1/models", 405, "Not allowed to POST on /v1/models."),
        (
            "POST",
            "/v1/audio/speech",
            501,
            "POST /v1/audio/speech is documented by the platform but not simulated",
        ),
        ("POST", "/v1/batches", 501, "not simulated"),
    ],
)
def test_what_is_not_there_says_so(openai_simulator, method, path, status, words):
    """Never a plausible default."""
    response = openai_simulator(Request(method, path, Headers(KEY)))
    assert response.status == status
    assert words in json.loads(response.body)["error"]["message"]


def test_refusals_are_not_retried_for_long(openai_simulator):
    """A fault of drytune's own says that a retry would not help."""

    class Broken:
        def __getattr__(self, name):
            raise ValueError(name)

    simulator = Simulator()
    simulator._world.store = Broken()
    with (
        simulated(simulator) as client,
        pytest.raises(openai.InternalServerError, match="drytune itself failed"),
    ):
        client.files.list()
