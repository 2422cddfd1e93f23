"""`Recording` and `Replaying`: what clients, servers and tests are built on."""

import pytest

import drytune
from drytune.cassettes.files import load
from drytune.handlers.sessions import Recording, Replaying, asks
from drytune_simulator import Headers, ManualClock, Request, Response, Simulator

MODELS = Request("GET", "/v1/models", Headers({"authorization": "Bearer sk-test"}))
SDK = Headers(
    {"authorization": "Bearer sk-test", "x-stainless-lang": "js", "x-stainless-package-version": "6.1.0"}
)


class Real:
    """Looks like the network."""

    waits = True
    base_url = "https://h.example/openai/v1"

    def __call__(self, request: Request) -> Response:
        return Response.json({"object": "list", "data": []})


def test_a_real_platform_is_kept_under_its_own_addresses(tmp_path):
    """With what the requests say about who asked."""
    session = Recording(tmp_path / "a.yaml", Real(), clock=ManualClock())
    session.handler(Request("GET", "/v1/models", SDK))
    session.close()
    cassette = load(tmp_path / "a.yaml")
    assert cassette.exchanges[0].request.uri == "https://h.example/openai/v1/models"
    assert (cassette.header.provenance, cassette.header.source) == ("recorded", Real.base_url)
    assert (cassette.header.sdk, session.count) == ("openai-js 6.1.0", 1)


def test_closing_twice_writes_once(tmp_path):
    """The second time does nothing."""
    session = Recording(tmp_path / "a.yaml", Simulator())
    session.handler(MODELS)
    session.close()
    written = (tmp_path / "a.yaml").stat().st_mtime_ns
    session.close()
    session.discard()
    assert (tmp_path / "a.yaml").stat().st_mtime_ns == written


def test_what_is_discarded_was_never_there(tmp_path):
    """Neither the file nor a journal; what was there stays."""
    for make in (
        lambda: Recording(tmp_path / "a.yaml", Simulator()),
        lambda: Replaying(tmp_path / "a.yaml", mode="once", upstream=Simulator()),
    ):
        session = make()
        session.handler(MODELS)
        session.discard()
        session.close()
        assert list(tmp_path.iterdir()) == []


def test_a_second_recording_into_the_same_file_is_refused(tmp_path):
    """While the first goes on."""
    session = Recording(tmp_path / "a.yaml", Simulator())
    with pytest.raises(drytune.UsageError, match=r"a\.yaml"):
        Recording(tmp_path / "a.yaml", Simulator())
    session.discard()
    Recording(tmp_path / "a.yaml", Simulator()).close()


def test_a_stream_that_is_still_open_is_kept_as_far_as_it_came(tmp_path):
    """When the recording is closed."""
    session = Recording(tmp_path / "a.yaml", Simulator())
    body = b'{"model": "gpt-4o-mini", "stream": true, "messages": [{"role": "user", "content": "Hi"}]}'
    fields = Headers({"authorization": "Bearer sk-test", "content-type": "application/json"})
    stream = session.handler(Request("POST", "/v1/chat/completions", fields, body)).body
    first = next(stream).data
    session.close()
    (exchange,) = load(tmp_path / "a.yaml").exchanges
    assert (exchange.response.interrupted, exchange.response.body) == (True, first)


@pytest.mark.parametrize(
    ("mode", "is_there", "expected"),
    [
        ("none", True, False),
        ("none", False, False),
        ("once", True, False),
        ("once", False, True),
        ("new_episodes", True, True),
        ("new_episodes", False, True),
        ("all", True, True),
        ("all", False, True),
    ],
)
def test_when_a_platform_is_asked(tmp_path, mode, is_there, expected):
    """Then there has to be one; else it is never asked, though there is one."""
    file = tmp_path / "a.yaml"
    if is_there:
        session = Recording(file, Simulator())
        session.handler(MODELS)
        session.close()
    assert asks(file, mode) is expected
    if expected:
        with pytest.raises(drytune.UsageError, match="asks a platform here: give an upstream"):
            Replaying(file, mode=mode)
    elif is_there:
        session = Replaying(file, mode=mode, upstream=Real())
        assert session.handler(Request("GET", "/v1/files")).status == 501
        assert session.count == 0
        session.close()
