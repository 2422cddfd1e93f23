"""How much answers agree, and what is counted of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, product
from statistics import fmean, median
from typing import Final

from drytune.keeping.agreeing import called_alike, is_exact, nearness
from drytune.keeping.collected import Prompt
from drytune.keeping.comparison import Agreement, Calls, Figures, Measures, Verdict
from drytune.keeping.fitting import Judge, judge_of
from drytune.keeping.said import Said

__all__ = ["measures_of", "overall", "verdict_on"]

_SLACK: Final = 0.1
"""So much less than one another may recorded answers be like new ones, and these are said to vary as much."""

_Pair = tuple[Said, Said]


def measures_of(prompt: Prompt, new: Sequence[Said]) -> Measures:
    """All figures of one prompt."""
    recorded, fresh = _answers(prompt.recorded), _answers(new)
    between, among = list(product(recorded, fresh)), list(combinations(recorded, 2))
    fits = judge_of(prompt.body)
    return _measures(
        _agreement(between),
        _agreement(among),
        _calls(between),
        _calls(among),
        _figures(prompt.recorded, fits),
        _figures(new, fits),
    )


def overall(prompts: Sequence[tuple[Prompt, Sequence[Said]]], each: Sequence[Measures]) -> Measures:
    """All figures over all prompts: shares are means over prompts, so that each counts the same."""
    judges = [(judge_of(prompt.body), prompt.recorded, new) for prompt, new in prompts]
    return _measures(
        _mean_agreement(one.agreement for one in each),
        _mean_agreement(one.own for one in each),
        _mean_calls(one.calls for one in each),
        _mean_calls(one.own_calls for one in each),
        _together((recorded, fits) for fits, recorded, _ in judges),
        _together((new, fits) for fits, _, new in judges),
    )


def verdict_on(found: Measures) -> Verdict:
    """A prompt in one word; see `drytune.keeping.comparison.VERDICTS`."""
    agreement, own = found.agreement, found.own
    if agreement is None:
        if found.new.answers:
            return "unrecorded"
        return "error" if found.new.errors else "unasked"
    if found.new.refusals == found.new.answers and found.recorded.refusals < found.recorded.answers:
        return "refused"
    if agreement.exact == 1.0:
        return "same"
    if agreement.near >= 0.5:
        return "alike"
    return "varies" if own is not None and _is_within(agreement, own) else "different"


def _is_within(agreement: Agreement, own: Agreement) -> bool:
    """Whether recorded answers are about as far from one another as from new ones."""
    if agreement.near < own.near:
        return False
    if agreement.likeness is None or own.likeness is None:
        return agreement.likeness is own.likeness
    return agreement.likeness >= own.likeness - _SLACK


def _answers(said: Iterable[Said]) -> list[Said]:
    return [one for one in said if one.error is None]


def _measures(
    agreement: Agreement | None,
    own: Agreement | None,
    calls: Calls | None,
    own_calls: Calls | None,
    recorded: Figures,
    new: Figures,
) -> Measures:
    return Measures(
        agreement=agreement,
        own=own,
        calls=calls,
        own_calls=own_calls,
        recorded=recorded,
        new=new,
        length=_ratio(new.characters, recorded.characters),
        length_tokens=_ratio(new.tokens, recorded.tokens),
    )


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def _agreement(pairs: Sequence[_Pair]) -> Agreement | None:
    if not pairs:
        return None
    degrees = [(is_exact(*pair), *nearness(*pair)) for pair in pairs]
    shared = [share for _, _, share in degrees if share is not None]
    return Agreement(
        pairs=len(pairs),
        exact=fmean(exact for exact, _, _ in degrees),
        near=fmean(exact or near for exact, near, _ in degrees),
        likeness=fmean(shared) if shared else None,
    )


def _calls(pairs: Iterable[_Pair]) -> Calls | None:
    calling = [called_alike(*pair) for pair in pairs if pair[0].calls or pair[1].calls]
    if not calling:
        return None
    return Calls(
        pairs=len(calling),
        names=fmean(names for names, _ in calling),
        arguments=fmean(arguments for _, arguments in calling),
    )


def _mean_agreement(each: Iterable[Agreement | None]) -> Agreement | None:
    there = [one for one in each if one is not None]
    if not there:
        return None
    shared = [one.likeness for one in there if one.likeness is not None]
    return Agreement(
        pairs=sum(one.pairs for one in there),
        exact=fmean(one.exact for one in there),
        near=fmean(one.near for one in there),
        likeness=fmean(shared) if shared else None,
    )


def _mean_calls(each: Iterable[Calls | None]) -> Calls | None:
    there = [one for one in each if one is not None]
    if not there:
        return None
    return Calls(
        pairs=sum(one.pairs for one in there),
        names=fmean(one.names for one in there),
        arguments=fmean(one.arguments for one in there),
    )


def _together(sides: Iterable[tuple[Sequence[Said], Judge]]) -> Figures:
    said: list[Said] = []
    fitting: list[bool] = []
    for answers, fits in sides:
        said += answers
        fitting += _fitting(answers, fits)
    return _counted(said, fitting)


def _figures(said: Sequence[Said], fits: Judge) -> Figures:
    return _counted(said, _fitting(said, fits))


def _fitting(said: Iterable[Said], fits: Judge) -> list[bool]:
    return [fit for one in _answers(said) if (fit := fits(one)) is not None]


def _counted(said: Sequence[Said], fitting: Sequence[bool]) -> Figures:
    answers = _answers(said)
    return Figures(
        answers=len(answers),
        errors=len(said) - len(answers),
        empty=sum(one.is_empty for one in answers),
        refusals=sum(one.refusal is not None for one in answers),
        truncated=sum(one.is_truncated for one in answers),
        checked=len(fitting),
        valid=sum(fitting),
        tokens=_mean(one.completion_tokens for one in answers),
        characters=_mean(len(one.words) for one in answers),
        usd=_mean(one.usd for one in answers),
        wait=_median(one.wait for one in answers),
        total=_median(one.total for one in answers),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
