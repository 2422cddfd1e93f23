"""Datasets and plans of the tests of planning."""

import json
from datetime import date

import pytest

from drytune.workflow.planning import plan
from drytune.workflow.tasks import Job

DAY = date(2026, 7, 1)
"""On which gpt-4.1-mini can be tuned, and has a price."""


def lines(first=1, count=12, reply="After it comes {0}."):
    """Chat examples, as JSON Lines."""
    messages = (
        [
            {"role": "system", "content": "You count."},
            {"role": "user", "content": f"What comes after {number}?"},
            {"role": "assistant", "content": reply.format(number + 1)},
        ]
        for number in range(first, first + count)
    )
    return "".join(json.dumps({"messages": one}) + "\n" for one in messages)


@pytest.fixture
def write(tmp_path):
    """Write a dataset of a name; gives its path."""

    def written(name="count.jsonl", text=None, **options):
        path = tmp_path / name
        path.write_text(lines(**options) if text is None else text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def planned(write):
    """Plan a job on twelve good examples."""

    def made(*, max_usd=None, training=None, **options):
        names = {name: options.pop(name) for name in tuple(options) if name in Job.__struct_fields__}
        job = Job(training=write() if training is None else training, **names)
        return plan(job, max_usd=max_usd, **{"as_of": DAY, **options})

    return made
