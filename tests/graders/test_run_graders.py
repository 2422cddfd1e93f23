"""``POST /v1/fine_tuning/alpha/graders/run``: a reward, or a flag that says why there is none."""

import sys

import openai
import pytest


def flags(answer):
    """The errors that are set."""
    return {name for name, value in answer.metadata.errors.to_dict().items() if value is True}


@pytest.mark.parametrize(
    ("operation", "sample", "reward"),
    [
        ("eq", "Tokyo", 1.0), ("eq", "tokyo", 0.0),
        ("ne", "Tokyo", 0.0), ("neq", "tokyo", 1.0),
        ("like", "It is Tokyo.", 1.0), ("like", "It is tokyo.", 0.0), ("like", "Tok", 0.0),
        ("ilike", "It is TOKYO.", 1.0), ("ilike", "Kyoto", 0.0),
    ],
)  # fmt: skip
def test_a_string_check_is_worth_all_or_nothing(strict_graders, check, operation, sample, reward):
    """Equal, not equal, contains, and contains without regard to case."""
    grader = {**check, "operation": operation}
    answer = strict_graders.run(grader=grader, model_sample=sample, item={"answer": "Tokyo"})
    assert (answer.reward, flags(answer)) == (reward, set())


def test_what_a_run_answers(post, check):
    """All keys of a recorded answer, in its order; nothing is timed, so the same call has the same answer."""
    _, body, _ = post("run", {"grader": check, "model_sample": "Tokyo", "item": {"answer": "Tokyo"}})
    assert list(body) == ["reward", "metadata", "sub_rewards", "model_grader_token_usage_per_model"]
    assert body["sub_rewards"] == body["model_grader_token_usage_per_model"] == {}
    metadata = body["metadata"]
    errors = metadata.pop("errors")
    assert metadata == {
        "name": "same", "type": "string_check", "execution_time": 0.0, "scores": {}, "token_usage": None,
        "sampled_model_name": None,
    }  # fmt: skip
    assert not any(errors.values())
    assert len(errors) == 24


def test_a_multi_grader_calculates(strict_graders, graders, multi, check):
    """From the rewards of its graders, which it tells too; they are named, or one as in the specification."""
    answer = graders.run(grader=multi, model_sample="Tokyo!", item={"answer": "Tokyo"})
    assert answer.sub_rewards == {"same": 0.0, "alike": 1.0}
    assert (answer.reward, answer.metadata.type) == (0.5, "multi")
    single = {**multi, "graders": check, "calculate_output": "3 * same"}
    answer = strict_graders.run(grader=single, model_sample="Tokyo", item={"answer": "Tokyo"})
    assert (answer.reward, answer.sub_rewards) == (3.0, {"same": 1.0})


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{{sample.output_text}}", '{"name": "Ann", "tags": ["a", "b"], "age": 7, "ok": true}'),
        ("{{ sample.output_json.name }}", "Ann"),
        ("{{sample.output_json.tags[1]}}{{ sample . output_json . tags [ 0 ] }}", "ba"),
        ("{{sample.output_json['name']}}/{{sample.output_json.age}}/{{sample.output_json.ok}}", "Ann/7/true"),
        ("{{sample.output_json.tags}}", '["a","b"]'),
        ("{{sample.choices[0].message.role}}", "assistant"),
        ("{{item.answer.of[0].it}}", "deep"),
        ("no {variable} }} at all {{", "no {variable} }} at all {{"),
        ("{{item.odd-key}}{{item.日本}}", "12"),
    ],
)
def test_templates_are_filled_in(graders, check, template, filled):
    """From the sample as text or as JSON, and from the item; what is no text is written as JSON."""
    sample = '{"name": "Ann", "tags": ["a", "b"], "age": 7, "ok": true}'
    item = {"answer": {"of": [{"it": "deep"}]}, "odd-key": 1, "日本": 2}
    grader = {**check, "input": template, "reference": filled}
    answer = graders.run(grader=grader, model_sample=sample, item=item)
    assert (answer.reward, flags(answer)) == (1.0, set())


@pytest.mark.parametrize(
    "template",
    ["{{item.missing}}", "{{item.answer.deeper}}", "{{item.answer[0]}}", "{{item}}", "{{answer}}", "{{}}",
     "{{other.answer}}", "{{sample.output_audio.data}}", "{{sample.output_tools[0].function.name}}",
     "{{sample.output_json.b}}", "{{item.answer]}}"],
)  # fmt: skip
def test_an_unknown_variable_is_a_flag(graders, check, template):
    """The sample is worth nothing, and the details name the variable."""
    answer = graders.run(
        grader={**check, "input": template, "operation": "ne"}, model_sample='{"a": 1}', item={"answer": "x"}
    )
    assert (answer.reward, flags(answer)) == (0.0, {"invalid_variable_error"})
    name = template.strip("{} ")
    assert name in answer.metadata.errors.to_dict()["invalid_variable_error_details"]


def test_a_sample_that_should_be_json_is_a_flag(graders, check, multi):
    """A sample that cannot be read is worth nothing; a multi grader counts it as 0, and has the flag too."""
    broken = {**check, "input": "{{sample.output_json.name}}", "operation": "ne"}
    answer = graders.run(grader=broken, model_sample="Ann, I think", item={"answer": "x"})
    assert (answer.reward, flags(answer)) == (0.0, {"sample_parse_error"})
    assert answer.metadata.errors.to_dict()["sample_parse_error_details"]
    whole = {**multi, "graders": {"broken": broken, "fine": check}, "calculate_output": "broken + fine / 2"}
    answer = graders.run(grader=whole, model_sample="x", item={"answer": "x"})
    assert (answer.reward, flags(answer)) == (0.5, {"sample_parse_error"})
    assert answer.sub_rewards == {"broken": 0.0, "fine": 1.0}


@pytest.mark.parametrize(
    ("formula", "flag", "reason"),
    [
        ("same +", "formula_parse_error", "ends where a number"),
        ("__import__(same)", "formula_parse_error", "no function '__import__'"),
        ("same.real", "formula_parse_error", "'.'"),
        ("other", "invalid_variable_error", "names other"),
        ("1 / (same - 1)", "other_error", "division by zero"),
        ("9 ^ 9 ^ 9 ^ 9", "other_error", "cannot be calculated"),
        ("(0 - 8) ^ 0.5", "other_error", "negative number"),
    ],
)
def test_a_formula_that_goes_wrong_is_a_flag(graders, multi, formula, flag, reason):
    """drytune says why in a header of its own."""
    raw = graders.with_raw_response.run(
        grader={**multi, "calculate_output": formula}, model_sample="x", item={"answer": "x"}
    )
    answer = raw.parse()
    assert (answer.reward, flags(answer)) == (0.0, {flag})
    assert reason in raw.headers["x-drytune-reason"]


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("kind", ["python", "score_model"])
def test_graders_that_need_code_or_a_model_are_refused(openai_client, multi, kind, inside):
    """Well-formed as they are: 501, with the reason and what to do instead."""
    grader = {
        "python": {"type": "python", "name": "code", "source": "def grade(sample, item): return 1.0"},
        "score_model": {"type": "score_model", "name": "judge", "model": "o4-mini", "input": []},
    }[kind]
    if inside:
        grader = {**multi, "graders": {"judge": grader}, "calculate_output": "judge"}
    graders = openai_client.fine_tuning.alpha.graders
    graders.validate(grader=grader)
    with pytest.raises(openai.InternalServerError, match=f"A {kind} grader is not run by drytune") as refusal:
        graders.run(grader=grader, model_sample="x")
    assert (refusal.value.status_code, refusal.value.type) == (501, "drytune_not_simulated")


def test_a_wrong_grader_is_refused_as_by_validate(graders, check):
    """No run begins."""
    with pytest.raises(openai.BadRequestError, match="Invalid value: 'gt'"):
        graders.run(grader={**check, "operation": "gt"}, model_sample="x")


def test_the_sample_is_needed_and_the_item_is_not(post, check):
    """An item may be left out by graders that do not read it; SDKs of early 2025 send a reference instead."""
    grader = {**check, "reference": "x"}
    assert post("run", {"grader": grader})[1]["error"]["param"] == "model_sample"
    assert post("run", {"grader": grader, "model_sample": "x"})[1]["reward"] == 1.0
    grader = {**check, "reference": "{{item.reference_answer}}"}
    assert post("run", {"grader": grader, "model_sample": "x", "reference_answer": "x"})[1]["reward"] == 1.0


def test_a_text_that_is_too_long_is_a_flag(post, check, alike):
    """Neither a template that multiplies nor a long text keeps the server busy."""
    many = {**check, "input": "{{item.answer}}" * 1000}
    status, body, headers = post("run", {"grader": many, "model_sample": "", "item": {"answer": "x" * 1000}})
    assert (status, body["metadata"]["errors"]["other_error"]) == (200, True)
    assert "100000 characters" in headers["x-drytune-reason"]
    asked = {"grader": alike, "model_sample": "ab" * 40_000, "item": {"answer": "ab" * 10_000}}
    status, body, headers = post("run", asked)
    assert (status, body["metadata"]["errors"]["other_error"]) == (200, True)
    assert "fuzzy_match" in headers["x-drytune-reason"]


@pytest.mark.parametrize(
    ("metric", "library"), [("fuzzy_match", "rapidfuzz"), ("meteor", "nltk"), ("rouge_2", "rouge_score")]
)
def test_without_the_extra_the_refusal_names_it(graders, check, alike, monkeypatch, metric, library):
    """String checks need nothing more."""
    for module in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, library, None)
    item = {"answer": "x"}
    with pytest.raises(openai.InternalServerError, match=rf"needs {library}.*drytune\[graders\]"):
        graders.run(grader={**alike, "evaluation_metric": metric}, model_sample="y", item=item)
    assert graders.run(grader=check, model_sample="x", item=item).reward == 1.0
