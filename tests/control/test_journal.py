"""The journal: what was asked and answered, bounded, without secrets."""

import json
import threading
from urllib.parse import quote, unquote

import pytest

from drytune import simulated
from drytune_simulator import Chunk, Headers, ManualClock, Request, Response, Simulator
from drytune_simulator.faults import Fault, FaultPlan, failing
from drytune_simulator.http import ConnectionDropped
from drytune_simulator.journal import Journal, journaled
from drytune_simulator.store import StoreError
from drytune_simulator.world import authenticate

KEY = "sk-proj-abcdefghijklmnop"
AS_JSON = {"content-type": "application/json"}


def ask(body: object = None, path: str = "/v1/chat/completions", **headers: str) -> Request:
    data = b"" if body is None else json.dumps(body).encode()
    fields = {
        "authorization": f"Bearer {KEY}",
        **AS_JSON,
        **{name.replace("_", "-"): v for name, v in headers.items()},
    }
    return Request("POST", path, Headers(fields), data)


def answering(body: object = None, **headers: str):
    return lambda request: Response.json({"ok": True} if body is None else body, 200, headers)


def test_a_workflow_is_all_there(good, make_jsonl):
    """Method, path, status, ids, model, request id and tenant, in order."""
    simulator = Simulator()
    journal = Journal(simulator.clock)
    with simulated(journaled(simulator, journal), api_key=KEY) as client:
        file = client.files.create(file=("good.jsonl", make_jsonl(*good)), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
        client.fine_tuning.jobs.list(limit=2)
        client.fine_tuning.jobs.retrieve(job.id)
    simulator.close()
    upload, create, listed, read = journal
    assert [entry.number for entry in journal] == [1, 2, 3, 4]
    assert [(entry.method, entry.path, entry.status) for entry in journal] == [
        ("POST", "/v1/files", 200),
        ("POST", "/v1/fine_tuning/jobs", 200),
        ("GET", "/v1/fine_tuning/jobs", 200),
        ("GET", f"/v1/fine_tuning/jobs/{job.id}", 200),
    ]
    assert upload.request_bytes > len(make_jsonl(*good))
    assert (upload.request, upload.response["id"]) == (None, file.id)
    assert create.request == {"model": "gpt-4o-mini", "training_file": file.id}
    assert (create.model, create.ids) == ("gpt-4o-mini", {"jobs": [job.id], "files": [file.id]})
    assert listed.query == [("limit", "2")]
    assert read.ids["jobs"] == [job.id]
    assert len({entry.request_id for entry in journal}) == 4
    assert {entry.tenant for entry in journal} == {
        authenticate(Request("GET", "/", Headers({"authorization": f"Bearer {KEY}"}))).scope
    }


@pytest.mark.parametrize(
    "request_",
    [
        ask({"api_key": "abcdefgh", "model": "m"}),
        ask({"metadata": {"note": "my key is sk-abcdefgh, keep it", "client_secret": "abcdefgh"}}),
        ask({"webhook": {"url": "http://127.0.0.1", "secret": "whsec_YWJjZGVmZ2g="}}),
        ask({"a": "Bearer abcdefgh"}),
        ask(path="/v1/files?api_key=abcdefgh&x=sk-abcdefgh"),
        ask({}, cookie="session=abcdefgh", x_api_key="abcdefgh"),
    ],
)
def test_no_secret_is_kept(request_):
    """Neither of headers, nor of bodies, nor of queries; what is around it is still JSON."""
    journal = Journal()
    journaled(answering(json.loads(request_.body or b"{}"), **{"set-cookie": "abcdefgh"}), journal)(request_)
    (entry,) = journal
    text = repr(entry) + json.dumps(entry.to_dict())
    for secret in ("abcdefgh", "YWJjZGVmZ2g", KEY):
        assert secret not in text
    assert entry.request is not None or not request_.body


def test_innocent_words_are_kept():
    """A `sk-` inside a word is none, nor is a count of tokens."""
    body = {"max_tokens": 5, "input": "task-management", "key": "value"}
    journal = Journal()
    journaled(answering(), journal)(ask(body))
    assert next(iter(journal)).request == body


def test_faults_and_broken_connections_are_told():
    """By their names; before an answer there is no status."""
    faults = [
        Fault("/v1/files", 503, name="busy"),
        Fault("/v1/models", "drop", name="gone"),
        Fault("/v1/uploads", "drop", name="half", when="after", at=3),
    ]
    journal = Journal()
    handler = journaled(failing(answering(), FaultPlan(faults)), journal)
    handler(ask(path="/v1/files"))
    with pytest.raises(ConnectionDropped):
        handler(ask(path="/v1/models"))
    with pytest.raises(ConnectionDropped):
        list(handler(ask(path="/v1/uploads")).body)
    told = [(entry.fault, entry.status, entry.dropped, entry.response_bytes) for entry in journal]
    assert told[0][:3] == ("busy", 503, False)
    assert told[1:] == [("gone", None, True, 0), ("half", 200, True, 3)]


def test_a_stream_is_counted_while_it_is_read():
    """And let go of with its reader, begun or not."""
    closed = []

    class Body:
        chunks = iter([Chunk(b"abc"), Chunk(b"defg")])

        def __iter__(self):
            return self.chunks

        def __next__(self):
            return next(self.chunks)

        def close(self):
            closed.append(True)

    journal = Journal()
    body = journaled(lambda request: Response(200, {}, Body()), journal)(ask()).body
    assert next(iter(journal)).response_bytes == 0
    next(body)
    assert next(iter(journal)).response_bytes == 3
    body.close()
    journaled(lambda request: Response(200, {}, Body()), journal)(ask()).body.close()
    assert closed


def test_time_is_the_simulator_s_and_durations_are_the_timer_s():
    """Each from its own clock."""
    clock, timer = ManualClock(1000.0), ManualClock(0.0)

    def slow(request: Request) -> Response:
        clock.advance(3600)
        timer.advance(0.25)
        return Response(204)

    journal = Journal(clock, timer=timer)
    journaled(slow, journal)(ask())
    entry = next(iter(journal))
    assert (entry.at, entry.seconds) == (1000.0, 0.25)


def test_memory_is_bounded_by_number_and_by_size():
    """The oldest go first; the numbers go on."""
    journal = Journal(entries=5, bytes=10_000)
    handler = journaled(answering(), journal)
    for _ in range(8):
        handler(ask({"a": 1}))
    assert [entry.number for entry in journal] == [4, 5, 6, 7, 8]
    for _ in range(5):
        handler(ask({"a": "x" * 3_000}))
    assert [entry.number for entry in journal] == [11, 12, 13]
    handler(ask({"a": "x" * 100_000}))
    entry = journal.entries(limit=1)[0]
    assert (entry.request, entry.request_bytes) == (None, 100_009)
    assert (journal.seen, len(journal)) == (14, 4)


def test_an_answer_to_a_forgotten_request_counts_for_nothing():
    """What was cleared while it was under way does not fill the journal."""
    journal = Journal(bytes=10_000)

    def clearing(request: Request) -> Response:
        journal.clear()
        return Response.json({"x": "y" * 4_000})

    for _ in range(5):
        journaled(clearing, journal)(ask({}))
    for _ in range(3):
        journaled(answering({"x": "y" * 3_000}), journal)(ask({}))
    assert [entry.number for entry in journal] == [6, 7, 8]


def test_what_is_no_json_is_not_kept():
    """Only its size is."""
    journal = Journal()
    handler = journaled(answering(), journal)
    for content_type, body in (
        ("text/plain", b"{}"),
        ("application/json", b"{"),
        ("application/json", b"\xff"),
    ):
        fields = Headers({"content-type": content_type})
        handler(Request("POST", "/v1/files", fields, body))
    assert [(entry.request, entry.request_bytes, entry.tenant) for entry in journal] == [
        (None, 2, None),
        (None, 1, None),
        (None, 1, None),
    ]


def test_threads_may_write_and_read():
    """Numbers are unique, and nothing is lost."""
    journal = Journal(entries=10_000)
    handler = journaled(answering(), journal)

    def work() -> None:
        for _ in range(200):
            handler(ask({"a": 1}))
            journal.entries(limit=3)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.number for entry in journal) == list(range(1, 801))


class Failing(ManualClock):
    """A clock that may have lost its database."""

    lost = True

    def now(self) -> float:
        if self.lost:
            raise StoreError("the database is away")
        return super().now()


def test_a_database_that_does_not_answer_spoils_no_answer():
    """The time is then the last one known, if there was one."""
    clock = Failing(5.0)
    journal = Journal(clock)
    handler = journaled(answering(), journal)
    for clock.lost in (True, False, True):
        if not clock.lost:
            clock.advance(1)
        assert handler(ask({})).status == 200
    assert [entry.at for entry in journal] == [None, 6.0, 6.0]


@pytest.mark.parametrize("key", ["Hunter2/x+y", 'say "öpen"', "sk-short"])
def test_keys_that_are_known_are_shown_nowhere(key):
    """Of whatever form: in paths, queries and bodies, encoded or not."""
    journal = Journal()
    handler = journaled(answering({"echo": [key]}), journal, frozenset({key, "never used"}))
    encoded = quote(key, safe="")
    handler(ask({"note": f"({key})", key: 1}, path=f"/v1/models/{encoded}?x={encoded}&{encoded}=1"))
    handler(ask(path="/v1/models/" + "".join(f"%{byte:02x}" for byte in key.encode())))
    for entry in journal:
        text = json.dumps(entry.to_dict(), ensure_ascii=False) + repr(entry) + unquote(entry.path)
        assert key not in text
        assert json.dumps(key)[1:-1] not in text
        assert entry.path.startswith("/v1/models/[hidden]")
    assert next(iter(journal)).request == {"note": "([hidden])", "[hidden]": 1}
