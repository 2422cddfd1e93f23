"""What a comparison found, in words and figures that its reports have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from drytune.keeping.comparison import VERDICTS
from drytune.reports.words import counted

if TYPE_CHECKING:
    from drytune.keeping.comparison import (
        Agreement,
        Calls,
        Comparison,
        Figures,
        Measures,
        Side,
        Style,
        Verdict,
    )
    from drytune.keeping.said import Said

__all__ = [
    "SHADES",
    "Row",
    "Saying",
    "clean",
    "prompt_words",
    "rows_of",
    "sayings",
    "side_words",
    "style_lines",
    "summary",
    "verdict_meanings",
]

SHADES: Final[dict[Verdict, Literal["error", "warning", "info", "ok", "soft"]]] = {
    "error": "error",
    "refused": "error",
    "different": "warning",
    "unrecorded": "soft",
    "varies": "info",
    "alike": "ok",
    "same": "ok",
    "unasked": "soft",
}
"""How loud each verdict is."""

_NOTHING: Final = "–"
# blanks of other scripts, and what joins letters and emoji: not printable by Python's word, and harmless
_HARMLESS: Final = frozenset("\n\u00a0\u3000\u200c\u200d")


class Row(NamedTuple):
    """A figure of both sides.

    Attributes:
        name: Of the figure.
        recorded: Of the recorded side; for agreement, of recorded answers with one another.
        new: Of the new side; for agreement, of new answers with recorded ones.
        meaning: What it says, in a few words.
    """

    name: str
    recorded: str
    new: str
    meaning: str


class Saying(NamedTuple):
    """An answer as it is shown.

    Attributes:
        kind: What it is; a text has no need to be told.
        text: Clean, and cut.
        times: How often it was given.
    """

    kind: Literal["text", "refusal", "error", "empty", "more"]
    text: str
    times: int = 1


def clean(text: str, most: int) -> str:
    """`text` with all that cannot be seen, but ends of lines, spelled out; what is cut off is counted."""
    cut = text[:most].replace("\r\n", "\n").replace("\t", "    ")
    if not cut.isprintable():
        cut = "".join(
            c if c.isprintable() or c in _HARMLESS else c.encode("unicode_escape", "replace").decode()
            for c in cut
        )
    return cut if len(text) <= most else f"{cut}… ({len(text) - most:,} more characters)"


def sayings(answers: Iterable[Said], most: int, characters: int) -> list[Saying]:
    """What one side said to one prompt: each different answer once.

    Args:
        answers: In order.
        most: So many different ones are shown.
        characters: So many of each.
    """
    times: dict[tuple[Literal["text", "refusal", "error", "empty"], str], int] = {}
    for said in answers:
        key = _kind(said), said.words if said.error is None else said.error
        times[key] = times.get(key, 0) + 1
    shown = [
        Saying(kind, clean(text, characters), number) for (kind, text), number in list(times.items())[:most]
    ]
    rest = sum(times.values()) - sum(saying.times for saying in shown)
    return [*shown, Saying("more", counted(rest, "other answer"))] if rest else shown


def _kind(said: Said) -> Literal["text", "refusal", "error", "empty"]:
    if said.error is not None:
        return "error"
    if said.is_empty:
        return "empty"
    return "refusal" if said.refusal is not None and not said.text else "text"


def summary(comparison: Comparison) -> str:
    """``12 prompts: 3 different, 9 same``."""
    given = ", ".join(f"{times:,} {verdict}" for verdict, times in comparison.verdicts.items())
    return f"{counted(len(comparison.prompts), 'prompt')}: {given}"


def side_words(side: Side) -> str:
    """Where a side's answers come from and when, in one line."""
    origin = {
        None: "of unknown origin",
        "recorded": "recorded of a real platform",
        "simulated": "simulated: answers of a simulator",
        "documented": "documented: from documentation and reports",
        "asked": "asked now",
    }.get(side.provenance, str(side.provenance))
    parts = [origin, side.source, side.at, None if side.price is None else f"price: {side.price}"]
    return " · ".join(clean(part, 200) for part in parts if part)


def prompt_words(measures: Measures) -> str:
    """The figures of one prompt in one line."""
    parts: list[str] = []
    agreement, calls = measures.agreement, measures.calls
    if agreement is not None:
        if agreement.exact < 1.0:
            parts.append(f"exact {_share(agreement.exact)}, alike {_share(agreement.near)}")
        if agreement.likeness is not None and agreement.exact < 1.0:
            parts.append(f"likeness {agreement.likeness:.2f}")
    if calls is not None:
        parts.append(f"same functions {_share(calls.names)}, same arguments {_share(calls.arguments)}")
    for name, side in (("recorded", measures.recorded), ("new", measures.new)):
        if side.checked:
            parts.append(f"{name} valid {side.valid} of {side.checked}")
    if measures.length is not None and agreement is not None and agreement.exact < 1.0:
        parts.append(f"length ×{measures.length:.2f}")
    return ", ".join(parts)


def rows_of(measures: Measures, near: float) -> Iterator[Row]:
    """All figures over all prompts; those that neither side has are left out.

    Args:
        measures: Of the whole comparison.
        near: From which likeness on two texts are called alike.
    """
    recorded, new = measures.recorded, measures.new
    yield Row("answers", f"{recorded.answers:,}", f"{new.answers:,}", "without errors")
    yield from _agreements(measures, near)
    if recorded.checked or new.checked:
        meaning = "against the schema of the answer, or of the function that is called"
        yield Row("valid", _validity(recorded), _validity(new), meaning)
    for name, of, meaning in _COUNTS:
        if of(recorded) or of(new):
            yield Row(name, f"{of(recorded):,}", f"{of(new):,}", meaning)
    for name, of_side, form, meaning in _AMOUNTS:
        one, other = of_side(recorded), of_side(new)
        ratio = {"tokens": measures.length_tokens, "characters": measures.length}.get(name)
        if one is not None or other is not None:
            times = "" if ratio is None else f" (×{ratio:.2f})"
            yield Row(name, _figure(one, form), _figure(other, form) + times, meaning)


_COUNTS: Final[tuple[tuple[str, Callable[[Figures], int], str], ...]] = (
    ("errors", lambda side: side.errors, "requests without an answer"),
    ("refusals", lambda side: side.refusals, "answers in which the model refuses"),
    ("empty", lambda side: side.empty, "answers that say nothing"),
    ("cut off", lambda side: side.truncated, "answers that were too long"),
)
_AMOUNTS: Final[tuple[tuple[str, Callable[[Figures], float | None], str, str], ...]] = (
    (
        "tokens",
        lambda side: side.tokens,
        "{:,.1f}",
        "in an answer, as each model counts and bills them; mean",
    ),
    ("characters", lambda side: side.characters, "{:,.1f}", "in an answer; mean"),
    ("cost", lambda side: None if side.usd is None else 1000 * side.usd, "{:,.4f} USD", "of 1,000 answers"),
    ("wait", lambda side: side.wait, "{:,.2f} s", "until an answer began; median"),
    ("latency", lambda side: side.total, "{:,.2f} s", "until an answer was there; median"),
)


def _agreements(measures: Measures, near: float) -> Iterator[Row]:
    own, agreement = measures.own, measures.agreement
    if agreement is not None:
        yield Row(
            "exact",
            _of(own, "exact"),
            _of(agreement, "exact"),
            "pairs of answers with the same text and calls",
        )
        meaning = f"pairs that are exact, equal as JSON, or have a likeness of {near:g} or more"
        yield Row("alike", _of(own, "near"), _of(agreement, "near"), meaning)
        if agreement.likeness is not None:
            its_own = _figure(None if own is None else own.likeness, "{:.2f}")
            meaning = "share of the character n-grams (1 to 3) that a pair has in common"
            yield Row("likeness", its_own, f"{agreement.likeness:.2f}", meaning)
    if measures.calls is not None:
        one, other = measures.own_calls, measures.calls
        yield Row(
            "functions", _of(one, "names"), _of(other, "names"), "pairs that call the same, where one calls"
        )
        yield Row("arguments", _of(one, "arguments"), _of(other, "arguments"), "and with the same arguments")


def _of(shares: Agreement | Calls | None, name: str) -> str:
    return _NOTHING if shares is None else _share(getattr(shares, name))


def _validity(side: Figures) -> str:
    return f"{side.valid:,} of {side.checked:,}" if side.checked else _NOTHING


def style_lines(style: Style | None) -> Iterator[str]:
    """How far the styles are apart, what that means, and what to hold it against."""
    if style is None:
        return
    yield (
        f"The styles are {style.distance:.2f} apart (0 = the same mix of characters, 1 = none in common; the "
        "Jensen-Shannon distance of all groups of three characters)."
    )
    if style.floor is None or style.crossed is None or style.floor_high is None or style.floor_low is None:
        yield "There are too few answers to say how far the recorded ones are from themselves."
        return
    few = ": few, so take it for a hint" if style.units < _FEW else ""
    what = counted(style.units, "prompt")
    what = what if style.by == "prompts" else f"the answers to each of {what}"
    splits = f"over {style.splits} ways to split {what}{few}"
    yield (
        f"Two halves of the recorded answers are {style.floor:.2f} apart ({style.floor_low:.2f} to "
        f"{style.floor_high:.2f} {splits}); a half of them and new answers in the place of the other half, "
        f"{style.crossed:.2f}."
    )
    if style.crossed > style.floor_high:
        yield (
            f"So the new answers are {style.crossed - style.floor:.2f} further from the recorded ones than these "
            "are from themselves: the styles differ."
        )
    else:
        yield "So the new answers are no further from the recorded ones than these are from themselves."
    if style.by == "prompts":
        yield (
            "The halves answer different prompts, whose subjects set them apart too; two recorded answers to each "
            "prompt would give a sharper figure."
        )


_FEW: Final = 10


def verdict_meanings(comparison: Comparison) -> Iterator[tuple[Verdict, str]]:
    """The verdicts that were given, and what they mean."""
    for verdict in comparison.verdicts:
        yield verdict, VERDICTS[verdict]


def _share(share: float) -> str:
    """A share as a percentage; what is not quite all is not 100%, what is not quite nothing not 0%."""
    percent = 100 * share
    if 0 < percent < 1:
        return "<1%"
    return ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def _figure(value: float | None, form: str) -> str:
    return _NOTHING if value is None else form.format(value)
