"""A comparison as one page that needs nothing else: no script, no request, light or dark, any width."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from drytune.errors import MissingExtra
from drytune.reports.compare_words import (
    SHADES,
    Saying,
    clean,
    prompt_words,
    rows_of,
    sayings,
    side_words,
    style_lines,
    summary,
    verdict_meanings,
)
from drytune.reports.pages import environment
from drytune.reports.words import counted
from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from drytune.keeping.comparison import Compared, Comparison

__all__ = ["MAX_PROMPTS", "comparison_page", "require_jinja2"]

MAX_PROMPTS: Final = 1_000
"""So many prompts are on the page, the worst; how many more there are is told."""

_NEEDED: Final = "The HTML report needs jinja2: pip install 'drytune[html]'"
_PROMPT: Final = 10_000
_ANSWER: Final = 20_000
_ANSWERS: Final = 20
_LONG: Final = 600
_KINDS: Final = {"text": "", "refusal": "refuses", "error": "error", "empty": "says nothing", "more": ""}


def require_jinja2() -> None:
    """Say early, before anything is asked and paid for, that a page cannot be made; nothing is imported.

    Raises:
        MissingExtra: jinja2 is not installed.
    """
    if find_spec("jinja2") is None:
        raise MissingExtra(_NEEDED)


def comparison_page(comparison: Comparison) -> str:
    """The whole page.

    Raises:
        MissingExtra: jinja2 is not installed.
    """
    templates = environment(_NEEDED)
    shown = comparison.worst(MAX_PROMPTS)
    more = len(comparison.prompts) - len(shown)
    sides = (("Recorded", comparison.recorded), ("New", comparison.new))
    return templates.get_template("compare.html.j2").render(
        archive=clean(comparison.archive, 500),
        summary=summary(comparison),
        sides=[(name, clean(side.model, 500), side_words(side)) for name, side in sides],
        notes=[clean(note, 1_000) for note in comparison.notes],
        stopped=None if comparison.stopped is None else clean(comparison.stopped, 1_000),
        spent=comparison.spent_usd,
        rows=list(rows_of(comparison.measures, comparison.near)),
        style=list(style_lines(comparison.style)),
        verdicts=[
            (verdict, meaning, SHADES[verdict], comparison.verdicts[verdict])
            for verdict, meaning in verdict_meanings(comparison)
        ],
        prompts=[_shown(prompt) for prompt in shown],
        more=counted(more, "prompt") if more else "",
        version=__version__,
    )


def _shown(prompt: Compared) -> dict[str, Any]:
    title = " ".join(clean(prompt.prompt, 120).split())
    return {
        "number": prompt.number,
        "verdict": prompt.verdict,
        "shade": SHADES[prompt.verdict],
        "title": title or "(no words)",
        "asked": clean(prompt.prompt, _PROMPT) if len(prompt.prompt) > len(title) else None,
        "figures": prompt_words(prompt.measures),
        "sides": [
            (name, [_answer(saying) for saying in sayings(side, _ANSWERS, _ANSWER)])
            for name, side in (("Recorded", prompt.recorded), ("New", prompt.new))
        ],
    }


def _answer(saying: Saying) -> dict[str, Any]:
    return {
        "kind": saying.kind,
        "label": _KINDS[saying.kind],
        "times": saying.times,
        "text": f"and {saying.text}" if saying.kind == "more" else saying.text,
        "long": len(saying.text) > _LONG,
    }
