"""A script is written in Python, as a table of TOML or as one of JSON: one typed form, and good errors."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator import Fail, Say, Script, ScriptError, Scripts, ToolCall
from drytune_simulator.scripts import load, loads, script_of

FILE = """
[[script]]
name = "sunny"
model = "ft:*"
text = "What is the weather in Paris?"
answer = "It is sunny."

[[script]]
pattern = "(?i)weather"
tool-result = "22"
turn = 2
times = 3
answer = [
    { calls = [{ name = "get_weather", arguments = { city = "Paris" } }, { name = "now" }] },
    { text = "22 degrees.", delay = "500ms" },
    { refusal = "No." },
    { json = { degrees = [22] } },
    "That is all.",
]
"""
SCRIPTS = (
    Script("It is sunny.", name="sunny", model="ft:*", text="What is the weather in Paris?"),
    Script(
        [
            Say(calls=[ToolCall("get_weather", {"city": "Paris"}), ToolCall("now")]),
            Say("22 degrees.", delay=0.5),
            Say(refusal="No."),
            Say(json={"degrees": [22]}),
            "That is all.",
        ],
        pattern="(?i)weather",
        tool_result="22",
        turn=2,
        times=3,
    ),
)


def test_a_file_holds_scripts(tmp_path):
    """`[[script]]` tables; `-` in keys is as good as `_`."""
    file = tmp_path / "answers.toml"
    file.write_text(FILE)
    assert [script.table() for script in load(file)] == [script.table() for script in SCRIPTS]


@pytest.mark.parametrize("script", SCRIPTS, ids=["one", "several"])
def test_a_table_of_json_is_a_script(script):
    """What is as by default is left out."""
    table = json.loads(json.dumps(script.table()))
    assert script_of(table).table() == table
    assert None not in table.values()


def test_a_script_is_told_in_a_line():
    """For lists."""
    assert [str(script) for script in SCRIPTS] == [
        'model="ft:*", text="What is the weather in Paris?": "It is sunny."',
        (
            'pattern="(?i)weather", turn=2, tool_result="22", times=3: a call of get_weather and a call of now, '
            'then "22 degrees." after 0.5 s, then the refusal "No.", then the JSON {"degrees":[22]}, then '
            '"That is all."'
        ),
    ]
    assert str(Script("x", when=re.compile)) == 'when=compile: "x"'


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
calls = st.builds(
    ToolCall,
    st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True),
    st.dictionaries(texts, values, max_size=3) | texts,
)
delays = st.floats(0, 1e6)
says = st.one_of(
    texts,
    st.builds(Say, texts, calls=st.lists(calls, max_size=2), delay=delays),
    st.builds(Say, refusal=texts, delay=delays),
    st.builds(Say, calls=st.lists(calls, min_size=1, max_size=2)),
    st.builds(Say, json=values, checked=st.booleans()),
    st.builds(
        Fail,
        st.integers(400, 599) | st.sampled_from(["rate_limited", "quota", "overloaded"]),
        message=st.none() | texts,
        code=st.none() | texts,
        body=st.none() | texts,
        retry_after=st.none() | delays,
        headers=st.dictionaries(st.just("x-a"), st.just("b")),
        delay=st.none() | delays,
    ),
    st.builds(Fail, st.sampled_from(["drop", "timeout"]), delay=st.none() | delays),
)
scripts = st.builds(
    lambda answer, told: Script(answer, **told),
    says | st.lists(says, min_size=1, max_size=3),
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.from_regex(r"[a-z][a-z0-9._-]{0,20}", fullmatch=True),
            "model": texts,
            "text": texts,
            "turn": st.integers(1, 99),
            "tool_result": texts,
            "times": st.integers(1, 99),
        },
    ),
)


@given(scripts)
def test_every_script_has_a_table_that_is_that_script(script):
    """What the control API lists can be added again."""
    table = json.loads(json.dumps(script.table()))
    assert script_of(table).table() == table
    assert script_of(table).answers == script_of(script.table()).answers
    assert "\n" not in str(script)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Script(5), "answer is 5; it must be a text, an answer, or a list of them"),
        (lambda: Script([]), "answer is an empty list"),
        (lambda: Script(["a", None]), "answer is null"),
        (lambda: Script("x", turn=0), "turn is 0; it must be a whole number, 1 or more"),
        (lambda: Script("x", times=True), "times is true; it must be a whole number, 1 or more"),
        (lambda: Script("x", text=1), "text is 1; it must be text"),
        (lambda: Script("x", name="1"), 'name is "1"; it must be of letters, digits'),
        (
            lambda: Script("x", text="a", pattern="a"),
            "text and pattern say different things of the same message",
        ),
        (
            lambda: Script("x", pattern="(a"),
            'pattern is "(a"; it is no regular expression (missing ), unterminated',
        ),
        (lambda: Script("x", pattern="(?<=a)b"), "it must do without look-arounds, backward references"),
        (lambda: Script("x", pattern=r"(a)\1"), "put anything else in `when`"),
        (lambda: Script("x", pattern="a{1000000}"), "very many repetitions"),
        (lambda: Script("x", pattern="a" * 1001), "pattern has 1001 characters; at most 1000 may be"),
        (lambda: Script("x", when="now"), 'when is "now"; it must be a function of a question'),
        (Say, "an answer needs one of text, refusal, calls and json"),
        (lambda: Say("a", json=1), "text and json cannot be said at once; keep one of them"),
        (lambda: Say(refusal="a", calls=[ToolCall("f")]), "refusal and calls cannot be said at once"),
        (lambda: Say(json={1, 2}), "json cannot be written as JSON (Object of type set"),
        (lambda: Say(json=float("nan")), "json cannot be written as JSON (Out of range float"),
        (lambda: Say("x", delay="soon"), 'delay: "soon" is no duration; write seconds, or 500ms'),
        (lambda: Say("x", delay=-1), "delay: -1 is no duration"),
        (lambda: Say(calls="f"), 'calls is "f"; it must be a list of calls'),
        (lambda: Say(calls=["f"]), 'calls has "f"; each must be a call'),
        (lambda: ToolCall("a b"), 'the call\'s name is "a b"; it must be of letters'),
        (lambda: ToolCall("a" * 65), "at most 64"),
        (lambda: ToolCall("f", [1]), "the call's arguments are a list; they must be a table, or a text"),
        (lambda: ToolCall("f", {"a": {1}}), "the call's arguments cannot be written as JSON"),
        (lambda: Scripts([Script("x", name="a"), Script("y", name="a")]), 'the name "a" is taken'),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(make, problem):
    """At once, not when it is asked."""
    with pytest.raises(ScriptError) as raised:
        make()
    assert problem in str(raised.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[[script]]",
            "F: [[script]] number 1 has no answer; it must say a text, a table, or a list of these",
        ),
        ('[[script]]\nname = "a"\nanswr = "x"', 'F: [[script]] "a" has no key "answr"; did you mean answer?'),
        (
            '[[script]]\nanswer = "x"\nturn = "2"',
            'F: [[script]] number 1: turn is "2"; it must be a whole number',
        ),
        (
            "[[script]]\nanswer = ['a', { txt = 'x' }]",
            'F: [[script]] number 1: answer 2 has no key "txt"; did you mean text?',
        ),
        ("[[script]]\nanswer = { text = 1 }", "F: [[script]] number 1: answer: text is 1; it must be text"),
        (
            "[[script]]\nanswer = 1",
            "F: [[script]] number 1: answer is 1; it must be a text, a table, or a list",
        ),
        (
            "[[script]]\nanswer = { calls = [{ name = 'f' }, { arguments = '' }] }",
            "F: [[script]] number 1: answer: call 2 has no name; it must say that of the function",
        ),
        (
            "[[script]]\nanswer = { calls = 'f' }",
            'F: [[script]] number 1: answer: calls is "f"; it must be a list',
        ),
        ("[[script]]\nanswer = { json = 2020-01-01 }", "json cannot be written as JSON"),
        ("[[script]]\nanswer = 'x'\nwhen = 'y'", 'has no key "when"'),
        ("[[script]]\nanswer = 'x'\ntool-result = '1'\ntool_result = '2'", "says tool_result twice"),
        ("[[fault]]\nwhat = 500", 'F has "fault"; it may have tables [[script]], and nothing else'),
        (
            "[script]\nanswer = 'x'",
            "F: script is a table; write each as a table of its own, under [[script]]",
        ),
        ("script = [1]", "F: [[script]] number 1 is 1; it must be a table"),
        ("[[script", "F is not valid TOML"),
        ("[[script]]\nanswer='x'\nname='a'\n[[script]]\nanswer='y'\nname='a'", 'F: the name "a" is taken'),
    ],
)
def test_a_bad_file_is_told_with_its_place(text, problem):
    """File, table and key."""
    with pytest.raises(ScriptError) as raised:
        loads(text, "F")
    assert problem in str(raised.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    """Not there, or not in UTF-8."""
    with pytest.raises(ScriptError, match="cannot be read: No such file"):
        load(tmp_path / "nothing.toml")
    (tmp_path / "latin.toml").write_bytes("é".encode("latin-1"))
    with pytest.raises(ScriptError, match="save it in UTF-8"):
        load(tmp_path / "latin.toml")


def test_no_text_makes_a_pattern_slow(scripted):
    """`re` would take years for this one."""
    world = scripted(Script("x", pattern=r"^(\w+\s?)*$"), Script("y", pattern="^(a+)+$"))
    assert world.chat("a" * 50_000 + "!").layer == "base"
    assert world.chat("a" * 50_000).text == "x"


def test_lone_surrogates_do_no_harm(scripted):
    """Python strings may hold them; no answer does."""
    world = scripted(Script("\ud800 cat", pattern="\ud800|cat$"))
    assert world.chat("cat").text == "\ufffd cat"
    assert world.respond("cat").text == "\ufffd cat"
