"""Requests that are nearly right, about files that are there: they are taken or refused, whatever the settings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drytune_simulator import Headers, Request
from drytune_simulator.profile import Profile

KEY = {"authorization": "Bearer sk-contract"}

auto = st.just("auto")
odd = st.sampled_from([None, True, "", [], {}, -1, 0, 0.5, 1e-300, 1e300, 10**400, "x"])


def mostly(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Now and then something else."""
    return st.sampled_from([strategy] * 9 + [odd]).flatmap(lambda one: one)


n_epochs = mostly(auto | st.integers(1, 50))
multiplier = mostly(auto | st.floats(0.001, 100))
common = {
    "n_epochs": n_epochs,
    "batch_size": mostly(auto | st.integers(1, 256)),
    "learning_rate_multiplier": multiplier,
}
more = {
    "supervised": {},
    "dpo": {"beta": mostly(auto | st.floats(0.01, 2))},
    "reinforcement": {
        "reasoning_effort": mostly(st.sampled_from(["low", "high", "x"])),
        "compute_multiplier": mostly(auto | st.floats(0.1, 10)),
        "eval_interval": mostly(auto | st.integers(1, 9)),
        "eval_samples": mostly(auto | st.integers(1, 9)),
    },
}
reference = st.sampled_from(["{{item.answer}}", "{{ item['answer'] }}", "{{item.no}}", "4", "", 4])
simple = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["string_check", "text_similarity", "python", "score_model", "x"]),
        "name": st.sampled_from(["a", "b"]),
        "input": st.sampled_from(["{{sample.output_text}}", "{{sample.output_json.x}}", "{{"]),
        "reference": reference,
    },
    optional={
        "operation": st.sampled_from(["eq", "ne", "like", "ilike", "x"]),
        "evaluation_metric": st.sampled_from(["fuzzy_match", "bleu", "rouge_l", "cosine", "x"]),
        "source": st.just("def grade(sample, item): return 1.0"),
        "x": st.none(),
    },
)
multi = st.fixed_dictionaries(
    {
        "type": st.just("multi"),
        "name": st.just("m"),
        "graders": mostly(st.dictionaries(st.sampled_from(["a", "b"]), simple, max_size=2) | simple),
        "calculate_output": st.sampled_from(
            ["a", "a + b", "a / 0", "max(a, b) ^ 2", "__import__('os')", "(" * 200]
        )
        | odd,
    }
)
graders = mostly(simple | multi)
methods = st.sampled_from(sorted(more)).flatmap(
    lambda name: st.fixed_dictionaries(
        {"type": st.just(name)},
        optional={
            name: mostly(
                st.fixed_dictionaries(
                    {"grader": graders} if name == "reinforcement" else {},
                    optional={
                        "hyperparameters": mostly(
                            st.fixed_dictionaries({}, optional={**common, **more[name]})
                        ),
                        **(
                            {"response_format": mostly(st.just({"type": "text"}))}
                            if name == "reinforcement"
                            else {}
                        ),
                    },
                )
            )
        },
    )
)
wandb = st.fixed_dictionaries(
    {"type": st.just("wandb"), "wandb": mostly(st.fixed_dictionaries({"project": st.text(min_size=1)}))}
)
jobs = st.fixed_dictionaries(
    {
        "model": st.sampled_from(
            [
                "gpt-4o-mini",
                "gpt-4.1",
                "gpt-4o-2024-08-06",
                "o4-mini",
                "gpt-3.5-turbo",
                "davinci-002",
                "gpt-4o",
                "x",
            ]
        ),
        "training_file": st.sampled_from(["chat", "dpo", "rft", "short", "nothing"]),
    },
    optional={
        "validation_file": st.sampled_from(["chat", "dpo", "rft", "short", "nothing"]) | st.none(),
        "method": mostly(methods),
        "hyperparameters": mostly(st.fixed_dictionaries({}, optional=common)),
        "suffix": mostly(st.text(max_size=70)),
        "seed": mostly(st.integers(0, 2**31)),
        "metadata": mostly(st.dictionaries(st.text(max_size=66), mostly(st.text()), max_size=3)),
        "integrations": mostly(st.lists(mostly(wandb), max_size=6)),
    },
)


@pytest.fixture
def ask(make_stage, preference, reinforcement):
    """Asks a simulator that has files of each kind; every answer is held against its type."""
    stage = make_stage(profile=Profile(concurrent_jobs=None))
    files = {
        "chat": stage.file(),
        "dpo": stage.file(preference),
        "rft": stage.file(reinforcement),
        "short": stage.file(b"".join(stage.training.splitlines(keepends=True)[:3])),
        "nothing": "file-nothing",
    }

    def post(target: str, fields: dict[str, Any]) -> tuple[int, Any]:
        body = {name: files.get(value, value) if "_file" in name else value for name, value in fields.items()}
        response = stage.simulator(Request("POST", target, Headers(KEY), json.dumps(body).encode()))
        return response.status, json.loads(response.body)

    post.get = lambda target: stage.simulator(Request("GET", target, Headers(KEY))).status
    return post


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(fields=jobs)
def test_any_job_is_created_or_refused(ask, fields):
    """A job that is taken comes to an end, or says that it waits; one that is not is refused with a 4xx."""
    status, answer = ask("/v1/fine_tuning/jobs", fields)
    if status != 200:
        assert 400 <= status < 500, answer
        return
    path = f"/v1/fine_tuning/jobs/{answer['id']}"
    for _ in range(3):
        assert ask.get(path) == 200
    assert ask.get(f"{path}/events?limit=100") == 200
    assert ask.get(f"{path}/checkpoints") == 200


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(grader=graders, sample=mostly(st.text(max_size=5)), item=mostly(st.just({"answer": "4"})))
def test_any_grader_is_run_or_refused(ask, grader, sample, item):
    """501 only for what is documented as not simulated."""
    for target, fields in (
        ("/v1/fine_tuning/alpha/graders/validate", {"grader": grader}),
        ("/v1/fine_tuning/alpha/graders/run", {"grader": grader, "model_sample": sample, "item": item}),
    ):
        status, answer = ask(target, fields)
        assert status == 200 or 400 <= status < 500 or answer["error"]["code"] == "not_simulated", answer
