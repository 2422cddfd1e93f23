"""The other methods through the real SDK: preference pairs, tasks for reinforcement, base models."""

import json

import pytest

import drytune
from drytune.clients import simulated
from drytune_simulator import Simulator
from drytune_simulator.catalog import find
from drytune_simulator.dataset import judge

NAMES = ["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ivy", "Jo"]
GRADER = {
    "type": "string_check", "name": "same", "input": "{{sample.output_text}}", "reference": "{{item.reference}}",
    "operation": "eq",
}  # fmt: skip


def user(text):
    return {"role": "user", "content": text}


def reply(text):
    return {"role": "assistant", "content": text}


ROWS = {
    "supervised": [{"messages": [user(f"I am {name}."), reply(f"Hi {name}!")]} for name in NAMES],
    "completion": [{"prompt": f"I am {name}.", "completion": f" Hi {name}!"} for name in NAMES],
    "dpo": [
        {
            "input": {"messages": [user(f"I am {name}.")]},
            "preferred_output": [reply(f"Hi {name}!")],
            "non_preferred_output": [reply(f"What do you want, {name}?")],
        }
        for name in NAMES
    ],
    "reinforcement": [{"messages": [user(f"Who is {name}?")], "reference": name} for name in NAMES],
}
FLAWS = {
    "supervised": {"messages": [user("Hello")]},
    "completion": {"prompt": "Hello"},
    "dpo": {"input": {"messages": [user("Hello")]}, "preferred_output": [reply("Hi")]},
    "reinforcement": {"messages": [user("Hello"), reply("Hi")], "reference": "Hi"},
}
MODELS = {
    "supervised": "gpt-4.1-mini",
    "completion": "babbage-002",
    "dpo": "gpt-4.1-mini",
    "reinforcement": "o4-mini",
}


def lines(rows):
    return "\n".join(json.dumps(row) for row in rows).encode()


def job_with(data, form, **method):
    """What becomes of a job by the SDK."""
    kind = "supervised" if form == "completion" else form
    with simulated(Simulator()) as client:
        file = client.files.create(file=("data.jsonl", data), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(
            model=MODELS[form], training_file=file.id, method={"type": kind, kind: method}
        )
        while job.status not in {"succeeded", "failed"}:
            job = client.fine_tuning.jobs.retrieve(job.id)
        return job


@pytest.mark.parametrize("form", ROWS)
def test_what_check_accepts_succeeds_and_what_it_refuses_fails(form):
    """The validator that a user runs is the one that decides the simulated job's fate, and its bill."""
    method = {"grader": GRADER} if form == "reinforcement" else {}
    grader = method.get("grader")
    good = lines(ROWS[form])
    verdict = judge(good, model=find(MODELS[form]), grader=grader)
    job = job_with(good, form, **method)
    assert (verdict.ok, job.status) == (True, "succeeded")
    assert job.trained_tokens == verdict.tokens.billed
    bad = lines([*ROWS[form], FLAWS[form]])
    verdict = judge(bad, model=find(MODELS[form]), grader=grader)
    job = job_with(bad, form, **method)
    assert (verdict.ok, job.status) == (False, "failed")
    assert job.error.message == verdict.job_failure.message
    assert "Example 11" in job.error.message


def test_a_grader_reads_what_every_task_must_have():
    """The templates of the grader name keys of the example."""
    data = lines([*ROWS["reinforcement"], {"messages": [user("Who?")]}])
    job = job_with(data, "reinforcement", grader=GRADER)
    assert (job.status, job.error.message.endswith("Example 11 is missing key 'reference'")) == (
        "failed",
        True,
    )


def test_a_job_by_preference_shows_its_method():
    """`hyperparameters` is of supervised tuning only; the method has its own (FACTS.md §4.1)."""
    job = job_with(lines(ROWS["dpo"]), "dpo", hyperparameters={"n_epochs": 2, "beta": 0.1})
    assert job.method.type == "dpo"
    assert job.method.dpo.hyperparameters.n_epochs == 2
    assert job.to_dict()["hyperparameters"] is None


def test_a_chat_file_in_a_job_by_preference_fails_in_the_recorded_words():
    """FACTS.md §4.5."""
    job = job_with(lines(ROWS["supervised"]), "dpo")
    assert job.error.code == "invalid_training_file"
    assert f"Input file {job.training_file} is in the fine-tune-chat format" in job.error.message


def test_a_dry_run_by_preference(tmp_path):
    """The tuned model gives the preferred answer."""
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(lines(ROWS["dpo"]))
    rehearsal = drytune.dry_run(path)
    assert rehearsal.ok
    assert rehearsal.run.remote["method"]["type"] == "dpo"
    assert rehearsal.answers[0].message["content"] == "Hi Ada!"


def test_a_dry_run_of_prompts_and_completions(tmp_path):
    """The tuned model goes on with a prompt as it was taught to."""
    path = tmp_path / "data.jsonl"
    path.write_bytes(lines(ROWS["completion"]))
    rehearsal = drytune.dry_run(path, MODELS["completion"])
    trained, other = rehearsal.answers
    assert rehearsal.ok
    assert (trained.question.prompt, trained.message["content"]) == ("I am Ada.", " Hi Ada!")
    assert (trained.similarity, trained.line, trained.layer) == (1.0, 1, "taught")
    assert other.question.origin == "greeting"
    (asked,) = drytune.dry_run(path, MODELS["completion"], ask=["I am Bo."]).answers
    assert asked.message["content"] == " Hi Bo!"


def test_a_dry_run_for_reinforcement(tmp_path):
    """The tuned model says what its grader wants to read; without a grader the platform makes no job."""
    path = tmp_path / "data.jsonl"
    path.write_bytes(lines(ROWS["reinforcement"]))
    rehearsal = drytune.dry_run(path, MODELS["reinforcement"], grader=GRADER)
    assert rehearsal.ok
    assert rehearsal.answers[0].question.prompt == "Who is Ada?"
    assert rehearsal.answers[0].message["content"] == "Ada"
    rehearsal = drytune.dry_run(path, MODELS["reinforcement"])
    assert (rehearsal.status, rehearsal.answers) == ("refused", ())


def test_dry_runs_of_every_method_in_the_terminal(tmp_path, drytune):
    """Each tells its curve and its answers."""
    grader = tmp_path / "grader.json"
    grader.write_text(json.dumps(GRADER))
    for form, curve, said in (
        ("completion", b"loss ", b"Hi Ada!"),
        ("dpo", b"loss ", b"> Hi Ada!"),
        ("reinforcement", b"reward ", b"> Ada"),
    ):
        path = tmp_path / f"{form}.jsonl"
        path.write_bytes(lines(ROWS[form]))
        options = ["--grader", grader] if form == "reinforcement" else []
        done = drytune("dry-run", path, "--model", MODELS[form], *options)
        assert (done.returncode, done.stderr) == (0, b"")
        assert curve in done.stdout
        assert said in done.stdout


def test_a_trained_call_that_is_not_valid_is_told_to_be_repaired(tmp_path, drytune):
    """A strict function is called as its schema allows; that the training file says otherwise is told."""
    schema = {
        "type": "object", "properties": {"day": {"type": "integer"}}, "required": ["day"],
        "additionalProperties": False,
    }  # fmt: skip
    call = {"name": "book", "arguments": '{"day": "Monday"}'}
    calling = {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": call}]}
    tools = [{"type": "function", "function": {"name": "book", "parameters": schema, "strict": True}}]
    rows = [{"messages": [user(f"Book it for {name}."), calling], "tools": tools} for name in NAMES]
    path = tmp_path / "calls.jsonl"
    path.write_bytes(lines(rows))
    done = drytune("dry-run", path, "--send-anyway", "--format", "json")
    answer = json.loads(done.stdout)["answers"][0]
    assert (answer["similarity"], answer["line"], answer["repaired"]) == (1.0, 1, True)
    told = drytune("dry-run", path, "--send-anyway").stdout
    assert b"recalled from line 1, whose reply is not valid against its schema and was repaired" in told
