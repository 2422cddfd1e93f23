"""The grader of a reinforcement job, as far as a dataset depends on it (FACTS.md §4.1, §4.8).

Further sources, all public: the guide "Graders" of the platform's documentation (O); the output of a real
``validate`` and ``run`` that eval-protocol/python-sdk keeps, where a grader without a name was given one (R); and
openai/openai-openapi#580: ``graders`` is a map by name, although the specification has a single one (R).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.schemas import fault_of_schema

__all__ = ["Fault", "GraderConfig", "is_grader", "read_grader"]

_ITEM: Final = re.compile(r"\{\{\s*item\.([A-Za-z_][A-Za-z0-9_]*)")

_STRING: Final = "a string"
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    _STRING: str,
    "a decimal": (int, float),
    "an array": list,
    "an object": Mapping,
}
_REQUIRED: Final[dict[str, dict[str, str]]] = {
    "string_check": {"input": _STRING, "reference": _STRING, "operation": _STRING},
    "text_similarity": {"input": _STRING, "reference": _STRING, "evaluation_metric": _STRING},
    "python": {"source": _STRING},
    "score_model": {"model": _STRING, "input": "an array"},
    "multi": {"graders": "an object", "calculate_output": _STRING},
}
_ONLY_INSIDE: Final[dict[str, dict[str, str]]] = {
    "label_model": {
        "model": _STRING,
        "input": "an array",
        "labels": "an array",
        "passing_labels": "an array",
    },
}
_OPTIONAL: Final = {
    "name": _STRING,
    "pass_threshold": "a decimal",
    "image_tag": _STRING,
    "range": "an array",
    "sampling_params": "an object",
}
_ALLOWED: Final = {
    "operation": ("eq", "ne", "neq", "like", "ilike"),
    "evaluation_metric": (
        "cosine", "fuzzy_match", "bleu", "gleu", "meteor",
        "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l",
    ),
}  # fmt: skip
_ROLES: Final = ("user", "assistant", "system", "developer")
_MAX_SOURCE: Final = 256_000
# FACTS.md §4.8 (docs graders.md); a floating name is as good as its snapshot
_JUDGES: Final = (
    *("gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
    *("gpt-4.1", "gpt-4.1-2025-04-14", "gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"),
    *("gpt-4.1-nano", "gpt-4.1-nano-2025-04-14", "o1", "o1-2024-12-17", "o3-mini", "o3-mini-2025-01-31"),
    *("o3", "o3-2025-04-16", "o4-mini", "o4-mini-2025-04-16"),
)
_IMAGES: Final = ("2025-05-08",)
_OF_KIND: Final = {"model": "score_model", "image_tag": "python"}


class Fault(NamedTuple):
    """What is wrong with a grader or a response format.

    Attributes:
        pointer: JSON pointer into the options of a job.
        found: What was found.
        advice: What to do.
        name: The field as the platform's refusals call it, from the grader on: ``graders.a.input``.
        problem: The sort of refusal: the field is missing, of another type than `expected`, or none of `expected`.
        value: What stands there.
        expected: The type in words, or the allowed values.
    """

    pointer: str
    found: str
    advice: str
    name: str = ""
    problem: Literal["missing", "type", "value", "other"] = "other"
    value: object = None
    expected: tuple[str, ...] = ()


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
    faults = () if grader is None else tuple(_faults(grader, _Place("/grader", "")))
    responses = () if response_format is None else tuple(_response_faults(response_format))
    return GraderConfig(tuple(fields), faults, responses)


def is_grader(graders: Mapping[str, Any]) -> bool:
    """Whether the ``graders`` of a multi grader are a single one, as in the specification, and no map by name."""
    return isinstance(graders.get("type"), str)


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


class _Place(NamedTuple):
    """Where in a grader: as a JSON pointer, and as the platform writes it."""

    pointer: str
    name: str

    def key(self, key: str) -> _Place:
        escaped = key.replace("~", "~0").replace("/", "~1")
        return _Place(f"{self.pointer}/{escaped}", f"{self.name}.{key}" if self.name else key)

    def item(self, number: int) -> _Place:
        return _Place(f"{self.pointer}/{number}", f"{self.name}[{number}]")


def _faults(grader: object, place: _Place, *, inner: bool = False) -> Iterator[Fault]:
    if not isinstance(grader, Mapping):
        found = f"The grader is {shown(grader)}; it must be an object."
        name = place.name or "grader"
        yield Fault(place.pointer, found, 'Write {"type": …, …}.', name, "type", grader, ("an object",))
        return
    kind = grader.get("type")
    known = {**_REQUIRED, **_ONLY_INSIDE} if inner else _REQUIRED
    if not isinstance(kind, str) or kind not in known:
        at, found = (
            place.key("type"),
            f"The type of the grader is {shown(kind)}; allowed are {', '.join(known)}.",
        )
        problem: Literal["missing", "type", "value"] = "value" if isinstance(kind, str) else "type"
        if kind is None:
            problem = "missing"
        expected = (_STRING,) if problem == "type" else tuple(known)
        yield Fault(at.pointer, found, "Name one.", at.name, problem, kind, expected)
        return
    if inner and kind == "multi":
        at = place.key("type")
        found = "A multi grader holds another multi grader."
        yield Fault(at.pointer, found, "Put all graders into one.", at.name, "other", kind)
        return
    yield from _field_faults(grader, kind, place, known[kind])
    yield from _more_faults(grader, kind, place)


def _field_faults(
    grader: Mapping[str, Any], kind: str, place: _Place, required: Mapping[str, str]
) -> Iterator[Fault]:
    """Fields that are not there or of a wrong type; null is as good as not there."""
    for key, expected in {**required, **_OPTIONAL}.items():
        at, value = place.key(key), grader.get(key)
        if value is None:
            if key in required:
                pointer = at.pointer if key in grader else place.pointer
                yield Fault(
                    pointer, f'The {kind} grader has no "{key}".', f'Add "{key}".', at.name, "missing"
                )
        elif not _is(value, expected):
            found = f'"{key}" is {shown(value)}; it must be {expected}.'
            yield Fault(at.pointer, found, f"Write {expected}.", at.name, "type", value, (expected,))
        elif key in _ALLOWED and value not in _ALLOWED[key]:
            found = f'"{key}" is {shown(value)}; allowed are {", ".join(_ALLOWED[key])}.'
            yield Fault(at.pointer, found, "Name one of them.", at.name, "value", value, _ALLOWED[key])


def _more_faults(grader: Mapping[str, Any], kind: str, place: _Place) -> Iterator[Fault]:
    """What a type of grader asks for besides."""
    source, graders, messages = grader.get("source"), grader.get("graders"), grader.get("input")
    if kind == "text_similarity" and grader.get("evaluation_metric") == "cosine":
        at = place.key("evaluation_metric")
        found = 'The metric "cosine" is only available for evals, not for reinforcement fine-tuning.'
        yield Fault(at.pointer, found, "Use another metric, such as fuzzy_match.", at.name, "other", "cosine")
    if kind == "python" and isinstance(source, str) and len(source.encode(errors="replace")) > _MAX_SOURCE:
        at = place.key("source")
        found = "The source of the grader has more than 256 kB."
        yield Fault(at.pointer, found, "Shorten it.", at.name)
    if kind in {"score_model", "label_model"} and isinstance(messages, list):
        yield from _message_faults(messages, place.key("input"))
    if kind == "score_model" and isinstance(grader.get("range"), list):
        yield from _range_faults(grader["range"], place.key("range"))
    for key, allowed in (("model", _JUDGES), ("image_tag", _IMAGES)):
        value, at = grader.get(key), place.key(key)
        if kind == _OF_KIND[key] and isinstance(value, str) and value not in allowed:
            found = f'"{key}" is {shown(value)}; allowed are {", ".join(allowed)}.'
            yield Fault(at.pointer, found, "Name one of them.", at.name, "value", value, allowed)
    if kind == "multi" and isinstance(graders, Mapping):
        yield from _inner_faults(graders, place.key("graders"))


def _message_faults(messages: list[Any], place: _Place) -> Iterator[Fault]:
    for number, message in enumerate(messages):
        at = place.item(number)
        if not isinstance(message, Mapping):
            found = f"A message of the grader is {shown(message)}; it must be an object."
            advice = 'Write {"role": …, "content": …}.'
            yield Fault(at.pointer, found, advice, at.name, "type", message, ("an object",))
            continue
        for key in ("role", "content"):
            if message.get(key) is None:
                found = f'A message of the grader has no "{key}".'
                yield Fault(at.pointer, found, f'Add "{key}".', at.key(key).name, "missing")
        role = message.get("role")
        if role is not None and role not in _ROLES:
            where = at.key("role")
            found = f"The role of a message is {shown(role)}; allowed are {', '.join(_ROLES)}."
            yield Fault(where.pointer, found, "Name one of them.", where.name, "value", role, _ROLES)


def _range_faults(numbers: list[Any], place: _Place) -> Iterator[Fault]:
    if len(numbers) != 2 or not all(_is(number, "a decimal") for number in numbers):
        found = "The range of the scores is not two numbers."
        yield Fault(place.pointer, found, "Write the lowest and the highest score: [0, 1].", place.name)


def _inner_faults(graders: Mapping[str, Any], place: _Place) -> Iterator[Fault]:
    """A multi grader's graders: a map by name, or, as the specification has it, a single one (FACTS.md §4.1)."""
    if is_grader(graders):
        yield from _faults(graders, place, inner=True)
    elif not graders:
        yield Fault(place.pointer, "The multi grader has no graders.", "Write them by name.", place.name)
    else:
        for name, grader in graders.items():
            yield from _faults(grader, place.key(name), inner=True)


def _is(value: object, expected: str) -> bool:
    return isinstance(value, _TYPES[expected]) and not isinstance(value, bool)


def _response_faults(response_format: object) -> Iterator[Fault]:
    pointer = "/response_format"
    hint = 'Write {"type": "json_schema", "json_schema": {"name": …, "schema": {…}, "strict": true}}.'
    inner = response_format.get("json_schema") if isinstance(response_format, Mapping) else None
    if not isinstance(response_format, Mapping) or response_format.get("type") != "json_schema":
        yield Fault(pointer, f"The response format is {shown(response_format)}, and no JSON schema.", hint)
    elif not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
        yield Fault(f"{pointer}/json_schema", "The response format's schema has no name.", hint)
    elif not isinstance(inner.get("schema"), dict):
        yield Fault(f"{pointer}/json_schema", "The response format has no schema.", hint)
    elif fault := fault_of_schema(inner["schema"]):
        yield Fault(f"{pointer}/json_schema/schema", f"The schema is not valid: {fault}.", hint)
