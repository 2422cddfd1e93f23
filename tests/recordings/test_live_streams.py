"""A stream that is recorded reaches the client while the platform still speaks."""

import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from drytune.cassettes.files import load


@pytest.fixture
def speaking():
    """A platform that says its second word when the first was heard."""
    heard = threading.Event()

    class Speaks(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self._say(b"data: one\n\n")
            self._say(b"data: two\n\n" if heard.wait(30) else b"data: nobody heard it\n\n")
            self.wfile.write(b"0\r\n\r\n")

        def _say(self, words: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(words), words))
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Speaks) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", heard
        server.shutdown()
        thread.join()


def test_each_word_is_passed_on_when_it_comes(speaking, serving, tmp_path):
    """And both are in the cassette, in two pieces."""
    upstream, heard = speaking
    file = tmp_path / "stream.yaml"
    with serving("--record", file, "--upstream", upstream) as (url, process):
        with urllib.request.urlopen(f"{url}/words", timeout=60) as answer:
            assert answer.readline() == b"data: one\n"
            heard.set()
            assert answer.read() == b"\ndata: two\n\n"
        process.terminate()
        assert process.wait(30) == 0
    (exchange,) = load(file).exchanges
    assert [size for size, _ in exchange.response.chunks] == [11, 11]
