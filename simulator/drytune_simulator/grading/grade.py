"""What a grader says of a sample. What goes wrong on the way is told by flags, and is worth nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from drytune_simulator.dataset.grader import is_grader
from drytune_simulator.grading.formula import Formula, FormulaError
from drytune_simulator.grading.similarity import TooMuchError, similarity
from drytune_simulator.grading.templates import (
    LONGEST,
    InvalidVariableError,
    Sample,
    SampleNotParsedError,
    TooLongError,
    fill,
)
from drytune_simulator.wire.objects import GraderRunErrors

__all__ = ["GRADED", "Grade", "grade", "grader_warnings", "inner_graders"]

GRADED: Final = ("string_check", "text_similarity", "multi")
"""Types of graders that are calculated here."""

_SINGLE: Final = (
    "The specification has a single grader under `graders`, but the platform was seen to want them by name, "
    "e.g. \"Invalid type for 'graders.input': expected an object, but got a string instead.\""
)


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """A reward and how it came about.

    Attributes:
        reward: 0 to 1, or what the formula of a multi grader comes to; 0 if something went wrong.
        errors: The flags of what went wrong, in the grader itself or in one of a multi grader's.
        rewards: Those of a multi grader's graders, by name.
        reasons: What went wrong, in words.
    """

    reward: float = 0.0
    errors: GraderRunErrors = msgspec.field(default_factory=GraderRunErrors)
    rewards: dict[str, float] = msgspec.field(default_factory=dict)
    reasons: tuple[str, ...] = ()


def inner_graders(grader: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The graders of a multi grader by the names that its formula has for them; none of another grader.

    They are a map by name, or, as in the specification, a single one with a name of its own (FACTS.md §4.1).
    """
    graders: Mapping[str, Any] = grader["graders"] if grader["type"] == "multi" else {}
    return {str(graders.get("name", "")): graders} if is_grader(graders) else graders


def grader_warnings(grader: Mapping[str, Any]) -> Iterator[str]:
    """What of a well-formed grader would still go wrong when it runs, or at the platform."""
    if grader["type"] != "multi":
        return
    if is_grader(grader["graders"]):
        yield _SINGLE
    try:
        unknown = set(Formula(grader["calculate_output"]).names) - set(inner_graders(grader))
    except FormulaError as error:
        yield f"calculate_output: {error}."
    else:
        if unknown:
            yield f"calculate_output names {', '.join(sorted(unknown))}, which no grader is called."


def grade(grader: Mapping[str, Any], item: Mapping[str, Any], sample: str) -> Grade:
    """The reward of `sample`.

    Args:
        grader: A well-formed grader (`dataset.grader.read_grader`) of a type among `GRADED`, all through.
        item: The row of the dataset that the sample is an answer to.
        sample: What the model has answered.

    Raises:
        MissingLibraryError: A metric needs a library that is not installed.
    """
    if grader["type"] == "multi":
        return _multi(grader, item, Sample(sample))
    return _single(grader, item, Sample(sample))


def _single(grader: Mapping[str, Any], item: Mapping[str, Any], sample: Sample) -> Grade:
    try:
        text, reference = (fill(grader[key], item, sample) for key in ("input", "reference"))
        if grader["type"] == "string_check":
            return Grade(reward=float(_CHECKS[grader["operation"]](text, reference)))
        return Grade(reward=similarity(grader["evaluation_metric"], text, reference))
    except InvalidVariableError as error:
        errors = GraderRunErrors(invalid_variable_error=True, invalid_variable_error_details=str(error))
        return Grade(errors=errors, reasons=(str(error),))
    except SampleNotParsedError as error:
        errors = GraderRunErrors(sample_parse_error=True, sample_parse_error_details=str(error))
        return Grade(errors=errors, reasons=(f"the sample is no JSON: {error}",))
    except TooLongError:
        reason = f"drytune grades texts of at most {LONGEST} characters"
    except TooMuchError:
        reason = (
            "drytune does not compare texts that long by fuzzy_match, of which one is a part of the other"
        )
    return Grade(errors=GraderRunErrors(other_error=True), reasons=(reason,))


def _multi(grader: Mapping[str, Any], item: Mapping[str, Any], sample: Sample) -> Grade:
    """A grader that goes wrong counts as 0 in the formula (I: the guide says so of a python grader's)."""
    grades = {name: _single(inner, item, sample) for name, inner in inner_graders(grader).items()}
    rewards = {name: one.reward for name, one in grades.items()}
    errors = GraderRunErrors()
    reasons = [f"{name}: {reason}" for name, one in grades.items() for reason in one.reasons]
    for one in grades.values():
        for field in errors.__struct_fields__:
            setattr(errors, field, getattr(errors, field) or getattr(one.errors, field))
    reward = 0.0
    try:
        formula = Formula(grader["calculate_output"])
    except FormulaError as error:
        errors.formula_parse_error = True
        reasons.append(f"calculate_output: {error}")
    else:
        unknown = ", ".join(name for name in formula.names if name not in rewards)
        try:
            reward = formula(rewards)
        except KeyError:
            errors.invalid_variable_error = True
            errors.invalid_variable_error_details = f"calculate_output names {unknown}"
            reasons.append(f"calculate_output names {unknown}, which no grader is called")
        except FormulaError as error:
            errors.other_error = True
            reasons.append(f"calculate_output: {error}")
    return Grade(reward=reward, errors=errors, rewards=rewards, reasons=tuple(reasons))


_CHECKS: Final[dict[str, Callable[[str, str], bool]]] = {
    "eq": lambda text, reference: text == reference,
    "ne": lambda text, reference: text != reference,
    "neq": lambda text, reference: text != reference,
    "like": lambda text, reference: reference in text,
    "ilike": lambda text, reference: reference.casefold() in text.casefold(),
}
"""``like`` is "contains", not a pattern of SQL's; ``neq`` is the guide's word for ``ne`` (O)."""
