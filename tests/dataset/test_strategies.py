"""Laws of the strategies: what they call good is accepted, and each flaw is found where it is."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from drytune.testing.strategies import (
    Flawed,
    chat_examples,
    completion_examples,
    datasets,
    flawed_datasets,
    flaws,
    preference_examples,
    reinforcement_examples,
    texts,
    tool_conversations,
)
from drytune_simulator.catalog import find
from drytune_simulator.dataset import RULES, judge

NOT_ABOUT_BYTES = {
    "model-retired",
    "model-retiring",
    "training-closed",
    "platform-closing",
    "price-not-yet-valid",
    "over-budget",
}
FORMS = {
    "chat": "gpt-4.1-mini",
    "preference": "gpt-4.1-mini",
    "reinforcement": "o4-mini",
    "completion": "babbage-002",
}

# two rows that are drawn may happen to be nearly the same, which is a warning, and no flaw
NOTES = {code for code, rule in RULES.items() if rule.severity == "info"} | {"near-duplicate"}

law = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])


def verdict_on(data, options):
    return judge(data, **{**options, "model": find(options["model"])})


def found(data, options):
    """The places of all findings, by code."""
    places = {}
    for finding in verdict_on(data, options).findings:
        places.setdefault(finding.code, []).append((finding.line, finding.pointer))
    return places


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@settings(law, max_examples=25)
@given(st.data())
def test_good_datasets_are_accepted(form, data):
    """There is neither an error nor a warning, and the job succeeds."""
    dataset = data.draw(datasets(form))
    verdict = verdict_on(dataset, {"model": FORMS[form]})
    assert [finding for finding in verdict.findings if finding.severity != "info"] == []
    assert verdict.job_failure is None
    assert (verdict.form, verdict.examples) == (form, dataset.removesuffix(b"\n").count(b"\n") + 1)


@pytest.mark.slow
@law
@given(datasets(images=True, min_examples=11, max_examples=12))
def test_pictures_are_accepted_where_they_are_trained(dataset):
    """The model of the vision guide takes them; of remote ones only the tokens are uncertain."""
    assert found(dataset, {"model": "gpt-4o-2024-08-06"}).keys() <= NOTES
    assert dataset.removesuffix(b"\n").count(b"\n") + 1 in {11, 12}


COMPANIONS = {
    # one flaw, of which another rule has something to say too
    "missing-content": {"inconsistent-system-prompts"},  # the instructions are what is missing
    "system-not-first": {"inconsistent-system-prompts"},  # so the example does not begin with them
    "wrong-content": {"inconsistent-system-prompts"},
    "empty-file": {"too-few-examples"},
    "missing-message-key": {"tool-answer-unasked"},
    "tool-not-callable": {"undeclared-function"},
}


@pytest.mark.parametrize("code", flaws())
@law
@given(st.data())
def test_a_flaw_is_found(code, data):
    """There is one finding of the code, at that line and pointer, and no other; without the flaw there is none."""
    flawed = data.draw(flawed_datasets(code))
    places = found(flawed.data, flawed.options)
    assert places.get(code) == [(flawed.line, flawed.pointer)]
    assert places.keys() - NOTES <= {code} | COMPANIONS.get(code, set())
    assert found(flawed.good, flawed.good_options).keys() <= NOTES


def test_there_is_a_flaw_for_every_rule():
    """Save those about the model's calendar and the bill."""
    assert set(flaws()) == RULES.keys() - NOT_ABOUT_BYTES


@law
@given(flawed_datasets())
def test_any_flaw(flawed):
    """Without a rule, flaws of all kinds come."""
    assert isinstance(flawed, Flawed)
    assert flawed.code in flaws()
    assert flawed.data != flawed.good or flawed.options != flawed.good_options


# the examples, one by one


@settings(max_examples=100)
@given(texts())
def test_texts_may_stand_anywhere(text):
    """They survive JSON and UTF-8, and hold nothing that a rule is about."""
    assert json.loads(json.dumps(text).encode()) == text
    assert text.strip()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f@]|<\|", text)


@given(chat_examples(min_turns=2, max_turns=2))
def test_chat_examples_have_turns(example):
    """So many questions and replies as were asked for, the last reply with something to learn."""
    roles = [message["role"] for message in example["messages"]]
    assert roles.count("user") == roles.count("assistant") == 2
    assert example["messages"][-1].get("weight") != 0


@given(tool_conversations())
def test_calls_match_what_is_declared(example):
    """Every call is of a declared function, has arguments of its schema, and is answered or ends the example."""
    declared = {tool["function"]["name"]: tool["function"] for tool in example.get("tools", [])}
    declared |= {function["name"]: function for function in example.get("functions", [])}
    asked, answered = [], []
    for message in example["messages"]:
        calls = [(call["id"], call["function"]) for call in message.get("tool_calls", [])]
        calls += (
            [(message["function_call"]["name"], message["function_call"])]
            if "function_call" in message
            else []
        )
        for identity, call in calls:
            asked.append(identity)
            schema = declared[call["name"]].get("parameters", {})
            assert jsonschema_rs.is_valid(schema, json.loads(call["arguments"]))
        if message["role"] in {"tool", "function"}:
            answered.append(message.get("tool_call_id") or message["name"])
    assert asked
    assert len(asked) == len(set(asked))
    assert sorted(answered) == sorted(asked) or example["messages"][-1].keys() & {
        "tool_calls",
        "function_call",
    }


@pytest.mark.parametrize(("older", "key"), [(True, "functions"), (False, "tools")])
@given(st.data())
def test_the_older_functions_can_be_chosen(older, key, data):
    """Or left out."""
    assert key in data.draw(tool_conversations(older=older, max_tools=1, max_calls=1))


@given(preference_examples())
def test_preference_examples_prefer_something(example):
    """The two outputs are one message each, and differ."""
    (better,), (worse,) = example["preferred_output"], example["non_preferred_output"]
    assert better["role"] == worse["role"] == "assistant"
    assert better != worse


@given(reinforcement_examples())
def test_reinforcement_examples_end_with_the_user(example):
    """Nobody speaks as system, and there is a field for the grader."""
    roles = [message["role"] for message in example["messages"]]
    assert roles[-1] == "user"
    assert "system" not in roles
    assert example["answer"]


@given(completion_examples(max_size=3))
def test_completion_examples_are_two_texts(example):
    """Of the length that was asked for."""
    assert example.keys() == {"prompt", "completion"}
    assert all(1 <= len(text) <= 3 for text in example.values())


# arguments


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: texts(min_size=0), "min_size of at least 1 but got min_size=0"),
        (lambda: texts(min_size=5, max_size=4), "max_size=4 less than min_size=5"),
        (lambda: texts(max_size="4"), "Expected int but got max_size='4' (type=str)"),
        (lambda: chat_examples(min_turns=0), "min_turns"),
        (lambda: chat_examples(min_turns=True), "Expected int but got min_turns=True"),
        (lambda: chat_examples(images=1), "Expected bool but got images=1"),
        (lambda: tool_conversations(max_tools=0), "max_tools"),
        (lambda: tool_conversations(max_calls=0.5), "max_calls"),
        (lambda: tool_conversations(older="yes"), "older"),
        (lambda: preference_examples(max_turns=0), "max_turns"),
        (lambda: reinforcement_examples(max_turns=None), "max_turns"),
        (lambda: completion_examples(max_size=0), "max_size"),
        (lambda: datasets("dpo"), "Unknown form='dpo'"),
        (lambda: datasets("prefrence"), "the nearest is 'preference'"),
        (lambda: datasets(min_examples=9), "min_examples of at least 10 but got min_examples=9"),
        (lambda: datasets(min_examples=12, max_examples=11), "max_examples=11 less than min_examples=12"),
        (lambda: datasets(min_examples="10"), "min_examples='10'"),
        (lambda: datasets("preference", images=True), "images=True"),
        (lambda: flawed_datasets("missing-asistant"), "the nearest is 'missing-assistant'"),
        (lambda: flawed_datasets(5), "Unknown rule=5"),
        (lambda: flawed_datasets("over-budget"), "Unknown rule='over-budget'"),
    ],
)
def test_wrong_arguments_are_told_at_once(make, words):
    """By name, with what was expected, when the strategy is made."""
    with pytest.raises(InvalidArgument, match=re.escape(words)):
        make()


def test_without_hypothesis_the_extra_is_named():
    """A sentence instead of a traceback from deep within; and nothing else of drytune needs Hypothesis."""
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import drytune.testing\n"
        "from drytune.errors import MissingExtra\n"
        "try:\n    import drytune.testing.strategies\n"
        "except MissingExtra as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'drytune[hypothesis]'" in done.stdout


# what they are for: a validator of the user's own


def toy_validator(data):
    """Lines that a user's own validator refuses: no JSON object, or no message of the assistant."""
    refused = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            messages = json.loads(line, parse_constant=int)["messages"]  # int("NaN") raises: it is no JSON
            good = any(message["role"] == "assistant" for message in messages)
        except (ValueError, LookupError, TypeError):
            good = False
        if not good:
            refused.append(number)
    return refused


@law
@given(datasets())
def test_a_users_validator_takes_what_is_good(data):
    """The first law that a validator should have."""
    assert toy_validator(data) == []


@pytest.mark.parametrize("rule", ["invalid-json", "not-an-object", "missing-assistant", "messages-not-list"])
@law
@given(st.data())
def test_a_users_validator_finds_what_is_wrong(rule, data):
    """The second one, for the rules that it means to check."""
    flawed = data.draw(flawed_datasets(rule))
    assert toy_validator(flawed.data) == [flawed.line]
