"""All that decides how lines are looked at; small and picklable, so that any process can look."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from drytune_simulator.catalog import ImageTokens
from drytune_simulator.dataset.formats import MAX_FILE_BYTES
from drytune_simulator.dataset.forms import Form
from drytune_simulator.dataset.reader import MAX_LINE_BYTES

__all__ = ["Lens", "Level", "Limits", "Policy"]

Level = Literal["off", "error", "warning", "info"]

Policy = dict[str, Level]
"""Severities by code, where they differ from the rule's own. They change what is told, never a job's fate."""

MEBIBYTE: Final = 2**20


class Limits(msgspec.Struct, frozen=True):
    """The platform's limits (FACTS.md §3.1, §5.1); another vendor may have others.

    Attributes:
        file_bytes: Of a file.
        line_bytes: Of a line that is read at all: 10 images of 10 MB in base64 and some text fit in. Ours.
        least_examples: Of a training file.
        examples: Of a training file for reinforcement; `validation_examples` of its validation file.
        image_examples: Examples with images in a file.
        images_per_example: Images in one example.
        image_bytes: Of one image, decoded.
    """

    file_bytes: int = MAX_FILE_BYTES
    line_bytes: int = MAX_LINE_BYTES
    least_examples: int = 10
    examples: int = 50_000
    validation_examples: int = 1_000
    image_examples: int = 50_000
    images_per_example: int = 10
    image_bytes: int = 10 * MEBIBYTE


class Lens(msgspec.Struct, frozen=True):
    """How the lines of a file are looked at.

    Attributes:
        encoding: Of the model's tokenizer.
        limit: Tokens of an example that the model reads; None when that is not known.
        form: What a line should be.
        image_tokens: How the model counts images; None when that is not known.
        policy: Severities by code, where they are not the rule's own.
        limits: The platform's.
        grader_fields: Keys of a reinforcement example that the job's grader reads.
    """

    encoding: str
    limit: int | None = None
    form: Form = "chat"
    image_tokens: ImageTokens | None = None
    policy: Policy = {}
    limits: Limits = Limits()
    grader_fields: tuple[str, ...] = ()
