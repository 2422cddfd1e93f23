"""Whole jobs: the files, and what is asked of them."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from drytune.testing.strategies.arguments import check_bool
from drytune.testing.strategies.hyperparameters import METHODS, check_method, hyperparameters
from drytune.testing.strategies.rows import INSTRUCTIONS, Form, jsonl, plain_row
from drytune_simulator import catalog
from drytune_simulator.dataset.forms import Method

__all__ = ["DrawnJob", "jobs", "suffixes"]

_FORMS: Final[Mapping[Method, Form]] = {
    "supervised": "chat",
    "dpo": "preference",
    "reinforcement": "reinforcement",
}
_GRADER: Final = {
    "type": "string_check",
    "name": "answer",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
_LONGEST_SUFFIX: Final = 64


@dataclass(frozen=True, repr=False)
class DrawnJob:
    """A job that the platform takes and that succeeds, still without the ids of its files.

    Attributes:
        training: The training file.
        validation: The validation file, or None.
        request: The body for ``client.fine_tuning.jobs.create``, without `training_file` and `validation_file`.
    """

    training: bytes
    validation: bytes | None
    request: Mapping[str, Any]

    @property
    def model(self) -> str:
        """What is to be trained."""
        return str(self.request["model"])

    def asked(self, training_file: str, validation_file: str | None = None) -> dict[str, Any]:
        """The whole body, with the ids of the files.

        Raises:
            ValueError: It has a validation file, whose id is not given, or the other way round.
        """
        if (validation_file is None) != (self.validation is None):
            has = "none" if self.validation is None else "one"
            msg = f"validation_file is {validation_file!r}, and the job has {has}"
            raise ValueError(msg)
        more = {} if validation_file is None else {"validation_file": validation_file}
        return {**self.request, "training_file": training_file, **more}

    def __repr__(self) -> str:
        """What is asked, with the sizes of the files: all lines would fill the screen."""
        more = "" if self.validation is None else f", validation of {len(self.validation)} bytes"
        return f"<DrawnJob {dict(self.request)!r}: training of {len(self.training)} bytes{more}>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """The same, for Hypothesis, which would show every field of a dataclass."""
        printer.text(repr(self))


def jobs(
    method: Method | None = None,
    *,
    model: str | None = None,
    validation: bool | None = None,
    max_epochs: int = 50,
    files: SearchStrategy[bytes] | None = None,
) -> SearchStrategy[DrawnJob]:
    """Jobs that succeed: files in which nothing is wrong, a model that the method fits, any of the settings.

    The files are plain, of 10 to 14 examples: what is tried is what is asked for, and Hypothesis is quick at it.

    Args:
        method: Of tuning; None for any that there is, or that the model has.
        model: To be trained; None for any that is tuned on chats by that method.
        validation: Whether there is a validation file; None for either.
        max_epochs: Epochs at most.
        files: Other files, as of `datasets`; they must fit the method.

    Raises:
        InvalidArgument: There is no such method or model, they do not fit together, or an argument is of a
            wrong type.
    """
    if validation is not None:
        check_bool(validation=validation)
    if method is not None or model is None:
        check_method(method or "supervised", model)
        methods = METHODS if method is None else (method,)
    else:
        known = catalog.find(model).methods if _is_known(model) else ()
        check_method(known[0] if known else "supervised", model)
        methods = tuple(known)
    choices = {one: _settings(one, model, max_epochs) for one in methods}
    return st.sampled_from(methods).flatmap(lambda one: _jobs(one, choices[one], validation, files))


def suffixes() -> SearchStrategy[str]:
    """What a tuned model's name is to have in it: letters, digits and dashes, of which a name keeps all."""
    return st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=_LONGEST_SUFFIX)


def _settings(method: Method, model: str | None, max_epochs: int) -> SearchStrategy[dict[str, Any]]:
    models = [model] if model is not None else _models(method)
    chosen: dict[str, SearchStrategy[Any]] = {
        "hyperparameters": hyperparameters(method, max_epochs=max_epochs),
    }
    if method == "reinforcement":
        own = st.fixed_dictionaries({"grader": st.just(_GRADER)}, optional=chosen)
    else:
        own = st.fixed_dictionaries({}, optional=chosen)
    asked = own.map(lambda settings: {"type": method, method: settings})
    required: dict[str, SearchStrategy[Any]] = {"model": st.sampled_from(models)}
    optional: dict[str, SearchStrategy[Any]] = {
        "suffix": suffixes(),
        "seed": st.integers(0, 2_147_483_647),
        "metadata": st.dictionaries(
            st.text(string.ascii_lowercase, min_size=1, max_size=64),
            st.text(string.printable, max_size=100),
            max_size=4,
        ),
    }
    # supervised is what a job is that does not say
    (optional if method == "supervised" else required)["method"] = asked
    return st.fixed_dictionaries(required, optional=optional)


@st.composite
def _jobs(
    draw: DrawFn,
    method: Method,
    settings: SearchStrategy[dict[str, Any]],
    validation: bool | None,
    files: SearchStrategy[bytes] | None,
) -> DrawnJob:
    request = draw(settings)
    form: Form = "completion" if _is_completing(request["model"]) else _FORMS[method]
    has_validation = draw(st.booleans()) if validation is None else validation
    training = draw(_plain_files(form, 0) if files is None else files)
    if not has_validation:
        return DrawnJob(training, None, request)
    # of other numbers, so that nothing is validated that was trained on
    return DrawnJob(training, draw(_plain_files(form, 5_000) if files is None else files), request)


def _plain_files(form: Form, beyond: int) -> SearchStrategy[bytes]:
    def examples(first: int, size: int, instructions: str | None) -> bytes:
        numbers = range(beyond + first, beyond + first + size)
        return jsonl(plain_row(form, number, instructions) for number in numbers)

    return st.builds(examples, st.integers(0, 1_000), st.integers(10, 14), st.sampled_from(INSTRUCTIONS))


def _models(method: Method) -> list[str]:
    """All that are tuned by a method, on chats."""
    return [
        model.id for model in catalog.models() if method in model.methods and not _is_completing(model.id)
    ]


def _is_known(model: str) -> bool:
    try:
        catalog.find(model)
    except catalog.UnknownModelError:
        return False
    return True


def _is_completing(model: str) -> bool:
    return model.startswith(("babbage", "davinci"))
