"""`drytune check --format cookbook`: what the OpenAI cookbook's script prints."""

import json

import pytest

from drytune import check
from drytune.reports.cookbook import cookbook_lines


def words(role, tokens):
    return {"role": role, "content": " cat" * tokens}


TOY = [
    [words("system", 3), words("user", 4), words("assistant", 4)],
    [words("user", 8), words("assistant", 9)],
    [words("system", 10), words("user", 10), words("assistant", 10)],
    [words("system", 4), *[words("user", 10), words("assistant", 7)] * 4],
    [words("system", 21), words("assistant", 8000)],
]
"""As long in everything as the five examples of the cookbook's toy file, whose output is in FACTS.md §5.2."""

PRINTED = """\
Num examples missing system message: 1
Num examples missing user message: 1

#### Distribution of num_messages_per_example:
min / max: 2, 9
mean / median: 3.8, 3.0
p10 / p90: 2.0, 6.6

#### Distribution of num_total_tokens_per_example:
min / max: 26, 8032
mean / median: 1648.4, 45.0
p10 / p90: 26.8, 4863.6

#### Distribution of num_assistant_tokens_per_example:
min / max: 4, 8000
mean / median: 1610.2, 10.0
p10 / p90: 6.0, 4811.2

1 examples may be over the 4096 token limit, they will be truncated during fine-tuning
Dataset has ~4306 tokens that will be charged for during training
By default, you'll train for 20 epochs on this dataset
By default, you'll be charged for ~86120 tokens"""


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.jsonl"
    path.write_text("\n".join(json.dumps({"messages": messages}) for messages in TOY), encoding="utf-8")
    return path


def test_the_stored_output(toy):
    """The figures are the cookbook's; its 10th and 90th percentiles are called what they are."""
    text = "\n".join(cookbook_lines(check(toy, "gpt-3.5-turbo-0613")))
    assert text.startswith("Num examples: 5\nFound errors:\ntoo-few-examples: 1\n")
    assert PRINTED in text


def test_without_errors(tmp_path):
    """A good file has no errors, as the cookbook says it."""
    path = tmp_path / "good.jsonl"
    path.write_text("\n".join(json.dumps({"messages": TOY[0]}) for _ in range(10)), encoding="utf-8")
    lines = list(cookbook_lines(check(path)))
    assert lines[:2] == ["Num examples: 10", "No errors found"]


def test_asked_epochs_are_no_default(toy):
    """Who asks for a number of epochs reads that number, and that it was asked for."""
    text = "\n".join(cookbook_lines(check(toy, "gpt-3.5-turbo-0613", n_epochs=2)))
    assert "As asked, you'll train for 2 epochs on this dataset" in text
    assert "As asked, you'll be charged for ~8612 tokens" in text


def test_several_files(toy, tmp_path):
    """Each file has its own statistics under its name."""
    other = tmp_path / "other.jsonl"
    other.write_bytes(toy.read_bytes())
    text = "\n".join(cookbook_lines(check([toy, other])))
    assert text.count("Num examples: 5") == 2
    assert text.index(f"==> {toy} <==") < text.index(f"==> {other} <==")


def test_an_empty_file(tmp_path):
    """Nothing is computed of nothing."""
    path = tmp_path / "empty.jsonl"
    path.write_bytes(b"")
    assert list(cookbook_lines(check(path))) == ["Num examples: 0", "Found errors:", "empty-file: 1"]
