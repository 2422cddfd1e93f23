"""A script may answer with an error, or not at all: as a fault does, but to certain questions, in its turn."""

import openai
import pytest

from drytune_simulator import ConnectionDropped, Fail, FaultPlan, Say, Script, ScriptError, Simulator, failing
from drytune_simulator.faults import Fault
from drytune_simulator.journal import Journal, journaled
from drytune_simulator.scripts import loads, script_of

DOORS = ["chat", "respond", "complete"]


def told(response):
    import msgspec

    return msgspec.json.decode(response.body)["error"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_error_is_the_answer_at_every_door(scripted, door, stream):
    """With its status and words; headers tell whose it is."""
    world = scripted(Script(Fail("overloaded"), name="busy"))
    with pytest.raises(openai.InternalServerError) as raised:
        world.ask(door, stream=stream)
    assert raised.value.status_code == 503
    assert raised.value.body["message"] == "The engine is currently overloaded, please try again later"
    headers = raised.value.response.headers
    assert (headers["x-drytune-layer"], headers["x-drytune-script"]) == ("scripted", "busy")
    assert "x-drytune-fault" not in headers
    assert headers["x-drytune"] == "simulated"


@pytest.mark.parametrize(
    "what",
    [
        "rate_limited",
        "quota",
        "server_error",
        "overloaded",
        "slow_down",
        "bad_gateway",
        400,
        404,
        429,
        500,
        503,
    ],
)
def test_its_words_are_those_of_a_fault(what, scripted):
    """Two ways to the same error; only where it came from differs, and the number of the request."""
    world = scripted(Script(Fail(what)))
    mine = world.posted("chat")
    world.simulator.scripts.clear()
    handler, world.simulator = (
        world.simulator,
        failing(world.simulator, FaultPlan([Fault("*", what, when="after")])),
    )
    faulty = world.posted("chat")
    world.simulator = handler
    own = {"x-request-id", "x-drytune-layer", "x-drytune-script", "x-drytune-fault"}
    assert mine.status == faulty.status
    for name, value in faulty.headers.items():
        assert name in own or mine.headers[name] == value, name
    ids = [answer.headers["x-request-id"].encode() for answer in (mine, faulty)]
    assert mine.body.replace(ids[0], ids[1]) == faulty.body


def test_each_try_gets_the_next_answer(scripted, monkeypatch):
    """An SDK tries again, at once."""
    pauses = []
    monkeypatch.setattr("time.sleep", pauses.append)
    world = scripted(Script([Fail("rate_limited"), Fail(500), "Now."]))
    patient = world.client.with_options(max_retries=2)
    answer = patient.responses.create(model="gpt-4o-mini", input="Hello!")
    assert answer.output_text == "Now."
    assert [pause <= 0.001 for pause in pauses] == [True, True]
    assert world.respond().text == "Now."


def test_an_error_may_be_of_any_kind(scripted):
    """Other words, a body that is no JSON, headers, and how long to wait."""
    details = {"message": "Not today.", "type": "t", "code": "c", "param": "p"}
    world = scripted(
        Script(
            [
                Fail(418, **details, headers={"X-Should-Retry": "false"}, delay="2s"),
                Fail(429, retry_after="1m", body="<html>busy</html>"),
            ]
        )
    )
    first, second = world.posted("chat"), world.posted("chat")
    assert (first.status, first.delay, told(first)) == (418, 2.0, details)
    assert first.headers["x-should-retry"] == "false"
    assert (second.status, second.headers["retry-after"], second.body) == (429, "60", b"<html>busy</html>")
    assert second.headers["content-type"] == "text/html"


@pytest.mark.parametrize("door", DOORS)
def test_a_connection_may_break(scripted, door):
    """A client gets what its library says of it."""
    world = scripted(Script([Fail("drop"), Fail("timeout"), Fail("timeout", delay=0.1), "Now."]))
    with pytest.raises(openai.APIConnectionError) as dropped:
        world.ask(door)
    assert not isinstance(dropped.value, openai.APITimeoutError)
    with pytest.raises(openai.APITimeoutError):
        world.ask(door)
    with pytest.raises(openai.APIConnectionError):  # that breaks before the client's patience ends
        world.ask(door)
    assert world.ask(door).text == "Now."


def test_the_simulator_raises_what_breaks_the_connection(scripted):
    """It says how long nothing comes, and whose doing it is."""
    world = scripted(Script(Fail("timeout", delay="30s"), name="slow"))
    with pytest.raises(ConnectionDropped) as raised:
        world.posted("chat")
    assert raised.value.delay == 30
    assert raised.value.headers == {"x-drytune-layer": "scripted", "x-drytune-script": "slow"}
    assert world.simulator.scripts.used("slow") == 1


def test_another_voice_may_break_it_too():
    """Whatever answers before a model does."""

    class Rude:
        def say(self, question):
            raise ConnectionDropped

    simulator = Simulator(voices=[Rude()])
    from drytune import simulated

    with simulated(simulator, max_retries=0) as client, pytest.raises(openai.APIConnectionError):
        client.responses.create(model="gpt-4o-mini", input="Hello!")


def test_the_journal_tells_the_script(start):
    """Of errors and of broken connections; they are no faults."""
    server = start(Script([Fail(500), Fail("drop")], name="no"))
    for _ in range(2):
        with pytest.raises(openai.OpenAIError):
            server.say()
    rows = [(entry.status, entry.dropped, entry.layer, entry.script, entry.fault) for entry in server.journal]
    assert rows == [(500, False, "scripted", "no", None), (None, True, "scripted", "no", None)]


def test_a_connection_that_a_fault_breaks_is_told_as_before():
    """A journal knows it by its words."""

    def breaks(request):
        raise ConnectionDropped("fault 7")

    from drytune_simulator import Request

    journal = Journal()
    with pytest.raises(ConnectionDropped):
        journaled(breaks, journal)(Request("GET", "/v1/models"))
    (entry,) = journal
    assert (entry.fault, entry.layer) == ("7", "fault")


TABLE = """
[[script]]
text = "Busy?"
answer = [
    { fail = "rate_limited", retry-after = "2s" },
    { fail = 500, message = "Oh.", headers = { x-should-retry = "false" } },
    { fail = "timeout", delay = "500ms" },
    { json = { a = 1 }, checked = true },
    "Not any more.",
]
"""


def test_failures_have_a_form():
    """In TOML and in JSON; `-` is as good as `_`."""
    (script,) = loads(TABLE)
    assert script.answers == (
        Fail("rate_limited", retry_after=2.0),
        Fail(500, message="Oh.", headers={"x-should-retry": "false"}),
        Fail("timeout", delay=0.5),
        Say(json={"a": 1}, checked=True),
        Say("Not any more."),
    )
    assert script_of(script.table()).answers == script.answers
    assert str(script) == (
        'text="Busy?": the error rate_limited, then the error 500, then a timeout after 0.5 s, then the JSON '
        '{"a":1}, then "Not any more."'
    )


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (
            {"fail": "drp"},
            'answer: fail is "drp"; it must be a status from 400 to 599, or a name; did you mean drop?',
        ),
        ({"fail": "slow"}, "an answer that comes late is one with a delay"),
        ({"fail": "truncate"}, "what spoils the model's own answer is a fault"),
        (
            {"fail": 200},
            "fail is 200; it must be a status from 400 to 599, or a name; known are rate_limited,",
        ),
        ({"fail": True}, "fail is true; it must be"),
        ({"fail": [500]}, "fail is a list; it must be"),
        ({"fail": "drop", "message": "x"}, 'message is of a status error, and what is "drop"; leave it out'),
        ({"fail": 500, "headers": {"date": "x"}}, "headers has date, which the server itself sets"),
        ({"fail": 500, "delay": "soon"}, 'delay: "soon" is no duration'),
        ({"fail": 500, "code": 5}, "code is 5; it must be text"),
        ({"fail": 500, "text": "x"}, "answer has text; beside fail nothing is said"),
        ({"text": "x", "retry_after": 1}, "answer has retry_after; it belongs to an answer with fail"),
        ({"text": "x", "fial": 1}, 'answer has no key "fial"; did you mean fail?'),
        ({"text": "x", "checked": True}, "checked is of an answer with json, and this one has none"),
        ({"json": 1, "checked": "yes"}, 'checked is "yes"; it must be true or false'),
    ],
)
def test_what_is_no_failure_is_told_in_a_sentence(answer, problem):
    """At once, and with its place."""
    with pytest.raises(ScriptError) as raised:
        script_of({"answer": answer})
    assert problem in str(raised.value)


def test_failures_go_over_the_control_api(start):
    """What is listed can be added again."""
    server = start()
    table = {"answer": [{"fail": 429, "message": "Wait."}, "Go."], "times": 2}
    status, added = server.ask("POST", "/answers", table)
    assert (status, added["data"][0]["script"]) == (200, table)
    with pytest.raises(openai.RateLimitError, match=r"Wait\."):
        server.say()
    assert server.say() == "Go."


def test_a_script_may_be_changed_in_its_place():
    """It keeps its order and its name, and its counts if it says what it said, and then more."""
    scripts = Simulator(scripts=[Script("a", name="a"), Script("b", name="b")]).scripts
    assert scripts.change("a", Script(["a", "c"], name="a"))
    assert scripts.change("b", Script("d"))
    assert [str(item) for item in scripts.items] == ['anything: "a", then "c"', 'anything: "d"']
    assert not scripts.change("e", Script("x"))
    with pytest.raises(ScriptError, match='the script "a" cannot be called "b" from now on'):
        scripts.change("a", Script("x", name="b"))


def test_its_counts_go_on_where_it_only_says_more(scripted):
    """Else they begin anew."""
    world = scripted(Script(["a", "b"], name="s"))
    scripts = world.simulator.scripts
    assert [world.chat().text for _ in range(2)] == ["a", "b"]
    scripts.change("s", Script(["a", "b", "c"], name="s"))
    assert (world.chat().text, scripts.used("s")) == ("c", 3)
    scripts.change("s", Script(["d", "e"]))
    assert (scripts.used("s"), world.chat().text) == (0, "d")
    assert scripts.used("t") == 0


SCHEMA = {
    "type": "object",
    "properties": {"degrees": {"type": "number"}},
    "required": ["degrees"],
    "additionalProperties": False,
}


NAMED = {"name": "weather", "schema": SCHEMA, "strict": True}


def asked_for_json(world, door):
    """The answer to a request for that schema."""
    if door == "chat":
        return world.posted(door, response_format={"type": "json_schema", "json_schema": NAMED})
    text = {"format": {"type": "json_schema", **NAMED}}
    return world.post("/v1/responses", model="gpt-4o-mini", input="Hello!", text=text)


@pytest.mark.parametrize("door", ["chat", "respond"])
def test_json_that_is_checked_must_fit_what_is_asked_for(scripted, door):
    """Else it is refused, and the refusal names the field; without a schema, any JSON will do."""
    world = scripted(
        Script(
            [Say(json={"degrees": "hot"}, checked=True), Say(json={"degrees": 22}, checked=True)], name="w"
        )
    )
    refused = asked_for_json(world, door)
    assert (refused.status, told(refused)["type"]) == (501, "drytune_script")
    assert "'w'" in told(refused)["message"]
    assert 'degrees: "hot" is not of type "number"' in told(refused)["message"]
    assert refused.headers["x-should-retry"] == "false"
    assert asked_for_json(world, door).status == 200
    world.simulator.scripts.replace([Script(Say(json=["a"], checked=True))])
    assert world.posted(door).status == 200
    if door == "chat":
        refused = world.posted(door, "As JSON.", response_format={"type": "json_object"})
        assert "its JSON is no object" in told(refused)["message"]


@pytest.mark.parametrize("door", ["chat", "respond"])
def test_json_that_is_not_checked_is_said_as_it_is(scripted, door):
    """Whoever scripts what no model should say wants to see what becomes of it."""
    world = scripted(Script(Say(json={"degrees": "hot"})))
    assert asked_for_json(world, door).status == 200
