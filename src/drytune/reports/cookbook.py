"""The statistics of the OpenAI cookbook's script for chat data, in its layout (FACTS.md §5.2).

The script is ``examples/Chat_finetuning_data_prep.ipynb`` of openai/openai-cookbook. Figures are its own: no
tools, no images; only assistant tokens include what calls say. What it calls ``p5 / p95`` are the 10th and 90th
percentiles; here they are called so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from drytune.reports.figures import per_rule
from drytune_simulator.dataset.finding import printable
from drytune_simulator.dataset.hyperparameters import auto_epochs

if TYPE_CHECKING:
    from drytune.checking import FileReport, Report
    from drytune_simulator.dataset.distribution import Distribution
    from drytune_simulator.dataset.facts import Facts

__all__ = ["cookbook_lines"]


def cookbook_lines(report: Report) -> Iterator[str]:
    """What the script prints, a line at a time; file after file if there are several."""
    for place, file in enumerate(report.files):
        if len(report.files) > 1:
            yield f"{'' if place == 0 else chr(10)}==> {printable(file.file)} <=="
        yield from _file_lines(file)


def _file_lines(file: FileReport) -> Iterator[str]:
    facts = file.verdict.facts
    yield f"Num examples: {file.examples}"
    yield from _errors(file)
    if not facts.cookbook.count:
        return
    yield f"Num examples missing system message: {facts.missing_system}"
    yield f"Num examples missing user message: {facts.missing_user}"
    yield from _distribution("num_messages_per_example", facts.message_counts)
    yield from _distribution("num_total_tokens_per_example", facts.cookbook)
    yield from _distribution("num_assistant_tokens_per_example", facts.replies)
    yield ""
    yield from _bill(file, facts)


def _errors(file: FileReport) -> Iterator[str]:
    """How often each rule found an error; the codes are ours."""
    errors = [one for one in per_rule(file.findings, [file]) if one.severity == "error"]
    yield "Found errors:" if errors else "No errors found"
    for one in errors:
        yield f"{one.code}: {one.times}"


def _distribution(name: str, values: Distribution) -> Iterator[str]:
    yield ""
    yield f"#### Distribution of {name}:"
    yield f"min / max: {values.minimum}, {values.maximum}"
    yield f"mean / median: {_figure(values.mean)}, {_figure(values.median)}"
    yield f"p10 / p90: {_figure(values.quantile(0.1))}, {_figure(values.quantile(0.9))}"


def _bill(file: FileReport, facts: Facts) -> Iterator[str]:
    """What is cut, and what is billed. Which of the epochs are the default is told from their number."""
    limit = file.verdict.model.example_tokens
    lengths = facts.cookbook.counts.items()
    if limit is not None:
        cut = sum(times for length, times in lengths if length > limit)
        yield f"{cut} examples may be over the {limit} token limit, they will be truncated during fine-tuning"
    epoch = sum(times * (length if limit is None else min(limit, length)) for length, times in lengths)
    epochs = file.verdict.epochs
    how = "By default" if epochs == auto_epochs(file.examples) else "As asked"
    yield f"Dataset has ~{epoch} tokens that will be charged for during training"
    yield f"{how}, you'll train for {epochs} epochs on this dataset"
    yield f"{how}, you'll be charged for ~{epochs * epoch} tokens"


def _figure(value: float) -> float:
    """As numpy's float would print, without the last digits that floats get wrong."""
    return round(float(value), 4)
