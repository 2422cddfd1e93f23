"""``POST /v1/fine_tuning/alpha/graders/validate``: the rules are those that decide on a reinforcement job."""

import openai
import pytest

from drytune_simulator.catalog import find
from drytune_simulator.dataset import judge

PYTHON = {"type": "python", "name": "code", "source": "def grade(sample, item):\n    return 1.0"}
MODEL = {
    "type": "score_model",
    "name": "judge",
    "model": "o4-mini-2025-04-16",
    "input": [{"role": "user", "content": "Is {{sample.output_text}} right?"}],
    "range": [0, 1],
    "pass_threshold": 0.5,
}
KINDS = "Supported values are: 'string_check', 'text_similarity', 'python', 'score_model', and 'multi'."
LABEL = {**MODEL, "type": "label_model", "labels": ["good", "bad"], "passing_labels": ["good"]}


def test_a_well_formed_grader_is_given_back(strict_graders, check, alike):
    """Whatever its type: those that drytune does not run are looked at all the same."""
    for grader in (check, alike, PYTHON, MODEL):
        answer = strict_graders.validate(grader=grader)
        assert answer.grader.to_dict() == grader


def test_graders_by_name_are_taken_though_the_specification_has_a_single_one(
    graders, strict_graders, multi, check
):
    """So does the guide have it; of the specification's form one is told that the platform refuses it."""
    assert graders.validate(grader=multi).grader.to_dict() == multi
    single = {**multi, "graders": check, "calculate_output": "same"}
    assert strict_graders.validate(grader=single).grader.to_dict() == single
    raw = graders.with_raw_response.validate(grader=single)
    assert "Invalid type for 'graders.input'" in raw.headers["x-drytune-warning"]
    assert "x-drytune-warning" not in graders.with_raw_response.validate(grader=multi).headers


def test_a_grader_without_a_name_gets_one(graders, multi):
    """As the platform does; the same grader the same one."""
    nameless = {key: value for key, value in multi.items() if key != "name"}
    nameless["graders"] = {"code": {"type": "python", "source": "x"}}
    first, again = (graders.validate(grader=nameless).grader.to_dict() for _ in range(2))
    assert first == again
    assert first["name"].startswith("grader-")
    assert len(first["name"]) == len("grader-VasDqHrerHW5")
    assert first["graders"]["code"]["name"].startswith("grader-")


@pytest.mark.parametrize(
    ("changes", "param", "message"),
    [
        ({"type": None}, "type", "Missing required parameter: 'type'."),
        ({"type": 1}, "type", "Invalid type for 'type': expected a string, but got an integer instead."),
        (
            {"type": "magic"},
            "type",
            f"Invalid value: 'magic'. {KINDS}",
        ),
        ({"input": None}, "input", "Missing required parameter: 'input'."),
        ({"input": 5}, "input", "Invalid type for 'input': expected a string, but got an integer instead."),
        ({"name": ["x"]}, "name", "Invalid type for 'name': expected a string, but got an array instead."),
        (
            {"operation": "gt"},
            "operation",
            "Invalid value: 'gt'. Supported values are: 'eq', 'ne', 'neq', 'like', and 'ilike'.",
        ),
        ({"pass_threshold": True}, "pass_threshold",
         "Invalid type for 'pass_threshold': expected a decimal, but got a boolean instead."),
    ],
)  # fmt: skip
def test_a_wrong_grader_is_refused_naming_the_field(graders, check, changes, param, message):
    """In the words in which the platform refuses any body, from the grader on."""
    with pytest.raises(openai.BadRequestError) as refusal:
        graders.validate(grader={**check, **changes})
    assert (refusal.value.param, refusal.value.body["message"]) == (param, message)


@pytest.mark.parametrize(
    ("grader", "param"),
    [
        ({"type": "multi", "graders": [], "calculate_output": "1"}, "graders"),
        ({"type": "multi", "graders": {}, "calculate_output": "1"}, "graders"),
        ({"type": "multi", "graders": {"a": 1}, "calculate_output": "1"}, "graders.a"),
        (
            {"type": "multi", "graders": {"a": {"type": "python"}}, "calculate_output": "1"},
            "graders.a.source",
        ),
        ({"type": "multi", "graders": {"a": {"type": "multi"}}, "calculate_output": "1"}, "graders.a.type"),
        ({**PYTHON, "source": "#" * 256_001}, "source"),
        ({**MODEL, "input": "Is it right?"}, "input"),
        ({**MODEL, "input": ["Is it right?"]}, "input[0]"),
        ({**MODEL, "input": [{"role": "user"}]}, "input[0].content"),
        ({**MODEL, "input": [{"role": "judge", "content": "?"}]}, "input[0].role"),
        ({**MODEL, "range": [0]}, "range"),
        (LABEL, "type"),
    ],
)
def test_every_type_has_its_own_rules(post, grader, param):
    """Nothing is nested twice, code is short, messages are messages, and a range has two ends."""
    status, body, _ = post("validate", {"grader": grader})
    assert (status, body["error"]["param"]) == (400, param)


def test_cosine_is_for_evals_only(graders, alike):
    """The reason is said."""
    with pytest.raises(openai.BadRequestError, match="only available for evals"):
        graders.validate(grader={**alike, "evaluation_metric": "cosine"})


def test_a_label_model_may_stand_in_a_multi_grader(post, multi):
    """As the specification has it, and only there."""
    status, _, _ = post(
        "validate", {"grader": {**multi, "graders": {"label": LABEL}, "calculate_output": "label"}}
    )
    assert status == 200


@pytest.mark.parametrize(
    ("formula", "warning"),
    [
        ("same +", "calculate_output: the formula ends where a number or a grader's name should be."),
        ("same + other", "calculate_output names other, which no grader is called."),
    ],
)
def test_a_formula_that_will_go_wrong_is_warned_of(graders, multi, formula, warning):
    """The grader is well-formed, and each run of it would be worth nothing."""
    raw = graders.with_raw_response.validate(grader={**multi, "calculate_output": formula})
    assert raw.headers["x-drytune-warning"] == warning


def test_what_is_refused_fails_a_job_too(post, check):
    """One rule engine: `validate`, `drytune check --grader` and a job agree."""
    rows = b'{"messages": [{"role": "user", "content": "6 times 7?"}], "answer": "42"}\n' * 10
    broken = [{**check, "operation": "gt"}, {**check, "input": 1}, {"type": "multi", "graders": {}}, {}]
    whole = [check, {key: value for key, value in check.items() if key != "name"}, PYTHON, MODEL]
    for grader in (*broken, *whole):
        status, _, _ = post("validate", {"grader": grader})
        failure = judge(rows, model=find("o4-mini"), grader=grader).job_failure
        assert (status == 400) == (failure is not None and failure.code == "invalid_grader")
        assert (status == 400) == (grader in broken)


@pytest.mark.parametrize(
    ("grader", "field"),
    [({**MODEL, "model": "gpt-nobody"}, "model"), ({**PYTHON, "image_tag": "2020-01-01"}, "image_tag")],
)
def test_judges_and_images_are_those_that_are_documented(graders, grader, field):
    """FACTS.md §4.8."""
    with pytest.raises(openai.BadRequestError) as raised:
        graders.validate(grader=grader)
    assert (raised.value.param, raised.value.code) == (field, "invalid_value")
