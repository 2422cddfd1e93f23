"""Runs as they may be, made by hand: no journal, no API."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from drytune.backends.endpoint import Endpoint
from drytune.workflow.plan import Dates, Estimate, Plan, Prices
from drytune.workflow.questions import Question
from drytune.workflow.records import Answer, Bill, Holdout, Marks, Run
from drytune.workflow.tasks import SourceFile, Task

JOB = "ftjob-5Oe9hRQtYDtazAWzumLmdV2F"
MODEL = "ft:gpt-4.1-mini-2025-04-14:personal::2UjG7bg6"
BEGAN = 1_795_564_800


def question(text: str, origin: str = "asked") -> Question:
    return Question(
        ({"role": "system", "content": "Be a cat."}, {"role": "user", "content": text}), origin=origin
    )


def answer(text: str, said: str | None, **more: Any) -> Answer:
    usage = {"prompt_tokens": 20, "completion_tokens": 12, "total_tokens": 32}
    return Answer(question(text), {"role": "assistant", "content": said}, "stop", usage, usd=0.000032, **more)


def step_event(step: int, total: int, **data: Any) -> dict[str, Any]:
    data = {"train_loss": 0.4 + 2.0 / step, "train_mean_token_accuracy": 1 - 0.7 / step, **data}
    return {
        "id": f"ftevent-{step}",
        "created_at": BEGAN + 10 * step,
        "level": "info",
        "message": f"Step {step}/{total}: training loss={data['train_loss']:.2f}",
        "data": {"step": step, "total_steps": total, **data},
        "type": "metrics",
    }


def message(text: str, level: str = "info", at: int = BEGAN) -> dict[str, Any]:
    name = f"ftevent-{text[:9]}"
    return {"id": name, "created_at": at, "level": level, "message": text, "data": {}, "type": "message"}


@pytest.fixture
def task() -> Task:
    files = {
        role: SourceFile(
            role=role,
            path=f"/data/cat-{role}.jsonl",
            bytes=12_345,
            sha256=hash_,
            upload_name=None if role == "holdout" else f"cat-{role}.{hash_[:16]}.jsonl",
            examples=24,
        )
        for role, hash_ in (("training", "a1" * 32), ("validation", "b2" * 32), ("holdout", "c3" * 32))
    }
    return Task(
        **files,
        model="gpt-4.1-mini-2025-04-14",
        hyperparameters={"n_epochs": 4},
        questions=(question("What do cats eat?"), question("And when?")),
    )


@pytest.fixture
def plan(task: Task) -> Plan:
    estimate = Estimate(
        tokens=10_000,
        tokens_low=9_800,
        tokens_high=10_900,
        encoding="o200k_base",
        training_usd=0.05,
        low_usd=0.049,
        high_usd=0.0545,
        questions_usd=0.002,
        holdout_usd=0.004,
        total_high_usd=0.0605,
        prices=Prices(training=5.0, input=0.8, output=3.2, source="the price list of 2026-11-01"),
    )
    return Plan(
        made_at="2026-11-25T14:00:00Z",
        made_by="0.1",
        endpoint=Endpoint(base_url="https://api.example.com/v1", profile="team"),
        task=task,
        estimate=estimate,
        max_usd=0.08,
        warnings=("the model is closed for new tunings on 2027-01-01",),
        dates=Dates(today="2026-11-25", training_ends="2027-01-01"),
        digest="d4" * 32,
    )


@pytest.fixture
def begun(task: Task) -> Run:
    """Nothing has happened yet."""
    return Run(
        task=task, id="run-0123456789ab", bill=Bill(expected_usd=0.05, expected_tokens=10_000, max_usd=0.08)
    )


@pytest.fixture
def uploaded(begun: Run) -> Run:
    return msgspec.structs.replace(
        begun,
        file={"id": "file-training", "bytes": 12_345, "object": "file"},
        validation_file={"id": "file-validation", "bytes": 345, "object": "file"},
    )


@pytest.fixture
def running(uploaded: Run) -> Run:
    """At step 40 of 96."""
    remote = {
        "id": JOB,
        "object": "fine_tuning.job",
        "created_at": BEGAN,
        "status": "running",
        "error": {},
        "fine_tuned_model": None,
        "trained_tokens": None,
        "estimated_finish": BEGAN + 1_000,
        "result_files": [],
        "method": {
            "type": "supervised",
            "supervised": {
                "hyperparameters": {"n_epochs": 4, "batch_size": 1, "learning_rate_multiplier": 1.8}
            },
        },
    }
    events = (message(f"Created fine-tuning job: {JOB}"), *(step_event(step, 96) for step in range(1, 41)))
    return msgspec.structs.replace(uploaded, remote=remote, events=events)


@pytest.fixture
def succeeded(running: Run) -> Run:
    """All is done, and something was worth a note."""
    remote = {
        **(running.remote or {}),
        "status": "succeeded",
        "fine_tuned_model": MODEL,
        "trained_tokens": 10_616,
        "finished_at": BEGAN + 1_020,
        "result_files": ["file-results"],
    }
    rows = [f"{step},{0.4 + 2.0 / step:.5f},{1 - 0.7 / step:.5f}," for step in range(1, 97)]
    rows[47] = "48,0.44,0.98,0.9123"
    rows[95] = "96,0.42,0.99,0.8517"
    return msgspec.structs.replace(
        running,
        remote=remote,
        events=(
            *running.events,
            *(
                step_event(step, 96, **({"full_valid_loss": 0.9} if step == 96 else {}))
                for step in range(41, 97)
            ),
            message("Usage is unusual", "warn", BEGAN + 1_010),
            message("The job has successfully completed", at=BEGAN + 1_020),
        ),
        results="\n".join(["step,train_loss,train_accuracy,valid_loss", *rows]),
        checkpoints=(
            {
                "id": "ftckpt-1",
                "step_number": 72,
                "fine_tuned_model_checkpoint": f"{MODEL}:ckpt-step-72",
                "metrics": {"step": 72, "train_loss": 0.43},
            },
        ),
        answers=(answer("What do cats eat?", "Mice, and what you eat."), answer("And when?", "Now.")),
        holdout=Holdout(
            tuned=Marks(model=MODEL, asked=24, answered=24, exact=0.75, near=0.9, likeness=0.93, usd=0.0007),
            base=Marks(
                model="gpt-4.1-mini-2025-04-14", asked=24, answered=23, exact=0.1, near=0.2, likeness=0.4
            ),
            notes=("one example was not answered by the base model",),
        ),
        notes=("the answer to the upload was lost, and the file was found again",),
        bill=Bill(
            expected_usd=0.05,
            low_usd=0.049,
            high_usd=0.0545,
            training_usd=0.05308,
            trained_tokens=10_616,
            expected_tokens=10_000,
            answers_usd=0.0008,
            spent_usd=0.05388,
            max_usd=0.08,
        ),
    )


@pytest.fixture
def simulated(succeeded: Run) -> Run:
    told = {"layer": "taught", "similarity": 1.0, "line": 7}
    answers = tuple(msgspec.structs.replace(one, **told) for one in succeeded.answers)
    return msgspec.structs.replace(succeeded, simulated=True, answers=answers)


@pytest.fixture
def strange(succeeded: Run) -> Run:
    """Ten thousand steps, some of them no numbers; words that are markup, controls or endless."""
    nasty = "<script>alert(1)</script> | `x` \x1b[31m \u202e * [a](b)"
    values = {1: math.nan, 2: math.inf, 3: None, 4: "0.3", 5: True}
    steps = [step_event(step, 10_000) for step in range(1, 10_001)]
    for step, value in values.items():
        steps[step]["data"]["train_loss"] = value
    odd = [
        {"type": "metrics", "data": None},
        {"type": "metrics", "data": {"step": "x"}},
        {"message": nasty, "level": nasty, "created_at": "never"},
        message(nasty * 400, "error"),
    ]
    return msgspec.structs.replace(
        succeeded,
        remote={**(succeeded.remote or {}), "status": "succeeded", "method": None, "result_files": [nasty]},
        events=(*steps, *odd),
        results=f"step,train_loss,{nasty}\n1,nan\n2,0.5,inf\n\n,,,\nno,number",
        checkpoints=({"step_number": None, "fine_tuned_model_checkpoint": nasty, "metrics": nasty}, {}),
        answers=(
            answer(nasty, nasty * 1_000),
            answer("", None),
            msgspec.structs.replace(
                answer("calls", None),
                message={
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"function": {"name": nasty, "arguments": '{"a": "``````"}'}}, {}],
                },
            ),
            answer("fences", "```\nnot the end\n````"),
        ),
        notes=(nasty, nasty * 100),
    )
