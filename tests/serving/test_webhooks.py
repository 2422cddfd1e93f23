"""A server tells of jobs that have ended, by itself."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def endpoint():
    """An address that takes webhooks; gives its URL and what came."""
    arrived: queue.Queue[tuple[bytes, dict[str, str]]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            arrived.put((body, dict(self.headers.items())))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", arrived
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_that_ends_is_told_and_the_official_client_believes_it(
    serving, client_of, tuned, endpoint, workers
):
    """Signed with the secret of the environment; its clock need not be touched by anybody."""
    url, arrived = endpoint
    options = ["--webhook", url, "--speed", "1e6", "--workers", workers]
    with serving(*options, variables={"DRYTUNE_WEBHOOK_SECRET": SECRET}) as (base_url, process):
        client = client_of(base_url)
        job = tuned(client)
        body, headers = arrived.get(timeout=60)
        event = client.webhooks.unwrap(body, headers, secret=SECRET)
        assert (event.type, event.data.id) == ("fine_tuning.job.succeeded", job.id)
        process.terminate()
        assert SECRET not in process.stderr.read()
