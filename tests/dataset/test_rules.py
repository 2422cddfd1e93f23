"""Each rule, on one flawed example among good ones: what is found, where, and how the job ends."""

import gzip
import json

import pytest

from drytune_simulator.catalog import find
from drytune_simulator.dataset import RULES, WORDINGS, Limits, judge
from drytune_simulator.dataset.facts import MAX_FINDINGS

MODEL = find("gpt-4.1-mini")
PREFIX = "The job failed due to a file format error in the training file. Invalid file format. "
GOOD = {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Meow"}]}
USER, REPLY = GOOD["messages"]
FUNCTIONS = [{"name": "look_up", "parameters": {"type": "object", "properties": {}}}]
TOOLS = [{"type": "function", "function": FUNCTIONS[0]}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}

CALLS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ANSWER = {"role": "tool", "tool_call_id": "call_1", "content": "1"}


def good(number):
    """Good rows that differ from each other."""
    names = ["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ivy", "Jo", "Kim"]
    return [chat({"role": "user", "content": f"I am {name}."}, {"role": "assistant", "content": f"Hello, {name}!"})
            for name in names[:number]]  # fmt: skip


def chat(*messages, **more):
    return {"messages": list(messages), **more}


def line(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


DOUBLING = {
    "$ref": "#/$defs/0",
    "$defs": {str(at): {"allOf": [{"$ref": f"#/$defs/{at + 1}"}] * 2} for at in range(31)} | {"31": True},
}
"""Sixty-two references, and two thousand million ways through them."""


def verdict_on(*values, before=9):
    """The verdict on some lines that come after `before` good ones."""
    return judge(b"\n".join([*map(line, good(before)), *map(line, values)]), model=MODEL)


ACCEPTED = [
    chat({"role": "system", "content": "Be a cat."}, USER, REPLY),
    chat(USER, {**REPLY, "weight": 1}, USER, {**REPLY, "weight": 0}),
    chat({**USER, "name": "ann"}, {**REPLY, "name": "cat"}),
    chat(USER, {"role": "assistant", "refusal": "No."}),
    chat(
        USER,
        {"role": "assistant", "content": "Hi", "refusal": None, "tool_calls": None, "function_call": None},
    ),
    chat({**USER, "tool_calls": None, "weight": None, "name": None}, REPLY),
    chat(
        USER,
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "1"},
        REPLY,
        tools=TOOLS,
    ),
    chat(
        USER,
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        tools=TOOLS,
        parallel_tool_calls=False,
    ),
    chat(
        USER, {"role": "assistant", "content": None, "function_call": CALL["function"]}, functions=FUNCTIONS
    ),
    chat(
        USER,
        {"role": "assistant", "function_call": CALL["function"]},
        {"role": "function", "name": "look_up", "content": None},
        REPLY,
        functions=FUNCTIONS,
    ),
    chat(USER, REPLY, tools=[{"type": "function", "function": {"name": "look_up", "parameters": {}}}]),
    chat(USER, REPLY, functions=[{"name": "look_up", "description": "x"}], tools=None),
    chat({"role": "user", "content": [{"type": "text", "text": "Hi"}]}, REPLY),
    chat(USER, {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}),
    chat({"role": "user", "content": "<|endoftext>| <im_start> < | >"}, REPLY),
    chat(USER, CALLS, {**ANSWER, "content": ""}, REPLY, tools=TOOLS),
    chat({"role": "user", "content": "\u200bHi"}, {"role": "assistant", "content": "👩\u200d🚀"}),
]


@pytest.mark.parametrize("example", ACCEPTED)
def test_accepted(example):
    """What the formats allow has no finding, and the job succeeds."""
    verdict = verdict_on(example)
    assert (verdict.findings, verdict.job_failure) == ((), None)


# (flawed line, code, pointer, what the job says after the prefix)
REFUSED = [
    # an example as a whole
    (chat(USER, REPLY, weight=1), "unknown-key", "/weight", 'Example 10 contains an extra "weight".'),
    (chat(USER, REPLY, **{"a/~": 1}), "unknown-key", "/a~1~0", 'Example 10 contains an extra "a/~".'),
    ({"tools": []}, "missing-messages", "", "Example 10 is missing key 'messages'"),
    ({"messages": "hi"}, "messages-not-list", "/messages",
     'Example 10, key "messages": value is not a valid list'),
    ({"messages": []}, "empty-messages", "/messages",
     'Example 10, key "messages": ensure this value has at least 1 items'),
    (chat(USER), "missing-assistant", "/messages",
     'Example 10, key "messages": At least one message must be from the assistant.'),
    (chat(USER, REPLY, tools={}), "malformed-tools", "/tools", None),
    (chat(USER, REPLY, tools=[{"type": "function"}]), "malformed-tools", "/tools/0", None),
    (chat(USER, REPLY, functions=[]), "malformed-functions", "/functions", None),
    (chat(USER, REPLY, functions=[{"name": ""}]), "malformed-functions", "/functions/0", None),
    (chat(USER, REPLY, parallel_tool_calls="yes"), "wrong-parallel-tool-calls", "/parallel_tool_calls", None),
    # a message
    (chat(USER, REPLY, "hi"), "message-not-object", "/messages/2",
     "Example 10, message 3 value is not a valid dict"),
    (chat({"content": "x"}, REPLY), "missing-role", "/messages/0",
     "Example 10, message 1 Discriminator 'role' is missing in value"),
    (chat(USER, {"role": "bot", "content": "x"}, REPLY), "unknown-role", "/messages/1/role",
     ("Example 10, message 2 No match for discriminator 'role' and value 'bot' "
      "(allowed values: 'system', 'user', 'assistant', 'tool', 'function')")),
    (chat({"role": None, "content": "x"}, REPLY), "unknown-role", "/messages/0/role", None),
    (chat({**USER, "mood": 1}, REPLY), "unknown-message-key", "/messages/0/mood",
     'Example 10, message 1 contains an extra "mood".'),
    (chat({**USER, "tool_calls": [CALL]}, REPLY), "unknown-message-key", "/messages/0/tool_calls", None),
    (chat(USER, REPLY, {"role": "tool", "content": "1"}), "missing-message-key", "/messages/2", None),
    (chat(USER, REPLY, {"role": "function", "content": "1"}), "missing-message-key", "/messages/2", None),
    (chat({**USER, "name": 5}, REPLY), "wrong-type", "/messages/0/name", None),
    (chat(USER, {**REPLY, "weight": 0.5}), "wrong-weight", "/messages/1/weight", None),
    (chat(USER, {**REPLY, "weight": True}), "wrong-weight", "/messages/1/weight", None),
    (chat(USER, {**REPLY, "weight": "1"}), "wrong-weight", "/messages/1/weight", None),
    (chat({**USER, "weight": 1}, REPLY), "misplaced-weight", "/messages/0/weight",
     'Example 10, message 1 contains an extra "weight".'),
    # what it says
    (chat({"role": "user"}, REPLY), "missing-content", "/messages/0", None),
    (chat(USER, {"role": "assistant", "content": None}), "missing-content", "/messages/1/content", None),
    (chat(USER, {"role": "assistant", "content": None, "tool_calls": []}), "missing-content",
     "/messages/1/content", None),
    (chat({"role": "user", "content": 5}, REPLY), "wrong-content", "/messages/0/content", None),
    (chat({"role": "user", "content": []}, REPLY), "wrong-content", "/messages/0/content", None),
    (chat({"role": "user", "content": ["hi"]}, REPLY), "wrong-content", "/messages/0/content/0", None),
    (chat({"role": "user", "content": [{"type": "image_url", "image_url":
            {"url": "http://a.b/c.png", "detail": 1}}]}, REPLY), "wrong-content", "/messages/0/content/0", None),
    (chat(USER, {"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}),
     "wrong-content", "/messages/1/content/0", None),
    (chat({"role": "user", "content": "a <|fim_suffix|> b"}, REPLY), "special-token", "/messages/0/content",
     "Example 10 message contains an invalid token: <|fim_suffix|>."),
    (chat(USER, {"role": "assistant", "content": [{"type": "text", "text": "<|im_end|>"}]}), "special-token",
     "/messages/1/content/0/text", "Example 10 message contains an invalid token: <|im_end|>."),
    (chat({**USER, "name": "<|endoftext|>"}, REPLY), "special-token", "/messages/0/name", None),
    (chat(USER, {"role": "assistant", "function_call": {"name": "f", "arguments": '{"a": "<|im_sep|>"}'}}),
     "special-token", "/messages/1/function_call/arguments", None),
    (b'{"messages": [{"role": "assistant", "content": "\\u003c|im_start|\\u003e"}]}',
     "special-token", "/messages/0/content", None),
    # calls
    (chat(USER, {**REPLY, "tool_calls": []}), "malformed-tool-calls", "/messages/1/tool_calls", None),
    (chat(USER, {"role": "assistant", "tool_calls": {"a": 1}}), "malformed-tool-calls",
     "/messages/1/tool_calls", None),
    (chat(USER, {"role": "assistant", "tool_calls": [{**CALL, "id": 1}]}), "malformed-tool-calls",
     "/messages/1/tool_calls/0/id", None),
    (chat(USER, {"role": "assistant", "tool_calls": [{**CALL, "type": "tool"}]}), "malformed-tool-calls",
     "/messages/1/tool_calls/0/type", None),
    (chat(USER, {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": {}}}]}),
     "malformed-tool-calls", "/messages/1/tool_calls/0/function/arguments", None),
    (chat(USER, {"role": "assistant", "function_call": {"arguments": "{}"}}), "malformed-function-call",
     "/messages/1/function_call", None),
    *[(chat(USER, {"role": "assistant", "content": None, "tool_calls": [{**CALL, "function":
            {"name": "look_up", "arguments": arguments}}]}, tools=TOOLS), "arguments-not-json",
       "/messages/1/tool_calls/0/function/arguments",
       "Example 10, message 2: the arguments of a call are not a valid JSON object")
      for arguments in ("", " ", "{oops", "[1]", '"text"', "null", '{"a": NaN}')],
    (chat(USER, {"role": "assistant", "function_call": {"name": "look_up", "arguments": "{"}},
          functions=FUNCTIONS),
     "arguments-not-json", "/messages/1/function_call/arguments", None),
    # conversations
    (chat(USER, {"role": "assistant", "tool_calls": [CALL]}, REPLY, tools=TOOLS), "tool-call-unanswered",
     "/messages/1/tool_calls/0/id", None),
    (chat(USER, REPLY, {"role": "tool", "tool_call_id": "nope", "content": "1"}, REPLY), "tool-answer-unasked",
     "/messages/2/tool_call_id", None),
    (chat(USER, CALLS, ANSWER, ANSWER, REPLY, tools=TOOLS), "tool-answer-unasked",
     "/messages/3/tool_call_id", None),
    (chat(USER, CALLS, ANSWER, REPLY, ANSWER, REPLY, tools=TOOLS), "tool-answer-unasked",
     "/messages/4/tool_call_id", None),
    (chat(USER, ANSWER, CALLS, ANSWER, REPLY, tools=TOOLS), "tool-answer-unasked",
     "/messages/1/tool_call_id", None),
    # lines
    (b'{"messages": [}', "invalid-json", "", None),
    (b"[1]", "top-level-array", "", "Example 10 is not a dictionary"),
    (b'{"messages": []},', "trailing-comma", "", None),
    (b'{"messages": [1, ]}', "trailing-comma", "", None),
    (b'{"a": "\0"}', "nul-byte", "", None),
    (b'"text"', "not-an-object", "", None),
    (b'{"messages": "\xff"}', "not-utf8", "", None),
    (b"[" * 1000, "too-deep", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("flawed", "code", "pointer", "says"), REFUSED)
def test_refused(flawed, code, pointer, says):
    """A flaw is one error with its place, and the job fails with the platform's words."""
    verdict = verdict_on(flawed)
    (finding,) = [finding for finding in verdict.findings if finding.severity == "error"]
    assert (finding.code, finding.line, finding.pointer) == (code, 10, pointer)
    assert finding.message
    assert finding.hint
    assert verdict.job_failure.code == "invalid_file_format"
    assert verdict.job_failure.param == "training_file"
    if says is not None:
        assert verdict.job_failure.message == PREFIX + says
    assert verdict.job_failure.message.startswith(PREFIX + "Example 10")


@pytest.mark.parametrize(
    ("data", "code", "at", "severity"),
    [
        (line(chat(USER, REPLY)) + b"\n \t", "blank-line", 10, "warning"),
        (line(chat({"role": "developer", "content": "x"}, USER, REPLY)), "developer-role", 9, "warning"),
        (line(chat({"role": "user", "content": "cat " * 70_000}, REPLY)), "example-truncated", 9, "warning"),
    ],
)  # fmt: skip
def test_notes(data, code, at, severity):
    """What stops nothing is said, and the job succeeds."""
    verdict = judge(b"\n".join([*map(line, good(8)), data, *map(line, good(11)[8:])]), model=MODEL)
    (finding,) = [finding for finding in verdict.findings if finding.code != "skewed-lengths"]
    assert (finding.code, finding.line, finding.severity) == (code, at, severity)
    assert verdict.ok
    assert verdict.job_failure is None


WARNED = [
    (chat(USER, {"role": "assistant", "content": "\u200b"}), "whitespace-content", "/messages/1/content"),
    (chat({"role": "user", "content": " \ufeff\u2060\xad\n"}, REPLY), "whitespace-content", "/messages/0/content"),
    # the half is low and comes after a backslash of the text, or high and before one
    (line(chat(USER, REPLY)).replace(b"Meow", b"\\ud83d\\\\\\ude00"), "lone-surrogate", ""),
    (line(chat(USER, REPLY)).replace(b"Meow", b"\\\\\\ud83d"), "lone-surrogate", ""),
    (line(chat(USER, REPLY, tools=[1])).replace(b"[1]", b'[{"type": "function", "function": {"name": "f", '
          b'"x": ' + b"9" * 5000 + b', "parameters": {"type": "object", "type": "object"}}}]'),
     "duplicate-key", "/tools/0/function/parameters/type"),
    (chat(USER, CALLS, tools=[{"type": "function", "function": {"name": "look_up", "parameters": DOUBLING}}]),
     "invalid-tool-schema", "/tools/0/function/parameters"),
]  # fmt: skip


@pytest.mark.parametrize(("flawed", "code", "pointer"), WARNED)
def test_warned(flawed, code, pointer):
    """A flaw that stops nothing is one warning with its place."""
    verdict = verdict_on(flawed)
    found = [(one.code, one.line, one.pointer) for one in verdict.findings if one.code != "skewed-lengths"]
    assert found == [(code, 10, pointer)]
    assert verdict.job_failure is None


def test_surrogate_pairs_are_whole_characters():
    """Whatever backslashes stand around them."""
    whole = line(chat(USER, REPLY)).replace(b"Meow", b"\\ud83d\\ude00\\\\ud83d\\\\\\ud83d\\uDE00")
    assert verdict_on(whole).findings == ()


@pytest.mark.parametrize(("depth", "faults"), [(3, 1), (40, 0)], ids=["checked", "not checked"])
def test_schemas_that_refer_to_themselves_are_checked_as_deep_as_time_allows(depth, faults):
    """Each level of arguments would double the time."""
    node = {"properties": {"x": {"$ref": "#/$defs/node"}}, "required": ["y"]}
    schema = {"$ref": "#/$defs/node", "$defs": {"node": {"anyOf": [node, node]}}}
    arguments = '{"x": ' * depth + "{}" + "}" * depth
    call = {**CALL, "function": {"name": "look_up", "arguments": arguments}}
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": schema}}]
    verdict = verdict_on(chat(USER, {**CALLS, "tool_calls": [call]}, tools=tools))
    codes = [one.code for one in verdict.findings if one.code != "skewed-lengths"]
    assert codes == ["arguments-mismatch"] * faults


def test_answers_are_looked_for_once():
    """Two calls of one id want two answers; their being alike is another finding."""
    twice = chat(USER, {**CALLS, "tool_calls": [CALL, CALL]}, ANSWER, ANSWER, REPLY, tools=TOOLS)
    codes = {one.code for one in verdict_on(twice).findings}
    assert "duplicate-call-id" in codes
    assert "tool-answer-unasked" not in codes


@pytest.mark.parametrize(
    "flawed",
    [
        b',"' + b'\\"' * 300_000,
        chat(USER, *[CALLS, ANSWER] * 5_000, REPLY),
        chat(USER, {**CALLS, "tool_calls": [CALL] * 5_000},
             functions=[{"name": f"f{number}"} for number in range(128)]),
        chat(USER, {**CALLS, "tool_calls": [{**CALL, "id": f"c{number}"} for number in range(5_000)]},
             tools=[{"type": "function", "function": {"name": "look_up", "parameters":
                    {"properties": {f"p{number}": {"type": "string"} for number in range(2_000)}}}}]),
    ],
    ids=["quotes", "many calls", "undeclared", "a large schema"],
)  # fmt: skip
def test_what_is_long_takes_no_longer_than_its_length(flawed):
    """It would not end, in the time of a test, if it took the square of it."""
    assert verdict_on(flawed).facts.lines == 10


@pytest.mark.parametrize(
    ("tools", "pointer"),
    [
        (["my tool!"], "/tools/0/function/name"),
        (["f" * 65], "/tools/0/function/name"),
        ([f"f{n}" for n in range(129)], "/tools"),
    ],
)
def test_tools_that_the_chat_endpoint_would_refuse(tools, pointer):
    """The job succeeds, and the tuned model could not be asked as it was trained."""
    named = [{"type": "function", "function": {"name": name}} for name in tools]
    verdict = verdict_on(chat(USER, REPLY, tools=named))
    (finding,) = [found for found in verdict.findings if found.code != "skewed-lengths"]
    assert (finding.code, finding.severity, finding.line) == ("tool-not-callable", "warning", 10)
    assert (finding.pointer, finding.effect, verdict.job_failure) == (pointer, "harmful", None)


def test_images_are_counted_and_not_trained_everywhere():
    """The vision guide names gpt-4o-2024-08-06 only (FACTS.md §1.4); what is on a server counts as a range."""
    url = {"url": "https://example.com/cat.png"}
    picture = chat({"role": "user", "content": [{"type": "image_url", "image_url": url}]}, REPLY)
    data = b"\n".join([*map(line, good(8)), line(picture), *map(line, good(11)[8:])])
    for model, codes in {
        "gpt-4o-2024-08-06": ["image-unseen"],
        "gpt-4o-mini": ["images-not-trained", "image-unseen"],
    }.items():
        verdict = judge(data, model=find(model))
        found = [
            (finding.code, finding.line) for finding in verdict.findings if finding.code != "skewed-lengths"
        ]
        assert found == [(code, 9) for code in codes]
        assert verdict.ok
        assert verdict.tokens.low < verdict.tokens.high == verdict.tokens.billed


def test_byte_order_mark():
    """A byte order mark is a warning, and the first line is read without it."""
    verdict = judge(b"\xef\xbb\xbf" + b"\n".join(map(line, good(10))), model=MODEL)
    assert [(finding.code, finding.line) for finding in verdict.findings] == [("byte-order-mark", 1)]
    assert verdict.examples == 10


def test_a_line_that_is_too_long(monkeypatch):
    """A line over the limit is passed over and told by its length; the other lines are read."""
    data = b"\n".join(map(line, good(10))) + b'\n{"messages": "' + b"x" * (161 * 2**20)
    verdict = judge(data, model=MODEL)
    assert [(finding.code, finding.line) for finding in verdict.findings] == [("line-too-long", 11)]
    assert verdict.examples == 10


def test_prompt_and_completion_among_chat_examples():
    """A line of another form is one finding, whatever else would be wrong with it; the job names what it lacks."""
    verdict = verdict_on({"prompt": "a", "completion": "b"})
    assert [finding.code for finding in verdict.findings] == ["mixed-formats"]
    assert verdict.job_failure.message == PREFIX + "Example 10 is missing key 'messages'"


def test_all_errors_in_one_pass():
    """One pass finds the errors of all lines, several of a line too; the job names the first alone."""
    verdict = verdict_on(chat({"role": "bot"}, "x", mood=1), b"{", chat(USER))
    found = [(finding.line, finding.code) for finding in verdict.findings]
    assert found == [
        (10, "unknown-key"),
        (10, "unknown-role"),
        (10, "missing-content"),
        (10, "message-not-object"),
        (10, "missing-assistant"),
        (11, "invalid-json"),
        (12, "missing-assistant"),
    ]
    assert verdict.job_failure.message == PREFIX + 'Example 10 contains an extra "mood".'


def test_severities_follow_from_effects():
    """An error is what the platform refuses; each rule says what it demands and how it knows."""
    for rule in RULES.values():
        refused = rule.effect in {"refused-at-upload", "job-fails"}
        assert refused == (rule.severity == "error") or rule.code == "over-budget"
        assert rule.summary.endswith(".") or rule.summary
        assert rule.source or rule.effect == "none"


def test_every_wording_is_of_a_rule():
    """And every rule of a line that makes a job fail has one."""
    assert WORDINGS.keys() <= RULES.keys()
    of_lines = {rule.code for rule in RULES.values() if rule.severity == "error" and rule.scope not in
                {"file", "whole", "calendar"}}  # fmt: skip
    assert of_lines <= WORDINGS.keys()


def test_limits_may_be_those_of_another_vendor():
    """512 MB at the platform; here the limit is lowered to the size of the file, and to less."""
    data = b"\n".join(map(line, good(10)))
    assert judge(data, model=MODEL, limits=Limits(file_bytes=len(data))).ok
    verdict = judge(data, model=MODEL, limits=Limits(file_bytes=len(data) - 1))
    assert [finding.code for finding in verdict.findings] == ["file-too-large"]
    assert not verdict.accepted


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("\n".join(['{"a": 1}'] * 3).encode("utf-32"), "UTF-32"),
        ("\n".join(['{"a": 1}'] * 3).encode("utf-32-le"), "UTF-32"),
        (b"\0" * 500, "NUL"),
        (gzip.compress(line(GOOD), mtime=0), "gzip"),
        ("\n".join(['{"a": 1}'] * 3).encode("utf-16"), "UTF-16"),
        ("\n".join(['{"a": 1}'] * 3).encode("utf-16-le"), "UTF-16"),
        (b"[\n" + line(GOOD) + b"\n]", "one JSON array"),
        (b'{\n  "messages": [\n  ]\n}', "pretty-printed"),
        (b'{"a": 1}\r{"a": 2}\r', "carriage returns"),
        (b'{"a": {"b": 1}},\n{"a": 2},', "comma"),
        ('{"a": "\u00e9"}'.encode("latin-1"), "UTF-8"),
    ],
)
def test_files_in_another_form_are_recognised(data, words):
    """The hint names what the file looks like."""
    hints = [
        finding.hint
        for finding in judge(data, model=MODEL).findings
        if finding.line == 1 and finding.severity == "error"
    ]
    assert words in hints[0]


def test_a_line_with_a_million_faults_takes_its_time_but_not_for_ever():
    """So many findings of a line are looked for as are kept of a file."""
    verdict = judge(b'{"messages": [' + b'{"role":"x"},' * 100_000 + b"1]}", model=MODEL)
    assert verdict.facts.error_count == MAX_FINDINGS


def test_many_warnings_hide_no_error():
    """The cap of a line counts errors only."""
    warned = [{"role": "developer", "content": "x"}] * (MAX_FINDINGS + 1)
    data = b"\n".join([line(GOOD)] * 9 + [line(chat(*warned, {"role": "wizard", "content": "x"}, REPLY))])
    assert [finding.code for finding in judge(data, model=MODEL).findings if finding.severity == "error"] == [
        "unknown-role"
    ]


def test_a_number_that_cannot_be_written_is_called_a_number():
    """The standard's readers take 1e999 for infinity, which JSON has no word for."""
    (finding,) = [one for one in verdict_on(b"1e999").findings if one.severity == "error"]
    assert finding.message == "The line is a number; each line must be a JSON object."


@pytest.mark.parametrize(("ends", "words"), [(b"\r\n", "11 lines end"), (b"\n", "1 line ends")])
def test_carriage_returns(ends, words):
    """What is said is true of the last line too, which may end without a line feed."""
    data = ends.join(map(line, good(11))) + b"\r"
    (finding,) = [one for one in judge(data, model=MODEL).findings if one.code == "crlf"]
    assert finding.message == f"{words} with a carriage return."
