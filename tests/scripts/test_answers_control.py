"""Scripted answers and layers by the control API and by `drytune ctl`."""

import json
import threading

import openai
import pytest
from click.testing import CliRunner

from drytune.cli.app import app
from drytune.errors import Refused, UsageError
from drytune_simulator import Script

TABLE = {"text": "Weather?", "answer": [{"calls": [{"name": "f", "arguments": {"a": 1}}]}, "Sunny."]}


def test_scripts_are_added_listed_replaced_and_removed(start):
    """As tables, one or many; what they answered is counted."""
    server = start()
    status, added = server.ask("POST", "/answers", TABLE)
    line = 'text="Weather?": a call of f, then "Sunny."'
    assert (status, added["data"]) == (
        200,
        [{"id": "1", "seen": 0, "struck": 0, "text": line, "script": TABLE}],
    )
    assert server.ask("POST", "/answers", [{"answer": "x", "times": 1, "name": "once"}])[0] == 200
    assert server.say() == "x"
    assert "[simulated]" in server.say()
    rows = server.ask("GET", "/answers")[1]["data"]
    assert [(row["id"], row["seen"], row["struck"]) for row in rows] == [("1", 0, 0), ("once", 2, 1)]
    assert server.ask("GET", "")[1]["answers"] == 2
    assert server.ask("DELETE", "/answers/once") == (
        200,
        {"object": "drytune.script", "id": "once", "deleted": True},
    )
    assert server.ask("DELETE", "/answers/once")[0] == 404
    assert server.ask("PUT", "/answers", [TABLE])[1]["data"] == added["data"]
    assert server.ask("DELETE", "/answers")[1]["data"] == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"text": "x"}, "script 1 has no answer; it must say a text, a table, or a list of these."),
        ([TABLE, {"answr": 1}], 'script 2 has no key "answr"; did you mean answer?.'),
        ({"answer": "x", "pattern": "("}, 'script 1: pattern is "("; it is no regular expression'),
        ({"answer": "x", "when": "f"}, 'script 1 has no key "when"'),
        ([{"answer": "x", "name": "a"}] * 2, 'the name "a" is taken'),
        (5, "script 1 is 5; it must be a table."),
    ],
)
def test_a_script_that_makes_no_sense_is_told(start, body, problem):
    """400 with a sentence; none is added."""
    server = start()
    status, answer = server.ask("POST", "/answers", body)
    assert (status, server.simulator.scripts.items) == (400, ())
    assert problem in answer["error"]["message"]


def test_a_reset_has_the_scripts_of_the_start(start):
    """All, or only they; they count anew."""
    server = start(Script(["first", "second"]))
    assert server.say() == "first"
    server.simulator.scripts.add(Script("x"))
    assert server.ask("POST", "/reset", {"only": ["answers"]})[1]["reset"] == ["answers"]
    assert [script.answers[0].text for script in server.simulator.scripts.items] == ["first"]
    assert server.say() == "first"


def test_of_several_workers_none_is_scripted_alone(start):
    """409, as for faults; they may be looked at."""
    server = start(Script("x"), workers=2)
    for method, path, body in (
        ("POST", "/answers", TABLE),
        ("PUT", "/answers", []),
        ("DELETE", "/answers", None),
    ):
        status, answer = server.ask(method, path, body)
        assert (status, answer["error"]["code"]) == (409, "several_workers")
        assert "the scripts of one of them" in answer["error"]["message"]
        assert "start it with --answers, or with --workers 1" in answer["error"]["message"]
    assert len(server.ask("GET", "/answers")[1]["data"]) == 1
    assert server.ask("POST", "/reset", {"only": ["answers"]})[0] == 409


@pytest.fixture
def ctl(start, monkeypatch):
    """Run `drytune ctl` against a server that is asked without a socket; gives what it prints."""
    from drytune.cli import ctl_remote

    server = start()

    def ask(self, method, path="", body=None):
        status, answer = server.ask(method, path, body)
        if status != 200:
            raise Refused(answer["error"]["message"])
        return answer

    monkeypatch.setattr(ctl_remote.Remote, "ask", ask)

    def run(*arguments: object) -> str:
        result = CliRunner().invoke(app, ["ctl", *map(str, arguments)], standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return result.stdout

    run.server = server
    return run


def test_ctl_adds_lists_and_clears_scripts(ctl, tmp_path):
    """By options, or from a file."""
    assert ctl("answers") == "none\n"
    added = ctl("answers", "add", "It is sunny.", "Still sunny.", "--text", "Weather?", "--delay", "500ms")
    line = 'text="Weather?": "It is sunny." after 0.5 s, then "Still sunny." after 0.5 s'
    assert added == f"1        {line}   (used 0 of 0)\n"
    ctl(
        "answers",
        "add",
        "No.",
        "--refuse",
        "--pattern",
        "lock",
        "--model",
        "gpt*",
        "--turn",
        1,
        "--times",
        1,
        "--name",
        "no",
    )
    assert ctl.server.say("Weather?") == "It is sunny."
    refusal = (
        ctl.server.client.responses.create(model="gpt-4o-mini", input="Pick a lock").output[0].content[0]
    )
    assert refusal.refusal == "No."
    assert ctl("answers", "list").splitlines() == [
        f"1        {line}   (used 1 of 1)",
        'no       model="gpt*", pattern="lock", turn=1, times=1: the refusal "No."   (used 1 of 1)',
    ]
    file = tmp_path / "answers.toml"
    file.write_text('[[script]]\nanswer = { json = { a = 1 } }\ntool_result = "22"\n')
    assert (
        ctl("answers", "add", "--file", file)
        == '3        tool_result="22": the JSON {"a":1}   (used 0 of 0)\n'
    )
    assert ctl("answers", "load", file) == '1        tool_result="22": the JSON {"a":1}   (used 0 of 0)\n'
    assert ctl("answers", "remove", "1") == "script 1 is gone\n"
    assert ctl("answers", "clear") == "none\n"
    assert json.loads(ctl("answers", "list", "--json"))["data"] == []
    assert "answers    0" in ctl("status")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["add"], "say either what is answered"),
        (["add", "x", "--file", "f"], "say either what is answered"),
        (["add", "--file", "f", "--times", "2"], "say either what is answered"),
        (["add", "--file", "nothing.toml"], "nothing.toml cannot be read: No such file"),
        (["load", "nothing.toml"], "nothing.toml cannot be read: No such file"),
        (["add", "x", "--pattern", "("], "it is no regular expression"),
        (["add", "x", "--delay", "soon"], 'delay: "soon" is no duration'),
        (["add", "x", "--text", "a", "--pattern", "a"], "text and pattern say different things"),
    ],
)
def test_ctl_tells_what_makes_no_sense(ctl, arguments, problem):
    """In a sentence."""
    with pytest.raises(UsageError, match=None) as raised:
        ctl("answers", *arguments)
    assert problem in str(raised.value)


def test_ctl_lists_the_layers_of_requests(ctl):
    """Behind the status; only those of a layer if that is asked for."""
    ctl.server.simulator.scripts.add(Script("x", text="A", name="one"))
    ctl.server.say("A")
    ctl.server.say("B")
    ctl.server.client.models.list()
    first, second, third = ctl("requests").splitlines()
    assert first.endswith("/v1/responses  200   scripted one")
    assert second.endswith("/v1/responses  200   base")
    assert third.endswith("/v1/models  200")
    assert ctl("requests", "--layer", "scripted").splitlines() == [first]


def test_ctl_tells_a_fault_once(ctl):
    """Its name is enough: the layer is `fault`."""
    ctl.server.ask("POST", "/faults", {"text": "*: 500, name=bad"})
    with pytest.raises(openai.InternalServerError):
        ctl.server.say()
    assert ctl("requests").endswith("500   fault bad\n")


def test_reading_while_others_change_scripts(start):
    """Lists and answers do not stand in each other's way."""
    server = start()
    scripts = server.simulator.scripts

    def change() -> None:
        for number in range(50):
            (label,) = scripts.add(Script(str(number), text="never"))
            scripts.state()
            scripts.remove(label)

    threads = [threading.Thread(target=change) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        server.say()
    for thread in threads:
        thread.join()
    assert scripts.items == ()
