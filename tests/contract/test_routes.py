"""Which operation a request means, what is said to the others, and the table of all of them."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import openai.resources
import pytest

from drytune_simulator import Headers, Request
from drytune_simulator.errors import REFUSALS
from drytune_simulator.paths import Paths, is_variable
from drytune_simulator.routes import ROUTES, documented, is_quick, match, surface
from drytune_simulator.training import DEFAULTS, EVENTS, FAILURES

KEY = {"authorization": "Bearer sk-test"}


def ask(simulator, method: str, target: str):
    return simulator(Request(method, target, Headers(KEY)))


def message(response) -> str:
    return json.loads(response.body)["error"]["message"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_is_found_with_what_its_variables_stand_for(route):
    """An id may hold anything but a slash that is not escaped."""
    values = tuple(f"a:{n}/é" for n, _ in enumerate(route.variables))
    target = re.sub(r"\{\w+\}", "{}", route.path).format(*(v.replace("/", "%2F") for v in values))
    assert match(Request(route.method, f"{target}?limit=1")) == (route, values)


def test_the_table_is_sound():
    """Names are unique, refusals are in their table, and all is documented but what the platform has retired."""
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)
    for route in ROUTES:
        assert set(route.refusals) <= set(REFUSALS), route
        assert route.summary.endswith("."), route
        undocumented = route.method not in documented().get(route.path, ())
        assert undocumented <= (route.refused or bool(route.note)), route


def _operations_of_the_sdk() -> set[tuple[str, str]]:
    """Every method and path that the installed SDK calls, with variables left unnamed."""
    root = Path(openai.resources.__file__).parent
    found = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            name = node.func.attr
            if name not in ("_get", "_post", "_delete", "_put", "_patch", "_get_api_list"):
                continue
            place = node.args[0].args[0] if isinstance(node.args[0], ast.Call) else node.args[0]
            method = name[1:].upper() if name != "_get_api_list" else "GET"
            for keyword in node.keywords:
                if keyword.arg == "method" and name == "_get_api_list":
                    method = keyword.value.value.upper()
            found.add((method, "/v1" + re.sub(r"\{\w+\}", "{}", place.value.partition("?")[0])))
    return found


def test_everything_that_the_sdk_calls_is_documented():
    """`documented.toml` knows each operation of the installed SDK; an older SDK calls fewer."""
    known = {
        (method, re.sub(r"\{\w+\}", "{}", path))
        for path, methods in documented().items()
        for method in methods
    }
    assert _operations_of_the_sdk() <= known


def test_what_is_documented_and_not_simulated_is_named(openai_simulator):
    """501, with the operation's name, and no retries."""
    operations = [one for one in surface() if one.state == "not simulated"]
    assert len(operations) > 300
    for one in operations:
        target = re.sub(r"\{\w+\}", "x-1", one.path)
        response = ask(openai_simulator, one.method, target)
        assert response.status == 501
        assert message(response).startswith(
            f"{one.method} {target} is documented by the platform but not simulated"
        )
        assert response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("PUT", "/v1/files", "GET, POST"),
        ("DELETE", "/v1/files/file-1/content", "GET"),
        ("GET", "/v1/uploads", "POST"),
        ("PATCH", "/v1/embeddings", "POST"),
        ("DELETE", "/v1/threads/runs", "POST"),
        ("DELETE", "/v1/fine-tunes", "POST"),
    ],
)
def test_another_method_is_not_allowed(openai_simulator, method, target, allowed):
    """405 as recorded (FACTS.md §6), with the methods that are documented."""
    response = ask(openai_simulator, method, target)
    assert (response.status, response.headers["allow"]) == (405, allowed)
    assert message(response).startswith(f"Not allowed to {method} on {target}. (HINT:")


@pytest.mark.parametrize(
    "target",
    [
        "/v1/foo",
        "/v1",
        "/",
        "/v1/",
        "/v1/files/",
        "/v1/files//content",
        "/v1/files/file-1/contents",
        "/v1/models/ft:a/b",
        "/v1/uploads/u/parts/p",
        "/files",
        "//v1/files",
        "/v1/embeddings/",
        "/v1/{}",
        "/v1/fine_tuning/jobs//",
    ],
)
def test_an_unknown_path_is_an_invalid_url(openai_simulator, target):
    """404 as recorded (FACTS.md §6, §4.8)."""
    response = ask(openai_simulator, "GET", target)
    assert (response.status, message(response)) == (404, f"Invalid URL (GET {target})")


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/v1/fine_tuning/jobs/", "/v1/fine_tuning/jobs"),
        ("/v1/fine_tuning/jobs/?limit=2", "/v1/fine_tuning/jobs?limit=2"),
        ("/v1/fine_tuning/jobs/a%2Fb/events/", "/v1/fine_tuning/jobs/a%2Fb/events"),
        ("http://elsewhere/v1/fine_tuning/jobs/", "/v1/fine_tuning/jobs"),
    ],
)
def test_a_slash_at_the_end_of_a_job_s_path_is_led_away(openai_simulator, target, location):
    """307 as recorded (FACTS.md §4.8), but never to another host."""
    response = ask(openai_simulator, "GET", target)
    assert (response.status, response.headers["location"]) == (307, location)


def test_a_key_is_asked_for_first(openai_simulator):
    """Who has none does not learn what is there."""
    for target in ("/v1/files", "/v1/foo", "/v1/embeddings"):
        assert openai_simulator(Request("POST", target)).status == 401


def test_fine_tunes_of_2022_are_refused_as_recorded(openai_simulator):
    """Their clients are told of the newer API (FACTS.md §4.3)."""
    body = b'{"model": "gpt-3.5-turbo", "training_file": "file-1"}'
    response = openai_simulator(Request("POST", "/v1/fine-tunes", Headers(KEY), body))
    assert response.status == 400
    assert message(response).startswith(
        "gpt-3.5-turbo can only be fine-tuned on the new fine-tuning API (`/fine_t"
    )


@pytest.mark.parametrize(
    ("method", "target", "quick"),
    [
        ("GET", "/v1/fine_tuning/jobs/ftjob-1", True),
        ("GET", "/v1/fine_tuning/jobs?limit=100", True),
        ("POST", "/v1/fine_tuning/jobs/ftjob-1/cancel", True),
        ("POST", "/v1/uploads", True),
        ("GET", "/v1/foo", True),
        ("GET", "/health", True),
        ("GET", "/openapi.json", True),
        ("PUT", "/v1/files", True),
        ("POST", "/v1/audio/speech", True),
        ("POST", "/v1/embeddings", False),
        ("POST", "/v1/files", False),
        ("GET", "/v1/files/file-1/content", False),
        ("POST", "/v1/fine_tuning/jobs", False),
        ("POST", "/v1/chat/completions", False),
        ("POST", "/v1/uploads/upload_1/parts", False),
        ("POST", "/v1/uploads/upload_1/complete", False),
        ("POST", "/v1/fine_tuning/alpha/graders/run", False),
        ("POST", "/_drytune/clock", False),
        ("GET", "", False),
        ("GET", "*", False),
    ],
)
def test_what_is_quick_may_be_answered_in_an_event_loop(method, target, quick):
    """Cheap reads, small writes and refusals."""
    assert is_quick(Request(method, target)) is quick


def test_words_come_before_variables():
    """And two patterns never mean the same path."""
    paths = Paths([("/a/{x}", 1), ("/a/b", 2), ("/a/{x}/c", 3), ("/", 4)])
    assert paths.find(("a", "z")) == (1, ("z",))
    assert paths.find(("a", "b")) == (2, ())
    assert paths.find(("a", "z", "c")) == (3, ("z",))
    assert paths.find(("",)) == (4, ())
    for segments in ((), ("a",), ("a", ""), ("a", "z", "d"), ("a", "{x}", "c", "d"), ("b",)):
        assert paths.find(segments) is None
    shapes = [tuple("{}" if is_variable(s) else s for s in path.split("/")) for path in documented()]
    assert len(set(shapes)) == len(shapes)


def test_the_command_lists_what_is_answered(drytune):
    """One operation a line, for those who grep; `--all` has the rest too."""
    lines = drytune("routes", encoding="utf-8").stdout.splitlines()
    assert len(lines) == len(ROUTES) + 1
    assert re.match(r"POST   /v1/files +simulated +Upload a file$", lines[0])
    assert lines[-1].endswith("more are documented and not simulated (501): drytune routes --all")
    everything = drytune("routes", "--all", encoding="utf-8").stdout.splitlines()
    assert len(everything) == len(surface())
    assert any(re.match(r"POST   /v1/audio/speech +not simulated$", line) for line in everything)


def test_the_command_writes_json(drytune):
    """All operations, each with its state."""
    operations = json.loads(drytune("routes", "--json", encoding="utf-8").stdout)
    assert {one["state"] for one in operations} == {"simulated", "refused", "not simulated"}
    assert len(operations) == len(surface())


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("simulator/README.md", ("routes", "--markdown")),
        ("docs/judgement.md", ("routes", "--refusals", "--markdown")),
    ],
)
def test_the_pages_have_the_tables(drytune, root, page, command):
    """Write them again with the command after a change to routes or refusals."""
    text = (root / page).read_text("utf-8")
    marker = f"<!-- written by `drytune {' '.join(command)}`; begin -->"
    marked = re.search(rf"{re.escape(marker)}\n\n(.*)\n<!-- end -->", text, re.DOTALL)
    assert marked[1] == drytune(*command, encoding="utf-8").stdout


def test_every_refusal_says_how_sure_its_words_are(drytune):
    """A grade, and where it was read."""
    rows = json.loads(drytune("routes", "--refusals", "--json", encoding="utf-8").stdout)
    assert {row["name"] for row in rows} >= {*REFUSALS, *FAILURES, *EVENTS, *DEFAULTS}
    assert all(row["grade"] in "ORUIMD" and row["source"] for row in rows)
