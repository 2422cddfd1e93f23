"""Held-out examples as they are asked: each a request, and what was wanted in answer to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from drytune.errors import UsageError
from drytune.workflow.tasks import Task

__all__ = ["Example", "form_of", "read_examples", "read_holdout"]

_SLACK: Final = 256
"""So many tokens an answer may have more than the one that was wanted has bytes, of which no token has fewer."""

_THOUGHTS: Final = 8_192
"""So many more those of a model have that reasons first."""

_ASKED: Final = ("messages", "tools", "functions", "parallel_tool_calls", "response_format")
"""Fields of a reinforcement example that a request has too; the others are for its grader."""


class Example(NamedTuple):
    """One held-out example.

    Attributes:
        number: From 1.
        body: Of the request, without its model; limits the answer, so that its worst cost is known.
        reference: What was wanted: an assistant's message, a text, or another value.
    """

    number: int
    body: dict[str, Any]
    reference: Any

    @property
    def path(self) -> str:
        """Where it is asked."""
        return "/completions" if "prompt" in self.body else "/chat/completions"


def form_of(task: Task) -> str:
    """What a line of the task's files is: ``chat``, ``preference``, ``reinforcement`` or ``completion``."""
    from drytune.keeping.budget import base_of

    if task.method in ("dpo", "reinforcement"):
        return "preference" if task.method == "dpo" else "reinforcement"
    base = base_of(task.model)
    return "completion" if base is not None and base.data_format == "prompt_completion" else "chat"


def read_holdout(path: Path, form: str = "chat") -> list[Example]:
    """The examples of a file, of which none is asked before all are read.

    What was wanted is the last message of the assistant, of a preference pair the preferred one, of a prompt its
    completion, of a reinforcement example its only field for the grader. A line may say otherwise in `reference`.

    Args:
        path: JSON Lines, in the form of the training file.
        form: What the lines are: ``chat``, ``preference``, ``reinforcement`` or ``completion``.

    Raises:
        UsageError: The file cannot be read, has no examples, or a line is none or does not say what is wanted.
    """
    return read_examples(path, form)[0]


def read_examples(path: Path, form: str) -> tuple[list[Example], str]:
    """As `read_holdout`, and the SHA-256 of the bytes that were read."""
    from drytune.keeping.budget import limits_of

    examples: list[Example] = []
    digest, lines = _graded(path) if form == "reinforcement" else _prompts(path, form)
    for line, body, reference in lines:
        if "input" in body:
            raise UsageError(f"{path}, line {line}: a held-out example has `messages`, not `input`.")
        if reference is None:
            raise UsageError(
                f"{path}, line {line}: it does not say what is wanted; {_where(form)}, or give it a `reference`."
            )
        room = _SLACK + len(json.dumps(reference, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if form == "reinforcement":
            room += _THOUGHTS
        else:
            body.setdefault("temperature", 0)  # the models that reason take none
        door: Any = "completions" if "prompt" in body else "chat"
        examples.append(Example(len(examples) + 1, {**body, **limits_of(door, body, room)}, reference))
    return examples, digest


_Lines = Iterator[tuple[int, dict[str, Any], Any]]


def _prompts(path: Path, form: str) -> tuple[str, _Lines]:
    from drytune.keeping.prompts import read_prompts

    prompts = read_prompts(path, completes=form == "completion")
    return prompts.sha256, ((one.line, dict(one.body), one.reference) for one in prompts.items)


def _graded(path: Path) -> tuple[str, _Lines]:
    """The lines of a reinforcement file, whose further fields only its grader reads."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    lines = list(_graded_lines(path, data))
    if not lines:
        raise UsageError(f"{path} holds no examples; write one a line, as in the training file.")
    return hashlib.sha256(data).hexdigest(), iter(lines)


def _graded_lines(path: Path, data: bytes) -> _Lines:
    from drytune.keeping.meaning import meaning_of
    from drytune_simulator.dataset.lines import BOM, LineError, decode
    from drytune_simulator.http import ApiError

    for line, text in enumerate(data.removeprefix(BOM).split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            row = decode(text)
        except LineError as error:
            raise UsageError(f"{path}, line {line}: it is not JSON ({error}).") from None
        if not isinstance(row, Mapping) or "messages" not in row:
            raise UsageError(f"{path}, line {line}: an example is an object with `messages`.")
        body = {name: row[name] for name in _ASKED if name in row}
        try:
            meaning_of("chat", body)
        except ApiError as error:
            if error.status != 501:
                raise UsageError(f"{path}, line {line}: {error.message}") from None
        others = [value for name, value in row.items() if name not in _ASKED]
        only = others[0] if len(others) == 1 else None
        yield line, body, row.get("reference", only)


def _where(form: str) -> str:
    return {
        "completion": "give it a `completion`",
        "preference": "give it a `preferred_output`",
        "reinforcement": "let it have one field for the grader",
    }.get(form, "let it end with what the assistant should say")
