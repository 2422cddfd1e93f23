"""Other clients against a real server process, each installed in a place of its own."""

import json
import shutil
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CLIENTS = Path(__file__).with_name("clients")
STATUSES = ["validating_files", "queued", "running", "succeeded"]


@pytest.fixture
def seen(serving, run, cat, environment, tmp_path):
    """What a client's program saw."""

    def look(*command: object) -> dict:
        with serving() as (url, _):
            done = run(*command, url, cat, cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return look


SDK = {
    "file": ["cat.jsonl", 11359, True],
    "content": True,
    "upload": ["pending", "completed", 11359],
    "statuses": STATUSES,
    "job": ["ft:gpt-4o-mini-2024-07-18:personal:sdk", 10616, 1],
    "events": "Created fine-tuning job",
    "checkpoints": 3,
    "jobs": 1,
    "cancelled": "cancelled",
    "answer": True,
    "streamed": True,
    "models": True,
    "deleted": True,
    "file deleted": True,
    "refused": [
        ["NotFoundError", 404, "model_not_found"],
        ["NotFoundError", 404, "fine_tune_not_found"],
        ["BadRequestError", 400, None],
        ["BadRequestError", 400, None],
        ["NotFoundError", 404, "fine_tune_not_found"],
        ["APIStatusError", 405, None],
        ["AuthenticationError", 401, "invalid_api_key"],
    ],
}


def test_the_sdk_of_this_environment(seen):
    """What the others are compared with."""
    found = seen(sys.executable, CLIENTS / "sdk.py")
    assert {**found, "version": ""} == {**SDK, "version": ""}


@pytest.mark.parametrize("version", ["==1.40.0", ">=1.40,<2", "==2.0.0", ">=2,<3"])
def test_other_generations_of_the_sdk(python_with, seen, version):
    """The same over HTTP, with the HTTP client that each of them has chosen."""
    # httpx 0.28 no longer has what openai 1.40 asks of it
    older = ["httpx<0.28"] if version == "==1.40.0" else []
    found = seen(python_with(f"openai{version}", *older), CLIENTS / "sdk.py")
    assert {**found, "version": ""} == {**SDK, "version": ""}


def test_the_sdk_of_2023(python_with, seen):
    """openai 0.28, built on requests: files without a name, another cursor, and a call that deletes a job."""
    found = seen(python_with("openai==0.28.1"), CLIENTS / "old_sdk.py")
    assert found == {
        "version": "0.28.1",
        "files": ["file", "cat.jsonl", "processed"],
        "waited": "processed",
        "content": True,
        "statuses": STATUSES,
        "model": "ft:gpt-3.5-turbo-0125:personal:old",
        "cancelled": "cancelled",
        "listed": True,
        "behind": True,
        "paged": True,
        "events": 3,
        "answer": True,
        "streamed": True,
        "models": True,
        "deleted": {"object": "model", "deleted": True, "id": True},
        "file deleted": True,
        "refused": [
            ["InvalidRequestError", 404, "model_not_found"],
            ["InvalidRequestError", 404, "model_not_found"],
            ["InvalidRequestError", 404, "fine_tune_not_found"],
            ["InvalidRequestError", 404, "fine_tune_not_found"],
            ["InvalidRequestError", 400, None],
            ["PermissionError", 403, None],
            ["AuthenticationError", 401, None],
        ],
    }


def test_node(seen, node_with):
    """The official client for node, with files, an upload in parts, a job, a stream, errors."""
    node_with("node.mjs", "openai")
    found = seen("node", "node.mjs")
    assert found.pop("model").startswith("ft:gpt-4o-mini-2024-07-18:personal:node:")
    assert found.pop("events").startswith("Created fine-tuning job: ftjob-")
    assert found == {
        "file": ["file", "cat.jsonl", 11359, True],
        "content": True,
        "files": 1,
        "upload": ["pending", "completed", "parts.jsonl", 11359],
        "statuses": STATUSES,
        "checkpoints": 3,
        "jobs": 1,
        "cancelled": "cancelled",
        "answer": True,
        "streamed": True,
        "models": True,
        "deleted": True,
        "fileDeleted": True,
        "refused": [
            ["NotFoundError", 404, "model_not_found", "req_"],
            ["NotFoundError", 404, "fine_tune_not_found", "req_"],
            ["BadRequestError", 400, None, "req_"],
            ["BadRequestError", 400, None, "req_"],
            ["AuthenticationError", 401, "invalid_api_key", "req_"],
        ],
    }


def test_litellm(frameworks, seen):
    """Which has calls of its own for files, jobs and chats."""
    found = seen(frameworks, CLIENTS / "lite.py")
    assert found == {
        "file": ["cat.jsonl", 11359],
        "created": "validating_files",
        "ended": ["succeeded", "ft:gpt-4o-mini-2024-07-18:personal:"],
        "cancelled": "cancelled",
        "jobs": 2,
        "answer": True,
        "streamed": True,
        "refused": 404,
    }


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(serving, run, cat):
    """As the platform's own reference shows its calls."""
    with serving() as (url, _):

        def curl(path: str, *options: object) -> dict:
            done = run("curl", "-sS", f"{url}{path}", "-H", "Authorization: Bearer sk-curl", *options)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        file = curl("/files", "-F", "purpose=fine-tune", "-F", f"file=@{cat}")
        assert (file["object"], file["filename"], file["bytes"]) == ("file", "cat.jsonl", 11359)
        body = json.dumps({"model": "gpt-4o-mini", "training_file": file["id"]})
        job = curl("/fine_tuning/jobs", "-H", "Content-Type: application/json", "-d", body)
        for _ in range(200):
            job = curl(f"/fine_tuning/jobs/{job['id']}")
            if job["status"] == "succeeded":
                break
        assert job["status"] == "succeeded"
        # a slash too many leads back, as recorded
        assert curl("/fine_tuning/jobs/", "-L")["data"][0]["id"] == job["id"]
        assert curl("/models/none", "-X", "GET")["error"]["code"] == "model_not_found"
        head = run("curl", "-sSI", f"{url.removesuffix('/v1')}/health")
        assert head.stdout.startswith("HTTP/1.1 200")
