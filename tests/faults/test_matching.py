"""Which requests a fault strikes: laws that hold for every plan."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator import Headers, Request, Response
from drytune_simulator.faults import Fault, FaultError, FaultPlan, failing

JOBS = "/v1/fine_tuning/jobs"
calls = st.lists(
    st.sampled_from([("GET", JOBS), ("POST", JOBS), ("GET", "/v1/files/file-a"), ("POST", "/v1/files")]),
    max_size=60,
)


def ok(request: Request) -> Response:
    return Response.json({"ok": True})


def ask(method: str, path: str, body: bytes = b"") -> Request:
    return Request(method, path, Headers({"content-type": "application/json"}), body)


def strikes(plan: FaultPlan, requests) -> list[str | None]:
    """The label of the fault that strikes each request."""
    struck = [plan.strike(ask(*request)) for request in requests]
    return [None if strike is None else strike.label for strike in struck]


@given(calls, st.floats(0, 1), st.integers(), st.integers())
def test_the_same_plan_and_seed_give_the_same_strikes(requests, probability, seed, own):
    """In every process, whatever happened elsewhere."""

    def plan() -> FaultPlan:
        faults = [Fault("*", 500, probability=probability, seed=own), Fault(f"POST {JOBS}", 503, every=2)]
        return FaultPlan(faults, seed=seed)

    assert strikes(plan(), requests) == strikes(plan(), requests)


@given(calls, st.integers(1, 9))
def test_the_nth_call_is_the_nth_that_fits(requests, nth):
    """Others do not count."""
    struck = strikes(FaultPlan([Fault(f"POST {JOBS}", 500, nth=nth)]), requests)
    fitting = [number for number, request in enumerate(requests) if request == ("POST", JOBS)]
    assert [number for number, label in enumerate(struck) if label] == fitting[nth - 1 : nth]


@given(calls, st.integers(1, 9), st.integers(1, 9))
def test_first_every_and_times_pick_as_they_say(requests, count, times):
    """Of the calls that fit, the first so many, or every so manieth; and never more than `times`."""
    fitting = [number for number, request in enumerate(requests) if request[0] == "POST"]
    first = strikes(FaultPlan([Fault("POST *", 500, first=count)]), requests)
    assert [number for number, label in enumerate(first) if label] == fitting[:count]
    every = strikes(FaultPlan([Fault("POST *", 500, every=count, times=times)]), requests)
    assert [number for number, label in enumerate(every) if label] == fitting[count - 1 :: count][:times]


@given(calls)
def test_the_first_fault_that_is_due_wins_and_all_count(requests):
    """The second call is the second, though another fault has struck the first."""
    plan = FaultPlan(
        [Fault("*", 500, nth=1, name="one"), Fault("*", 503, nth=2), Fault("*", 504, name="rest")]
    )
    expected = ["one", "2", *["rest"] * len(requests)][: len(requests)]
    assert strikes(plan, requests) == expected
    assert [row["seen"] for row in plan.state()] == [len(requests)] * 3
    assert sum(row["struck"] for row in plan.state()) == len(requests)


@given(calls, st.integers())
def test_draws_do_not_depend_on_where_a_fault_stands(requests, seed):
    """Others may come and go."""
    chancy = Fault("*", 500, probability=0.5, name="chancy")
    alone = strikes(FaultPlan([chancy], seed=seed), requests)
    behind = strikes(FaultPlan([Fault("DELETE *", 400), chancy], seed=seed), requests)
    assert alone == behind


@given(calls)
def test_a_reset_begins_to_count_anew(requests):
    """And chance as well."""
    plan = FaultPlan([Fault("*", 500, nth=3), Fault("*", 500, probability=0.5)])
    before = strikes(plan, requests)
    plan.reset()
    assert strikes(plan, requests) == before


def test_a_probability_is_about_how_often_it_strikes():
    """Of a thousand calls, about three hundred."""
    struck = strikes(FaultPlan([Fault("*", 500, probability=0.3)]), [("GET", JOBS)] * 1000)
    assert 250 < sum(label is not None for label in struck) < 350
    assert strikes(FaultPlan([Fault("*", 500, probability=0)]), [("GET", JOBS)] * 100) == [None] * 100


@pytest.mark.parametrize(
    ("route", "fits", "others"),
    [
        (
            "*",
            ["GET /v1/files", "POST /v1/nonsense"],
            ["GET /health", "GET /v1/health", "GET /_drytune", "GET /"],
        ),
        ("POST *", ["POST /v1/files"], ["GET /v1/files"]),
        (
            "/v1/files/*",
            ["GET /v1/files/file-a", "DELETE /v1/files/b"],
            ["GET /v1/files", "GET /v1/files/a/content"],
        ),
        (
            "/v1/files/**",
            ["GET /v1/files", "GET /v1/files/a/content"],
            ["GET /v1/filesystem", "GET /v1/uploads"],
        ),
        ("GET /v1/files/{file_id}/content", ["GET /v1/files/a/content"], ["GET /v1/files//content"]),
        ("/v1/models/ft:gpt-4o*", ["GET /v1/models/ft%3Agpt-4o%3Ax"], ["GET /v1/models/gpt-4o"]),
        ("/health", ["GET /health"], ["GET /v1/health"]),
        ("get /v1/files", ["GET /v1/files?limit=2"], ["POST /v1/files"]),
    ],
)
def test_a_route_is_a_method_and_a_pattern(route, fits, others):
    """`*` is a segment or a part of it, `**` all that follows, and `*` alone the whole API, but not its health."""
    for request in [*fits, *others]:
        plan = FaultPlan([Fault(route, 500)])
        method, _, path = request.partition(" ")
        assert (plan.strike(ask(method, path)) is not None) == (request in fits), request


@pytest.mark.parametrize(
    ("body", "is_struck"),
    [
        (b'{"model": "gpt-4o-mini", "messages": []}', True),
        (b' \n{"messages": [], "model": "gpt-4o-mini-2024-07-18"}', True),
        (b'{"model": "gpt-4.1"}', False),
        (b'{"model": 3}', False),
        (b'{"model": ', False),
        (b"[]", False),
        (b"", False),
        (b'{"model": "\xff"}', False),
    ],
)
def test_a_fault_may_be_about_a_model(body, is_struck):
    """That the body names; what is no JSON names none."""
    plan = FaultPlan([Fault("*", 500, model="gpt-4o-mini*")])
    assert (plan.strike(ask("POST", "/v1/chat/completions", body)) is not None) == is_struck


def test_a_model_in_the_path_counts_as_well():
    """When a model is retrieved or deleted."""
    plan = FaultPlan([Fault("*", 500, model="ft:gpt-4o-mini*")])
    assert plan.strike(ask("DELETE", "/v1/models/ft%3Agpt-4o-mini%3Aacme")) is not None
    assert plan.strike(ask("DELETE", "/v1/models/gpt-4o")) is None


def test_a_plan_can_change_while_it_is_in_use():
    """Faults are added, taken out by name or number, and replaced."""
    plan = FaultPlan([Fault("*", 500, name="first")])
    handler = failing(ok, plan)
    assert plan.add(Fault("*", 503), Fault("*", 504)) == ["2", "3"]
    assert handler(ask("GET", JOBS)).headers["x-drytune-fault"] == "first"
    assert plan.remove("first")
    assert not plan.remove("first")
    assert handler(ask("GET", JOBS)).status == 503
    plan.replace([])
    assert handler(ask("GET", JOBS)).status == 200
    assert plan.items == ()


def test_names_are_unique_and_nothing_is_half_done():
    """A name that is taken changes nothing."""
    plan = FaultPlan([Fault("*", 500, name="one")])
    with pytest.raises(FaultError, match='the name "one" is taken'):
        plan.add(Fault("*", 503, name="two"), Fault("*", 500, name="one"))
    with pytest.raises(FaultError, match='the name "x" is taken'):
        plan.replace([Fault("*", 503, name="x"), Fault("*", 500, name="x")])
    assert [fault.name for fault in plan.items] == ["one"]


def test_threads_share_the_counts():
    """Of many calls at once, exactly `times` are struck, and none is counted twice."""
    plan = FaultPlan([Fault("*", 500, every=3, times=50)])
    handler = failing(ok, plan)
    statuses: list[int] = []

    def work() -> None:
        statuses.extend(handler(ask("GET", JOBS)).status for _ in range(100))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(500) == 50
    assert (plan.state()[0]["seen"], plan.state()[0]["struck"]) == (400, 50)
