"""The grader of a reinforcement job, as far as a dataset depends on it (FACTS.md §4.1, §4.8)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.schemas import fault_of_schema

__all__ = ["Fault", "GraderConfig", "read_grader"]

_ITEM: Final = re.compile(r"\{\{\s*item\.([A-Za-z_][A-Za-z0-9_]*)")

_REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "string_check": ("name", "input", "reference", "operation"),
    "text_similarity": ("name", "input", "reference", "evaluation_metric"),
    "python": ("name", "source"),
    "score_model": ("name", "model", "input"),
    "multi": ("name", "graders", "calculate_output"),
}
_OPERATIONS: Final = ("eq", "ne", "neq", "like", "ilike")
_METRICS: Final = (
    "cosine", "fuzzy_match", "bleu", "gleu", "meteor",
    "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l",
)  # fmt: skip
_MAX_SOURCE: Final = 256_000

Fault = tuple[str, str, str]
"""JSON pointer, what was found, what to do."""


class GraderConfig(msgspec.Struct, frozen=True):
    """A grader and a response format, looked at.

    Attributes:
        fields: Keys of an example that templates read as ``{{item.key}}``.
        faults: What is wrong with the grader.
        response_faults: What is wrong with the response format.
    """

    fields: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    response_faults: tuple[Fault, ...] = ()


def read_grader(grader: Mapping[str, Any] | None, response_format: Mapping[str, Any] | None) -> GraderConfig:
    """What a grader reads, and what is wrong with it and with the response format; of any shape."""
    fields: dict[str, None] = {}
    for text in _texts(grader):
        fields.update(dict.fromkeys(_ITEM.findall(text)))
    faults = () if grader is None else tuple(_faults(grader, "/grader"))
    responses = () if response_format is None else tuple(_response_faults(response_format))
    return GraderConfig(tuple(fields), faults, responses)


def _texts(value: object) -> Iterator[str]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _faults(grader: object, pointer: str, *, inner: bool = False) -> Iterator[Fault]:
    if not isinstance(grader, Mapping):
        yield pointer, f"The grader is {shown(grader)}; it must be an object.", 'Write {"type": …, …}.'
        return
    kind = grader.get("type")
    if not isinstance(kind, str) or kind not in _REQUIRED:
        known = ", ".join(_REQUIRED)
        yield f"{pointer}/type", f"The type of the grader is {shown(kind)}; allowed are {known}.", "Name one."
        return
    if inner and kind == "multi":
        yield f"{pointer}/type", "A multi grader holds another multi grader.", "Put all graders into one."
    for key in _REQUIRED[kind]:
        if key not in grader:
            yield pointer, f'The {kind} grader has no "{key}".', f'Add "{key}".'
    for key, allowed in (("operation", _OPERATIONS), ("evaluation_metric", _METRICS)):
        if key in _REQUIRED[kind] and key in grader and grader[key] not in allowed:
            yield (
                f"{pointer}/{key}",
                f'"{key}" is {shown(grader[key])}; allowed are {", ".join(allowed)}.',
                "Name one of them.",
            )
    source = grader.get("source")
    if kind == "python" and isinstance(source, str) and len(source.encode(errors="replace")) > _MAX_SOURCE:
        yield f"{pointer}/source", "The source of the grader has more than 256 kB.", "Shorten it."
    if kind == "multi":
        yield from _inner_faults(grader.get("graders"), f"{pointer}/graders")


def _inner_faults(graders: object, pointer: str) -> Iterator[Fault]:
    """A multi grader's graders: a map by name, or, as the specification has it, a single one (FACTS.md §4.1)."""
    if isinstance(graders, Mapping) and "type" in graders:
        yield from _faults(graders, pointer, inner=True)
    elif isinstance(graders, Mapping) and graders:
        for name, grader in graders.items():
            yield from _faults(grader, f"{pointer}/{name}", inner=True)
    else:
        yield (
            pointer,
            f'"graders" is {shown(graders)}; it must be an object of graders by name.',
            "Write {…}.",
        )


def _response_faults(response_format: object) -> Iterator[Fault]:
    pointer = "/response_format"
    hint = 'Write {"type": "json_schema", "json_schema": {"name": …, "schema": {…}, "strict": true}}.'
    inner = response_format.get("json_schema") if isinstance(response_format, Mapping) else None
    if not isinstance(response_format, Mapping) or response_format.get("type") != "json_schema":
        yield pointer, f"The response format is {shown(response_format)}, and no JSON schema.", hint
    elif not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
        yield f"{pointer}/json_schema", "The response format's schema has no name.", hint
    elif not isinstance(inner.get("schema"), dict):
        yield f"{pointer}/json_schema", "The response format has no schema.", hint
    elif fault := fault_of_schema(inner["schema"]):
        yield f"{pointer}/json_schema/schema", f"The schema is not valid: {fault}.", hint
