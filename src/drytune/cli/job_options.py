"""Options that say which fine-tune is wanted; `drytune plan` and `drytune run` share them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from drytune.cli.options import DEFAULT_MODEL, GRADER, RESPONSE_FORMAT, json_file, require_text

if TYPE_CHECKING:
    from drytune.config import Config
    from drytune.workflow.tasks import Job

__all__ = ["JOB_OPTIONS", "given_job_options", "job_of", "job_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option("--model", "-m", help=f"The base model.  [default: {DEFAULT_MODEL}]"),
    click.option(
        "--method",
        type=click.Choice(["supervised", "dpo", "reinforcement"]),
        help="How it is tuned.  [default: what the first lines look like]",
    ),
    GRADER,
    RESPONSE_FORMAT,
    click.option(
        "--epochs",
        type=click.IntRange(1, 50),
        help="Epochs; by default as many as the platform is thought to pick, and that number is sent.",
    ),
    click.option(
        "--batch-size", type=click.IntRange(1, 256), help="Examples of a step.  [default: the platform's]"
    ),
    click.option(
        "--learning-rate-multiplier",
        type=click.FloatRange(0, min_open=True),
        help="Times the model's own learning rate.  [default: the platform's]",
    ),
    click.option("--suffix", help="Part of the tuned model's name, 1 to 64 characters."),
    click.option(
        "--seed", type=click.IntRange(0, 2_147_483_647), help="The job's seed.  [default: the platform's]"
    ),
    click.option("--validation", metavar="FILE", help="A validation file: uploaded, too."),
    click.option(
        "--holdout",
        metavar="FILE",
        help="Examples that are not trained on: the tuned and the base model are asked them afterwards.",
    ),
    click.option("--ask", multiple=True, metavar="PROMPT", help="Ask the tuned model this; may be repeated."),
    click.option(
        "--max-tokens",
        type=click.IntRange(1),
        help="The longest answer to a question, in tokens.  [default: 2048]",
    ),
    click.option(
        "--system", metavar="PROMPT", help="System prompt of the questions; by default the dataset's."
    ),
)

JOB_OPTIONS: Final = (
    "max_tokens",
    "model",
    "method",
    "grader",
    "response_format",
    "epochs",
    "batch_size",
    "learning_rate_multiplier",
    "suffix",
    "seed",
    "validation",
    "holdout",
    "ask",
    "system",
)
"""Their names as parameters."""


def job_options(command: _Command) -> _Command:
    """A decorator that adds the options of a job to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def job_of(training: str, *, config: Config | None = None, **values: Any) -> Job:
    """The job that the options of a command want.

    Args:
        training: The training file.
        config: Of the project; what no option says is taken from it.
        **values: Of the command's parameters; others than a job's are passed over.

    Raises:
        UsageError: A grader or a response format cannot be read, or a text is none.
    """
    from drytune.config import Config
    from drytune.workflow.tasks import Job

    config = Config() if config is None else config
    ask = tuple(values.get("ask") or ())
    for text in (*ask, values.get("system") or "", values.get("suffix") or ""):
        require_text(text)
    return Job(
        training=training,
        model=values.get("model") or config.model or DEFAULT_MODEL,
        validation=values.get("validation"),
        holdout=values.get("holdout"),
        method=values.get("method") or config.method,
        grader=json_file(values.get("grader"), "--grader"),
        response_format=json_file(values.get("response_format"), "--response-format"),
        n_epochs=values.get("epochs") or config.epochs,
        batch_size=values.get("batch_size"),
        learning_rate_multiplier=values.get("learning_rate_multiplier"),
        suffix=values.get("suffix"),
        seed=values.get("seed"),
        ask=ask,
        system=values.get("system"),
        **({} if values.get("max_tokens") is None else {"max_tokens": values["max_tokens"]}),
    )


def given_job_options(ctx: click.Context) -> list[str]:
    """The options of a job that were typed, such as ``--model``: a plan has all of them already."""
    return [
        f"--{name.replace('_', '-')}"
        for name in JOB_OPTIONS
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
