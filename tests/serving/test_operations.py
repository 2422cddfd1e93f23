"""What operators ask a server for: whether it lives, whether it is ready, what it has counted, what it is."""

import json
import urllib.request

import pytest


class _Patient(urllib.request.HTTPErrorProcessor):
    """A refusal is an answer, too."""

    def http_response(self, request, response):
        return response


def get(url: str, **headers: str) -> tuple[int, dict[str, str], str]:
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.build_opener(_Patient).open(request) as response:
        fields = {name.lower(): value for name, value in response.headers.items()}
        return response.status, fields, response.read().decode()


def test_health_and_readiness_need_no_key(serving):
    """Both say that this is simulated."""
    with serving() as (url, _):
        top = url.removesuffix("/v1")
        assert get(top + "/health")[2] == '{"status":"ok","simulated":true}'
        assert get(url + "/health")[0] == 200
        status, fields, body = get(top + "/ready")
        assert (status, json.loads(body)) == (200, {"status": "ready", "simulated": True})
        assert fields["x-drytune"] == "simulated"


def test_it_is_not_ready_without_its_state(settled):
    """It lives, and says why it cannot serve; the log has a sentence, and no secret."""
    broken = """
from drytune_simulator.store import Store
get = Store.get
def broken(self, kind, *rest):
    if kind == "readiness":
        raise RuntimeError("password=hunter2")
    return get(self, kind, *rest)
Store.get = broken
"""
    with settled("", broken) as (url, process):
        status, _, body = get(url.removesuffix("/v1") + "/ready")
        assert (status, json.loads(body)["status"]) == (503, "the state cannot be read")
        process.terminate()
        log = process.stderr.read()
        assert "not ready: the state cannot be read (RuntimeError)" in log
        assert "hunter2" not in log


def test_the_page_says_what_this_is(serving):
    """HTML for browsers, text for everybody else; complete in itself, without a script."""
    with serving("--speed", "600", "--as-of", "2027-01-07") as (url, _):
        top = url.removesuffix("/v1") + "/"
        status, fields, text = get(top)
        assert (status, fields["content-type"]) == (200, "text/plain; charset=utf-8")
        for word in (
            "simulated",
            "600 times as fast",
            "2027-01-07",
            "POST   /v1/fine_tuning/jobs",
            "/metrics",
        ):
            assert word in text
        status, fields, html = get(top, Accept="text/html,application/xhtml+xml")
        assert fields["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in fields["content-security-policy"]
        assert html.startswith("<!doctype html>")
        assert "<script" not in html
        assert "src=" not in html
        assert "<code>/v1/fine_tuning/jobs/{fine_tuning_job_id}</code>" in html


def test_metrics_count_by_route_and_hold_no_ids(serving, client_of, tuned):
    """Requests, times, bytes; what a client chooses is no label."""
    pytest.importorskip("prometheus_client")
    with serving() as (url, _):
        client = client_of(url)
        job = tuned(client)
        for _ in range(3):
            client.fine_tuning.jobs.retrieve(job.id)
        get(f"{url}/secrets/hunter2")
        status, fields, text = get(url.removesuffix("/v1") + "/metrics")
    assert status == 200
    assert fields["content-type"].startswith("text/plain")
    route = "/v1/fine_tuning/jobs/{fine_tuning_job_id}"
    assert f'drytune_requests_total{{method="GET",route="{route}",status="200"}} 3.0' in text
    assert 'drytune_requests_total{method="GET",route="other",status="401"} 1.0' in text
    assert f'drytune_request_seconds_count{{route="{route}"}} 3.0' in text
    assert "drytune_requests_in_flight 1.0" in text
    received = next(line for line in text.splitlines() if line.startswith("drytune_received_bytes_total "))
    assert float(received.split()[1]) > 1000
    for secret in (job.id, "hunter2", "sk-test"):
        assert secret not in text


def test_metrics_without_the_package_say_what_to_install(settled):
    """501, and the command."""
    with settled("", "sys.modules['prometheus_client'] = None") as (url, _):
        status, _, body = get(url.removesuffix("/v1") + "/metrics")
    assert status == 501
    assert "pip install 'drytune[server]'" in json.loads(body)["error"]["message"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_logs_tell_what_was_asked_and_no_secret(serving, client_of, tuned, form):
    """One line a request: what, which status, how long; neither keys nor ids, queries nor bodies."""
    with serving("--verbose", "--log-format", form) as (url, process):
        client = client_of(url, "sk-hunter2")
        job = tuned(client, suffix="hunter2")
        get(f"{url}/hunter2?api_key=hunter2", Cookie="hunter2")
        process.terminate()
        lines = process.stderr.read().splitlines()
    assert not any("hunter2" in line or job.id in line for line in lines)
    if form == "json":
        seen = [json.loads(line) for line in lines]
        requests = [line for line in seen if line["message"] == "request"]
        first = requests[0]
        assert (first["method"], first["route"], first["status"]) == ("POST", "/v1/files", 200)
        assert first["request_id"].startswith("req_")
        assert first["ms"] > 0
        assert {"time", "level", "logger", "received", "sent"} <= first.keys()
        assert requests[-1]["route"] == "other"
    else:
        assert any(line.startswith("INFO POST /v1/files 200 ") for line in lines)
        assert any(line.startswith("INFO GET other 401 ") for line in lines)


def test_without_verbose_only_what_matters_is_logged(serving, client_of):
    """One line at the start, and silence."""
    with serving() as (url, process):
        client_of(url).models.list()
        process.terminate()
        (line,) = process.stderr.read().splitlines()
    assert "nothing is sent anywhere" in line
