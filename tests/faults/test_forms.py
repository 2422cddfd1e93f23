"""A fault is written in Python, as a table of TOML or JSON, or as a line of text: one typed form."""

import json
import string

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.faults import (
    Fault,
    FaultError,
    ScenarioRule,
    duration,
    fault_of,
    load,
    loads,
    parse,
    parse_scenario,
    rule_of,
)
from drytune_simulator.faults.fault import ERRORS, WHAT
from drytune_simulator.training import SCENARIOS

LINES = {
    "POST /v1/fine_tuning/jobs: 500 after, nth=1": Fault(
        "POST /v1/fine_tuning/jobs", 500, when="after", nth=1
    ),
    "/v1/files/*: rate_limited, first=2, retry-after=3s": Fault(
        "/v1/files/*", "rate_limited", first=2, retry_after=3.0
    ),
    "*: drop, probability=0.1, seed=7": Fault("*", "drop", probability=0.1, seed=7),
    "*: drop after, at=headers": Fault("*", "drop", when="after", at="headers"),
    "GET /v1/models/ft:gpt-4o:x: truncate, at=10": Fault("GET /v1/models/ft:gpt-4o:x", "truncate", at=10),
    "/v1/chat/completions: slow, delay=1500ms, tokens-per-second=20": Fault(
        "/v1/chat/completions", "slow", delay=1.5, tokens_per_second=20.0
    ),
    '*: 503, model=gpt-4o*, message="Later, please", headers.x-should-retry=false': Fault(
        "*", 503, model="gpt-4o*", message="Later, please", headers={"x-should-retry": "false"}
    ),
}


@pytest.mark.parametrize("text", LINES)
def test_a_line_of_text_is_a_fault(text):
    """A route, what goes wrong there, before or after the effect, and the rest as pairs."""
    assert parse(text) == LINES[text]


@pytest.mark.parametrize("text", LINES)
def test_a_table_is_a_fault(text):
    """The same keys, whether from TOML or from JSON; what is by default is left out."""
    table = LINES[text].table()
    assert fault_of(json.loads(json.dumps(table))) == LINES[text]
    assert None not in table.values()


def test_a_file_holds_faults_and_scenarios(tmp_path):
    """`[[fault]]` and `[[scenario]]` tables; `-` in keys is as good as `_`."""
    file = tmp_path / "faults.toml"
    file.write_text(
        """
        [[fault]]
        name = "twins"
        route = "POST /v1/fine_tuning/jobs"
        what = 500
        when = "after"
        nth = 1

        [[fault]]
        what = "rate_limited"
        model = "gpt-4o-mini*"
        retry-after = "2s"
        headers = { x-should-retry = "false" }

        [[scenario]]
        scenario = "fails_in_training"
        metadata = { team = "search" }
        """
    )
    loaded = load(file)
    assert loaded.faults == (
        Fault("POST /v1/fine_tuning/jobs", 500, name="twins", when="after", nth=1),
        Fault(
            "*", "rate_limited", model="gpt-4o-mini*", retry_after=2.0, headers={"x-should-retry": "false"}
        ),
    )
    assert loaded.scenarios == (ScenarioRule("fails_in_training", metadata={"team": "search"}),)


words = st.text(st.sampled_from(string.printable.replace("\x0b", "").replace("\x0c", "")), max_size=20)
counts = st.one_of(
    st.just({}), *(st.fixed_dictionaries({key: st.integers(1, 99)}) for key in ("nth", "first", "every"))
)
common = {
    "name": st.from_regex(r"[a-z][a-z0-9._-]{0,20}", fullmatch=True),
    "model": words,
    "times": st.integers(1, 99),
    "probability": st.floats(0, 1),
    "seed": st.integers(-(2**40), 2**40),
}
seconds = st.floats(0, 1e6)
routes = st.sampled_from(["*", "POST *", "/v1/files/*", "DELETE /v1/models/ft:gpt-4o:{x}", "/v1/**"])
errors = st.builds(
    lambda what, counts, options: Fault(what=what, **counts, **options),
    st.one_of(st.integers(400, 599), st.sampled_from(sorted(ERRORS))),
    counts,
    st.fixed_dictionaries(
        {"route": routes},
        optional={
            **common,
            "when": st.sampled_from(["before", "after"]),
            "message": words,
            "type": words,
            "code": words,
            "param": words,
            "body": words,
            "retry_after": seconds,
            "delay": seconds,
            "jitter": st.floats(0, 1),
            "headers": st.dictionaries(
                st.from_regex(r"x-[a-z]{1,9}", fullmatch=True),
                words.filter(str.isprintable).map(str.strip),
                max_size=2,
            ),
        },
    ),
)
slow = st.builds(
    lambda counts, options: Fault(what="slow", **counts, **options),
    counts,
    st.fixed_dictionaries(
        {"route": routes, "first_token": seconds},
        optional={**common, "delay": seconds, "tokens_per_second": st.floats(0.001, 1e6)},
    ),
)
broken = st.builds(
    lambda what, at, options: Fault(what=what, at=at, **options),
    st.sampled_from(["drop", "truncate"]),
    st.integers(0, 10**9),
    st.fixed_dictionaries({"route": routes}, optional=common),
)
rules = st.builds(
    lambda counts, options: ScenarioRule(**counts, **options),
    counts,
    st.fixed_dictionaries(
        {"scenario": st.sampled_from(sorted(SCENARIOS))},
        optional={
            **common,
            "suffix": words,
            "metadata": st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), words, max_size=2),
        },
    ),
)


@given(st.one_of(errors, slow, broken))
def test_any_fault_survives_both_forms(fault):
    """What is printed can be typed, and what is listed can be sent."""
    assert parse(str(fault)) == fault
    assert fault_of(msgspec.json.decode(msgspec.json.encode(fault.table()))) == fault


@given(rules)
def test_any_rule_survives_both_forms(rule):
    """As faults do."""
    assert parse_scenario(str(rule)) == rule
    assert rule_of(msgspec.json.decode(msgspec.json.encode(rule.table()))) == rule


@given(st.text(max_size=80))
def test_any_text_is_a_fault_or_a_sentence(text):
    """Never another exception."""
    for read in (parse, parse_scenario):
        try:
            read(text)
        except FaultError as error:
            sentence = str(error)
        else:
            sentence = ""
        assert "\n" not in sentence


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(Fault.__struct_fields__), json_values, max_size=4).map(
        lambda table: {"what": 500, **table}
    )
)
def test_any_table_is_a_fault_or_a_sentence(table):
    """Never another exception, whatever JSON holds."""
    try:
        fault = fault_of(table)
    except FaultError:
        return
    assert fault_of(fault.table()) == fault


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nonsense", "write ROUTE: WHAT [before|after]"),
        ("/v1/files: 500 later", 'when is "later"; it must be before or after'),
        ("/v1/files: rate_limit", "did you mean rate_limited?"),
        ("/v1/files: 200", "what is 200; a status that is an error is from 400 to 599"),
        ("files: 500", 'route is "files"; it must be a path such as /v1/files/*'),
        ("FETCH /v1/files: 500", 'route is "FETCH /v1/files"'),
        ("/v1/files: 500, nht=1", 'no key "nht"; did you mean nth?'),
        ("/v1/files: 500, nth=0", "nth is 0; it must be a whole number, 1 or more"),
        ("/v1/files: 500, nth=one", 'nth is "one"; it must be a whole number'),
        ("/v1/files: 500, nth=1, every=2", "nth and every say different things"),
        ("/v1/files: 500, nth=1, nth=2", "says nth twice"),
        ("/v1/files: 500, nth", '"nth" cannot be read; write KEY=VALUE'),
        ("/v1/files: 500, probability=2", "probability is 2.0; it must be a number from 0 to 1"),
        ("/v1/files: 500, delay=soon", '"soon" is no duration'),
        ("/v1/files: 500, at=3", "at is only for drop and truncate"),
        ("/v1/files: drop, message=x", "message is of a status error"),
        ("/v1/files: drop, at=middle", "it must be start, headers or a number of bytes"),
        ("/v1/files: truncate, at=headers", "a connection that breaks earlier is a drop"),
        ("/v1/files: slow", "slow needs at least one of delay"),
        ("/v1/files: slow before, delay=1s", "slow has no `before`"),
        ("/v1/files: 500, name=7", "with a letter"),
        ("/v1/files: 500, headers.x-a=ö", "printable ASCII"),
        ('/v1/files: 500, headers.x-a=" a"', "trimmed"),
        (
            "/v1/files: 500, headers.Content-Length=3",
            "a body that is shorter than announced is what = truncate",
        ),
        ("/v1/files: 500, headers.connection=close", "a connection that breaks is what = drop"),
        *(
            (f"/v1/files: 500, headers.{name}=x", f"{name}, which the server itself sets; leave it out")
            for name in (
                "Transfer-Encoding",
                "keep-alive",
                "upgrade",
                "te",
                "trailer",
                "date",
                "x-drytune-fault",
            )
        ),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(text, problem):
    """What is wrong, where, and what to do."""
    with pytest.raises(FaultError) as raised:
        parse(text)
    assert problem in str(raised.value)
    assert text.split(" ", maxsplit=1)[0] in str(raised.value)


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("[[fault]]\nwhat = 500\nrout = 1", '[[fault]] number 1 has no key "rout"; did you mean route?'),
        ("[[fault]]\nroute = '/v1/files'", "[[fault]] number 1 has no what"),
        ("[[fault]]\nwhat = 500\nnth = 'x'", '[[fault]] number 1: nth is "x"; it must be a whole number'),
        ("[[fault]]\nwhat = 500\nname = 'a'\nnth = -1", '[[fault]] "a": nth is -1'),
        ("[[fault]]\nwhat = 500\nheaders = 3", "headers is 3; it must be a table of text"),
        ("[fault]\nwhat = 500", "fault is a table; write each as a table of its own, under [[fault]]"),
        ("[[scenario]]\nscenario = 'fails'", 'there is no scenario "fails"'),
        ("[[scenario]]\nscenario = 'fails_in_trainin'", "did you mean fails_in_training?"),
        ("faults = 1", 'has "faults"; it may have tables [[fault]] and [[scenario]]'),
        ("[[fault]\n", "is not valid TOML"),
        ("[[fault]]\nwhat = 500\nname = 'a'\n[[fault]]\nwhat = 501\nname = 'a'", 'the name "a" is taken'),
    ],
)
def test_a_file_that_cannot_be_is_told_in_a_sentence(tmp_path, toml, problem):
    """It names the file, the table and the key."""
    file = tmp_path / "plan.toml"
    file.write_text(toml)
    with pytest.raises(FaultError) as raised:
        load(file)
    assert str(raised.value).startswith(str(file))
    assert problem in str(raised.value)


def test_a_file_that_cannot_be_read_is_told_in_a_sentence(tmp_path):
    """Not there, a directory, or no text."""
    with pytest.raises(FaultError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")
    with pytest.raises(FaultError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"# \xe4")
    with pytest.raises(FaultError, match="not in UTF-8"):
        load(tmp_path / "latin.toml")
    assert loads("") == ((), ())


def test_python_is_told_the_same():
    """The constructor looks at values, too."""
    with pytest.raises(FaultError, match="nth is 0"):
        Fault("/v1/files", 500, nth=0)
    with pytest.raises(FaultError, match="there is no scenario"):
        ScenarioRule("nonsense")


def test_everything_that_can_go_wrong_has_a_sentence():
    """For help and for lists."""
    assert all(WHAT.values())
    assert set(ERRORS) < set(WHAT)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("90s", 90),
        ("15m", 900),
        ("12h", 43_200),
        ("3d", 259_200),
        ("1h30m", 5_400),
        ("500ms", 0.5),
        ("7", 7),
        (2.5, 2.5),
    ],
)
def test_durations_are_read_as_people_write_them(written, expected):
    """Seconds, minutes, hours, days, or a number of seconds."""
    assert duration(written) == expected


@pytest.mark.parametrize(
    "written", ["", "s", "1w", "-1s", "1 h x", -1, float("nan"), float("inf"), True, None]
)
def test_what_is_no_duration_is_told(written):
    """With what is expected."""
    with pytest.raises(FaultError, match="is no duration; write seconds, or 500ms"):
        duration(written)
