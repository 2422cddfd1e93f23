"""A dataset's verdict and bill, before anything is sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

from drytune.errors import UsageError
from drytune.estimate import checked_budget, checked_rates, estimate, model_for, notices, over_budget
from drytune.report import FileReport, Report
from drytune_simulator.catalog import Model
from drytune_simulator.dataset.forms import METHODS, Method
from drytune_simulator.dataset.lens import Level, Policy
from drytune_simulator.dataset.question import Question, question
from drytune_simulator.dataset.verdict import Usage, Verdict, conclude

if TYPE_CHECKING:
    from drytune.sources import Source
    from drytune_simulator.dataset.facts import Facts

__all__ = ["CheckInterrupted", "FileReport", "Report", "StrPath", "check"]

StrPath = str | os.PathLike[str]
Progress = Callable[[int, int | None], None]

MAX_EPOCHS = 50  # FACTS.md §4.1


class CheckInterrupted(KeyboardInterrupt):
    """Ctrl-C; `report` is the verdict on what had been looked at by then."""

    def __init__(self, report: Report) -> None:
        super().__init__("interrupted")
        self.report = report


def check(
    paths: StrPath | Iterable[StrPath],
    model: str = "gpt-4.1-mini",
    *,
    method: str | None = None,
    as_of: date | None = None,
    n_epochs: int | None = None,
    validation: StrPath | None = None,
    encoding: str | None = None,
    rules: Mapping[str, str] | None = None,
    grader: Mapping[str, Any] | None = None,
    response_format: Mapping[str, Any] | None = None,
    max_usd: float | None = None,
    rates: Mapping[str, float] | None = None,
    workers: int | None = None,
    engine: Literal["local", "ray"] = "local",
    progress: Progress | None = None,
) -> Report:
    """What the platform would say to training files, and what the training would cost.

    Nothing is sent anywhere, and no clock is read.

    Args:
        paths: One file or several, each a training file of its own: paths, patterns such as ``data/*.jsonl``,
            URLs, ``-`` for standard input; ``.gz`` and ``.zst`` are read as what is packed in them.
        model: A snapshot, a floating name such as ``gpt-4.1-mini``, or a tuned model.
        method: ``supervised``, ``dpo`` or ``reinforcement``; None means what the first lines of a file look like.
        as_of: The day for which names, prices and retirements are wanted; None means the last known ones and no
            word about retirements.
        n_epochs: 1 to 50; None means ``auto``.
        validation: A validation file: it is looked at too, and what of it is trained on is told.
        encoding: ``o200k_base`` or ``cl100k_base``, where it is not the model's own; with it the model may be
            unknown.
        rules: ``off``, ``error``, ``warning`` or ``info`` by the code of a rule.
        grader: Of a reinforcement job, as the API takes it; its templates say what each example must have.
        response_format: Of a reinforcement job, as the API takes it.
        max_usd: An error, if the training may cost more, of all files together; 0 means nothing may be spent.
        rates: Units of other currencies for one USD, by their codes.
        workers: Processes for large files; None means as many as there are cores.
        engine: ``local``, or ``ray`` for a cluster.
        progress: Is told how many bytes are done, of how many (None if unknown).

    Raises:
        UsageError: A file cannot be read or is named twice, the model or a rule is unknown, a grader or a response
            format is given for no reinforcement, or another argument is out of range.
        CheckInterrupted: Ctrl-C; a `KeyboardInterrupt` that carries the verdict so far.
    """
    from drytune.engines import Interrupted, inspect_many
    from drytune.sources import find_sources, require_distinct

    sources = find_sources([paths] if isinstance(paths, str | os.PathLike) else paths)
    if not sources:
        raise UsageError("There is no file to check; name at least one.")
    require_distinct(sources)
    if n_epochs is not None and not 1 <= n_epochs <= MAX_EPOCHS:
        raise UsageError(f"n_epochs is {n_epochs}; it must be from 1 to {MAX_EPOCHS}.")
    policy = _policy(rules)
    wanted = _Wanted(
        model=model_for(model, encoding, as_of),
        method=_method(method),
        as_of=as_of,
        n_epochs=n_epochs,
        encoding=encoding,
        policy=policy,
        grader=grader,
        response_format=response_format,
        rates=checked_rates(rates or {}),
        max_usd=checked_budget(max_usd),
    )
    questions = [wanted.question(source) for source in sources]
    wanted.require_use_of_grader(questions)
    held_out = None
    if validation is not None:  # it is for the same job, whatever its own lines look like
        held_out = _one_file(validation, sources)
        questions.append(wanted.question(held_out, questions[0].method))
    inspected = sources if held_out is None else [*sources, held_out]
    lenses = [asked.lens for asked in questions]
    try:
        facts: list[Facts] | tuple[Facts, ...] = inspect_many(
            inspected, lenses, engine=engine, workers=workers, progress=progress
        )
    except Interrupted as stop:
        report = wanted.report(sources, held_out, questions, stop.facts, partial=True)
        raise CheckInterrupted(report) from stop
    return wanted.report(sources, held_out, questions, facts)


class _Wanted(msgspec.Struct, frozen=True):
    """What was asked of all files."""

    model: Model
    method: Method | None
    as_of: date | None
    n_epochs: int | None
    encoding: str | None
    policy: Policy
    grader: Mapping[str, Any] | None
    response_format: Mapping[str, Any] | None
    rates: dict[str, float]
    max_usd: float | None

    def question(self, source: Source, method: Method | None = None) -> Question:
        """What is asked of one file, by what its first lines are."""
        from drytune.engines import first_block

        return question(
            first_block(source),
            model=self.model,
            method=method or self.method,
            n_epochs=self.n_epochs,
            policy=self.policy,
            encoding=self.encoding,
            grader=self.grader,
            response_format=self.response_format,
        )

    def require_use_of_grader(self, questions: list[Question]) -> None:
        """Refuse what only reinforcement has, if no file is for it: it would decide nothing.

        Raises:
            UsageError: A grader or a response format was given, and nothing to use it for.
        """
        methods = dict.fromkeys(asked.method for asked in questions)
        if "reinforcement" in methods:
            return
        for option, value in (("--grader", self.grader), ("--response-format", self.response_format)):
            if value is not None:
                found = "asked for" if self.method is not None else "found"
                raise UsageError(
                    f"{option} is for reinforcement only, and the method {found} is {' and '.join(methods)}; leave"
                    f" {option} out, or name --method reinforcement."
                )

    def report(
        self,
        sources: list[Source],
        held_out: Source | None,
        questions: list[Question],
        facts: list[Facts] | tuple[Facts, ...],
        *,
        partial: bool = False,
    ) -> Report:
        """The report on all files, by questions and facts; those of a validation file come last."""
        other = facts[-1] if held_out is not None else None
        verdicts = [
            conclude(
                fact,
                asked,
                filename=source.filename,
                name=source.name,
                validation=other,
                validation_name=held_out.name if held_out is not None else "",
                partial=partial,
            )
            for source, asked, fact in zip(sources, questions, facts, strict=False)
        ]
        files = tuple(self._file(source, verdict) for source, verdict in zip(sources, verdicts, strict=True))
        validation = None
        if held_out is not None and other is not None:
            verdict = conclude(
                other,
                questions[-1],
                filename=held_out.filename,
                name=held_out.name,
                is_validation=True,
                partial=partial,
            )
            validation = self._file(held_out, verdict)
        tokens = _sum([file.tokens for file in files])
        examples = sum(file.examples for file in files)
        epochs = {file.epochs for file in files}
        cost = estimate(self.model, tokens, examples, self.as_of, self.rates)
        exceeded = over_budget(cost, self.max_usd, self.policy)
        return Report(
            model=self.model.id,
            method=files[0].method,
            examples=examples,
            tokens=tokens,
            epochs=epochs.pop() if len(epochs) == 1 else None,
            cost=cost,
            findings=(
                *notices(self.model, self.as_of, self.policy),
                *([] if exceeded is None else [exceeded]),
                *(finding for file in files for finding in file.findings),
                *(() if validation is None else validation.findings),
            ),
            files=files,
            validation=validation,
        )

    def _file(self, source: Source, verdict: Verdict) -> FileReport:
        cost = estimate(self.model, verdict.tokens, verdict.examples, self.as_of, self.rates)
        return FileReport(source.name, self.model.id, cost, verdict.findings, verdict)


def _one_file(validation: StrPath, training: list[Source]) -> Source:
    """The validation file.

    Raises:
        UsageError: There is none, or there are several, or it is standard input and so is the training file.
    """
    from drytune.sources import find_sources

    found = find_sources([validation])
    if len(found) != 1:
        raise UsageError(f"{os.fspath(validation)} is {len(found)} files; name one file for validation.")
    if not found[0].shared and not all(source.shared for source in training):
        raise UsageError("Standard input (-) is named twice; it can be read only once.")
    return found[0]


def _method(method: str | None) -> Method | None:
    for known in METHODS:
        if method == known:
            return known
    if method is not None:
        raise UsageError(f"There is no method {method!r}; there are {', '.join(METHODS)}.")
    return None


def _policy(rules: Mapping[str, str] | None) -> Policy:
    """The levels of rules, checked."""
    from drytune.config import known_rules, unknown_rule

    levels: dict[str, Level] = {level: level for level in get_args(Level)}
    policy: Policy = {}
    for code, level in (rules or {}).items():
        if code not in known_rules():
            raise unknown_rule(code)
        if level not in levels:
            raise UsageError(f"The level of {code} is {level!r}; there are {', '.join(levels)}.")
        policy[code] = levels[level]
    return policy


def _sum(many: list[Usage]) -> Usage:
    names = Usage.__struct_fields__
    return Usage(**{name: sum(getattr(tokens, name) for tokens in many) for name in names})
