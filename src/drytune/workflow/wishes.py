"""What a user wants, checked before any file is looked at."""

from __future__ import annotations

import math

from drytune.errors import UsageError
from drytune.workflow.tasks import Job

__all__ = ["checked_job"]

_LARGEST_SEED = 2_147_483_647
_LARGEST_BATCH = 256
_LONGEST_SUFFIX = 64  # FACTS.md §4.1


def checked_job(job: Job) -> Job:
    """`job`, if its numbers and texts are such as the API takes; datasets, models and graders are looked at later.

    Raises:
        UsageError: One of them is not.
    """
    _require_whole("n_epochs", job.n_epochs, 1, 50)  # FACTS.md §4.1
    _require_whole("seed", job.seed, 0, _LARGEST_SEED)
    _require_whole("max_tokens", job.max_tokens, 1, _LARGEST_SEED)
    _require_whole("batch_size", job.batch_size, 1, _LARGEST_BATCH)
    rate = job.learning_rate_multiplier
    is_number = isinstance(rate, int | float) and not isinstance(rate, bool)
    if rate is not None and not (is_number and math.isfinite(rate) and rate > 0):
        raise UsageError(f"learning_rate_multiplier is {rate}; it must be a number above 0.")
    if job.suffix is not None:
        _require_suffix(job.suffix)
    ask: object = job.ask  # who has no types gives one text, and would ask each of its letters
    if isinstance(ask, str):
        raise UsageError("ask is one text; give a tuple of prompts.")
    for name, text in (*(("ask", text) for text in job.ask), ("system", job.system or "")):
        _require_text(name, text)
    if any(not text.strip() for text in job.ask):
        raise UsageError("ask has an empty prompt; write what the model is to be asked, or leave it out.")
    return job


def _require_whole(name: str, value: int | None, least: int, most: int) -> None:
    if value is None:
        return
    if type(value) is not int or not least <= value <= most:
        raise UsageError(f"{name} is {value}; it must be a whole number from {least} to {most}.")


def _require_suffix(suffix: str) -> None:
    _require_text("suffix", suffix)
    if not 1 <= len(suffix) <= _LONGEST_SUFFIX or not suffix.isprintable():
        raise UsageError(
            f"suffix has {len(suffix)} characters; it must have 1 to {_LONGEST_SUFFIX}, all of them printable."
        )


def _require_text(name: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{name} is no text that can be sent: it is not valid Unicode.") from None
