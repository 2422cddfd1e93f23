"""What a grader wants to read for an item: the answer that a model tuned with it has learned to give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from drytune_simulator.grading.grade import inner_graders
from drytune_simulator.grading.templates import InvalidVariableError, Sample, TooLongError, fill

__all__ = ["wanted"]

_COMPARING: Final = {"string_check": ("eq", "like", "ilike"), "text_similarity": None}
"""Types of graders that are content with their own reference; of ``string_check`` by these operations."""
_TEXT: Final = re.compile(r"\s*\{\{\s*sample\s*\.\s*output_text\s*\}\}\s*")
_FIELD: Final = re.compile(r"\s*\{\{\s*sample\s*\.\s*output_json((?:\s*\.\s*[^\s.\[\]'\"{}]+)+)\s*\}\}\s*")
_OF_SAMPLE: Final = re.compile(r"\{\{\s*sample\b")


def wanted(grader: Mapping[str, Any], item: Mapping[str, Any]) -> str | None:
    """The text that the graders which compare with a reference want for `item`; None if none does.

    Where they read fields of a sample that is JSON, it is an object with the reference of each; else it is the
    reference of the first that reads the sample's text. Whatever asks a model or runs code wants nothing that is
    known here.

    Args:
        grader: Well-formed.
        item: A line of the training file.
    """
    whole: dict[str, Any] = {}
    text = None
    for read, reference in _references(grader, item):
        field = _FIELD.fullmatch(read)
        if field is not None:
            _put(whole, [step.strip() for step in field[1].split(".")[1:]], reference)
        elif text is None and _TEXT.fullmatch(read):
            text = reference
    return msgspec.json.encode(whole).decode() if whole else text


def _references(grader: Mapping[str, Any], item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What each grader reads, and what it wants to read there."""
    nothing = Sample("")
    for one in (grader, *inner_graders(grader).values()):
        kind = one.get("type")
        if kind not in _COMPARING:
            continue
        operations = _COMPARING[kind]
        read, reference = one.get("input"), one.get("reference")
        if operations is not None and one.get("operation") not in operations:
            continue
        if not isinstance(read, str) or not isinstance(reference, str) or _OF_SAMPLE.search(reference):
            continue
        try:
            yield read, fill(reference, item, nothing)
        except (InvalidVariableError, TooLongError):
            continue  # this line has no such field


def _put(whole: dict[str, Any], path: list[str], value: str) -> None:
    """Let `whole` have `value` at `path`; what another grader wants there already stays."""
    for step in path[:-1]:
        inner = whole.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        whole = inner
    whole.setdefault(path[-1], value)
