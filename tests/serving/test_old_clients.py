"""What only openai-python 0.27 and 0.28 ask for, by what they send; `slow/test_clients.py` has the real one."""

import json

import pytest

from drytune_simulator import Headers, InstantClock, Request, Response, Simulator

OLD = "OpenAI/v1 PythonBindings/0.28.1"
NEW = "OpenAI/Python 2.0.0"


@pytest.fixture
def ask():
    """Ask a simulator whose jobs are at their end when they are created."""
    simulator = Simulator(clock=InstantClock())

    def asked(agent: str, method: str, target: str, body: bytes = b"", **headers: str) -> Response:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        fields |= {"authorization": "Bearer sk-test", "user-agent": agent}
        return simulator(Request(method, target, Headers(fields), body))

    yield asked
    simulator.close()


def uploaded(ask, agent: str, content: bytes, filename: str = "file") -> Response:
    head = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
    head += f'--b\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'.encode()
    kind = "multipart/form-data; boundary=b"
    return ask(agent, "POST", "/v1/files", head + content + b"\r\n--b--\r\n", content_type=kind)


def tuned(ask, content: bytes) -> dict:
    file = json.loads(uploaded(ask, OLD, content).body)["id"]
    body = json.dumps({"model": "gpt-3.5-turbo", "training_file": file}).encode()
    return json.loads(ask(OLD, "POST", "/v1/fine_tuning/jobs", body, content_type="application/json").body)


def test_a_file_that_the_old_client_could_not_name_is_taken(ask, cat):
    """It calls every file `file`, and is answered so; any other client has to name it rightly."""
    taken, refused = (uploaded(ask, agent, cat.read_bytes()) for agent in (OLD, NEW))
    assert (taken.status, json.loads(taken.body)["filename"]) == (200, "file")
    assert refused.status == 400
    assert uploaded(ask, OLD, cat.read_bytes(), "cat.txt").status == 400


def test_the_old_call_that_deletes_a_job_deletes_its_model(ask, cat):
    """Once; newer clients get the platform's answer."""
    job = tuned(ask, cat.read_bytes())
    target = f"/v1/fine_tuning/jobs/{job['id']}"
    refused = ask(NEW, "DELETE", target)
    assert (refused.status, refused.headers["allow"]) == (405, "GET")
    deleted = ask(OLD, "DELETE", target)
    assert json.loads(deleted.body) == {"object": "model", "deleted": True, "id": job["fine_tuned_model"]}
    assert ask(NEW, "GET", f"/v1/models/{job['fine_tuned_model']}").status == 404
    assert ask(NEW, "GET", target).status == 200
    again = ask(OLD, "DELETE", target)
    assert (again.status, json.loads(again.body)["error"]["code"]) == (404, "model_not_found")
    unknown = ask(OLD, "DELETE", "/v1/fine_tuning/jobs/ftjob-none")
    assert json.loads(unknown.body)["error"]["code"] == "fine_tune_not_found"


def test_the_old_cursor_means_the_same(ask, cat):
    """`starting_after` is `after`; to newer clients it is an unknown parameter."""
    jobs = [tuned(ask, cat.read_bytes()) for _ in range(2)]
    target = f"/v1/fine_tuning/jobs?starting_after={jobs[1]['id']}"
    assert [one["id"] for one in json.loads(ask(OLD, "GET", target).body)["data"]] == [jobs[0]["id"]]
    assert ask(NEW, "GET", target).status == 400
