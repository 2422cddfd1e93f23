"""The control API: what stands behind /_drytune, as JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator import Headers, ManualClock, Request, Response, Simulator
from drytune_simulator.control import controlled
from drytune_simulator.faults import Fault
from drytune_simulator.profile import Profile
from drytune_simulator.store import Store, StoreError

START = 1_767_225_600.0  # 2026-01-01


def test_it_says_what_it_is(start):
    """Version, clock, seed, and how much there was."""
    server = start(seed=7, faults=[Fault("/v1/nothing", 500)])
    server.client.models.list()
    told = server.get()
    assert (told["object"], told["simulated"], told["seed"]) == ("drytune", True, 7)
    assert (told["requests"], told["faults"], told["scenarios"]) == (1, 1, 0)
    assert told["clock"] == {
        "object": "drytune.clock",
        "now": START,
        "date": "2026-01-01T00:00:00+00:00",
        "today": "2026-01-01",
        "kind": "ManualClock",
        "movable": True,
    }


@pytest.mark.parametrize(
    ("name", "one", "other", "table"),
    [
        ("faults", "/v1/models: 503", "/v1/files: 500, name=files", {"route": "/v1/models", "what": 503}),
        ("scenarios", "file_expired", "stuck_in_queue: name=files", {"scenario": "file_expired"}),
    ],
)
def test_faults_and_scenarios_are_added_listed_replaced_and_removed(start, name, one, other, table):
    """As text or as tables, one or many."""
    server = start()
    kind = name.removesuffix("s")
    added = server.post(f"/{name}", {"text": one})["data"]
    assert added == [{"id": "1", "seen": 0, "struck": 0, "text": one, kind: table}]
    assert [row["id"] for row in server.post(f"/{name}", [table, {"text": other}])["data"]] == ["2", "files"]
    assert len(server.get(f"/{name}")["data"]) == 3
    assert server.ask("DELETE", f"/{name}/files") == (
        200,
        {"object": f"drytune.{kind}", "id": "files", "deleted": True},
    )
    assert server.ask("DELETE", f"/{name}/files")[0] == 404
    assert server.ask("PUT", f"/{name}", [table])[1]["data"] == added
    assert server.ask("DELETE", f"/{name}")[1]["data"] == []


def test_a_fault_that_is_added_strikes(start):
    """And is counted."""
    server = start()
    server.post("/faults", {"route": "GET /v1/models", "what": 503, "nth": 2})
    assert server.client.models.list().data
    with pytest.raises(Exception, match="overloaded"):
        server.client.models.list()
    assert server.get("/faults")["data"][0] | {"fault": 0} == {
        "id": "1",
        "seen": 2,
        "struck": 1,
        "text": "GET /v1/models: 503, nth=2",
        "fault": 0,
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "problem"),
    [
        ("POST", "/faults", {"text": "nonsense"}, "write ROUTE: WHAT"),
        (
            "POST",
            "/faults",
            {"route": "/v1/files", "what": 500, "nht": 1},
            'fault 1 has no key "nht"; did you mean nth?',
        ),
        ("POST", "/faults", [{"what": 500}, {"what": 200}], "fault 2: what is 200"),
        ("POST", "/faults", [{"what": 500, "name": "a"}] * 2, 'the name "a" is taken'),
        ("POST", "/faults", 3, "fault 1 is 3; it must be a table"),
        ("PUT", "/faults", {"what": 500}, "it must be a list of faults"),
        ("POST", "/scenarios", {"scenario": "fails"}, 'there is no scenario "fails"'),
        ("POST", "/reset", {"only": ["all"]}, "with some of state, faults, scenarios, answers, requests"),
        ("POST", "/reset", {"state": True}, "say nothing, or"),
        ("GET", "/requests?limit=many", None, 'limit is "many"; it must be a whole number'),
        ("GET", "/requests?colour=red", None, 'requests has no filter "colour"'),
        ("POST", "/faults", b'{"what": ', "could not parse the JSON body"),
        ("POST", "/faults", b"\xff", "could not parse the JSON body"),
    ],
)
def test_what_makes_no_sense_is_told(start, method, path, body, problem):
    """400 with a sentence; nothing is half done."""
    server = start()
    status, answer = server.ask(method, path, body)
    assert status == 400
    assert problem in answer["error"]["message"]
    assert (server.plan.items, server.scenarios.items) == ((), ())


def test_requests_are_listed_and_forgotten(start, lines):
    """With filters; what the control API was asked is not among them."""
    server = start(faults=[Fault("/v1/models", 503, name="busy", nth=2)])
    server.job(lines)
    server.client.models.list()
    with pytest.raises(Exception, match="overloaded"):
        server.client.models.list()
    paths = [entry["path"] for entry in server.get("/requests")["data"]]
    assert paths == ["/v1/files", "/v1/fine_tuning/jobs", "/v1/models", "/v1/models"]

    def numbers(query: str) -> list[int]:
        return [entry["number"] for entry in server.get(f"/requests?{query}")["data"]]

    assert numbers("path=/v1/f") == [1, 2]
    assert numbers("status=503") == numbers("fault=busy") == [4]
    assert numbers("since=2") == [3, 4]
    assert numbers("limit=1") == [4]
    assert numbers("method=post&limit=1") == [2]
    assert server.ask("DELETE", "/requests") == (200, {"object": "list", "data": [], "workers": 1})
    assert server.get("/requests")["data"] == []
    assert server.get()["requests"] == 4


def test_a_reset_begins_anew(start, lines):
    """Faults and scenarios are those of the start again; what is not named stays."""
    server = start(faults=[Fault("/v1/files/none", 500, name="own")])
    server.client.models.list()
    server.post("/faults", {"text": "/v1/models: 500"})
    server.post("/scenarios", {"text": "file_expired"})
    told = server.post("/reset", {"only": ["faults", "requests"]})
    assert told == {
        "object": "drytune.reset",
        "reset": ["faults", "requests"],
        "kept": ["clock"],
        "workers": 1,
    }
    assert [row["id"] for row in server.get("/faults")["data"]] == ["own"]
    assert (server.get("/requests")["data"], len(server.scenarios.items)) == ([], 1)


def test_a_reset_forgets_files_and_jobs(start, lines):
    """The time stays: it does not go backwards."""
    server = start()
    if not hasattr(server.simulator.world.store, "reset"):
        pytest.skip("the store cannot forget yet")
    server.job(lines)
    server.post("/clock", {"finish": True})
    now = server.simulator.clock.now()
    status, told = server.ask("POST", "/reset")
    assert (status, told["reset"]) == (200, ["state", "faults", "scenarios", "answers", "requests"])
    assert server.client.files.list().data == server.client.fine_tuning.jobs.list().data == []
    assert server.simulator.clock.now() == now


def test_keys_are_wanted_where_the_server_wants_keys(start):
    """The same ones."""
    server = start(profile=Profile(keys=frozenset({"sk-right"})))
    assert server.ask("GET")[0] == 401
    assert server.ask("GET", headers={"authorization": "Bearer sk-wrong"})[0] == 401
    assert server.ask("GET", headers={"authorization": "Bearer sk-right"})[0] == 200
    assert server.ask("POST", "/reset")[0] == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/faults/a/b", 404),
        ("PUT", "/clock", 405),
        ("GET", "/reset", 405),
        ("HEAD", "", 200),
    ],
)
def test_other_paths_and_methods_are_told(start, method, path, status):
    """404 and 405, in the platform's envelope."""
    assert start().ask(method, path)[0] == status


def test_everything_else_goes_to_the_platform(start):
    """Also what only looks like it."""
    server = start()
    assert server.ask("GET")[1]["object"] == "drytune"
    answer = server.handler(Request("GET", "/_drytunes", Headers({"authorization": "Bearer sk-a"})))
    assert (answer.status, "drytune's control" in answer.body.decode()) == (404, False)
    assert server.handler.blocks(Request("GET", "/_drytune/clock")) is True


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]),
    st.sampled_from(
        ["", "/", "/clock", "/faults", "/faults/1", "/scenarios", "/requests", "/requests?since=x", "/%ff"]
    ),
    st.one_of(
        st.binary(max_size=30),
        json_values.map(lambda value: json.dumps(value).encode()),
        st.dictionaries(
            st.sampled_from(["advance", "advance_to", "next", "finish"]), json_values, max_size=1
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_nothing_that_is_asked_is_an_error_of_ours(method, path, body):
    """Whatever is sent, it is an answer or a refusal."""
    simulator = Simulator(clock=ManualClock())
    answer = controlled(simulator, simulator)(Request(method, f"/_drytune{path}", Headers(), body))
    simulator.close()
    assert isinstance(answer, Response)
    assert answer.status < 500
    assert json.loads(answer.body)


def test_a_database_that_does_not_answer_is_told(start, tmp_path, monkeypatch, caplog):
    """By the platform and by the control API, in the table's words; the log has a line for each, no traceback."""
    server = start(store=Store(tmp_path))
    server.client.models.list()

    def away(*arguments):
        raise StoreError("the database is away")

    for name in ("read", "writing"):
        monkeypatch.setattr(server.simulator.world.store._session._database, name, away)
    for path in ("/v1/files", "/v1/fine_tuning/jobs", "/_drytune", "/_drytune/clock"):
        answer = server.handler(Request("GET", path, Headers({"authorization": "Bearer sk-test"}), b""))
        told = json.loads(answer.body)["error"]
        assert (answer.status, told["code"]) == (503, "state_unavailable")
        assert told["message"] == "drytune cannot read or write its state: the database is away"
    assert server.ask("POST", "/clock", {"advance": "1h"})[0] == server.ask("POST", "/reset")[0] == 503
    assert len(caplog.records) == 6
    assert not any(record.exc_info for record in caplog.records)
    monkeypatch.undo()
    assert [entry["status"] for entry in server.get("/requests")["data"]] == [200, 503, 503]


def test_of_several_workers_one_is_not_changed_alone(start, lines):
    """Faults, scenarios and requests are each worker's own; the state and the clock are shared."""
    server = start(faults=[Fault("/v1/models", 500, name="own", nth=2)], workers=3)
    server.client.models.list()
    server.job(lines)
    for method, path, body in (
        ("POST", "/faults", {"text": "/v1/models: 500"}),
        ("PUT", "/faults", []),
        ("DELETE", "/faults", None),
        ("DELETE", "/faults/own", None),
        ("POST", "/scenarios", {"text": "file_expired"}),
        ("DELETE", "/requests", None),
        ("POST", "/reset", {"only": ["state", "faults"]}),
        ("POST", "/reset", {"only": ["requests"]}),
    ):
        status, told = server.ask(method, path, body)
        assert (status, told["error"]["code"]) == (409, "several_workers")
        assert "has 3 worker processes" in told["error"]["message"]
        assert "--workers 1" in told["error"]["message"]
    assert [server.get(path)["workers"] for path in ("", "/faults", "/scenarios", "/requests")] == [3] * 4
    assert [row["id"] for row in server.get("/faults")["data"]] == ["own"]
    assert len(server.get("/requests")["data"]) == 3
    assert len(server.client.files.list().data) == 1
    assert server.post("/reset", {})["reset"] == ["state"]
    assert server.client.files.list().data == []
