"""What to know before one believes the figures of a comparison."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from drytune.keeping.comparison import Comparison, Side

__all__ = ["notes_on"]

_PLACEHOLDER: Final = "REDACTED"


def notes_on(found: Comparison, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Where the answers come from, and what the figures do not cover; a sentence each.

    Args:
        found: What was found.
        manifest: Of the archive; empty for any other recording.
    """
    unfinished = "The archive is not finished: some prompts have fewer answers than were wanted, or none."
    return (
        *([unfinished] if manifest.get("complete") is False else []),
        *_of_side(found.recorded, "recorded"),
        *_of_side(found.new, "new"),
        *_of_prompts(found),
        *_of_style(found),
        *_of_tokens(found),
    )


def _of_side(side: Side, whose: str) -> Iterator[str]:
    if side.provenance == "simulated":
        yield (
            f"The {whose} answers are of a simulator: they show that the comparison works, and nothing about "
            f"{side.model}."
        )
    elif side.provenance == "documented":
        yield f"The {whose} answers are from documentation and reports, not from a run of {side.model}."
    elif side.provenance is None:
        yield f"Nobody has said where the {whose} answers come from."
    if side.price is None:
        yield f"No price of {side.model} is known, so its cost is not."


def _of_prompts(found: Comparison) -> Iterator[str]:
    count = len(found.prompts)
    if not found.complete:
        asked = sum(prompt.verdict != "unasked" for prompt in found.prompts)
        yield f"Only {asked:,} of {count:,} prompts were asked."
    twice = sum(prompt.measures.own is not None for prompt in found.prompts)
    if twice == 0:
        yield (
            "No prompt has two recorded answers: how much the recorded model differs from itself is not known, "
            "and a model that is asked twice seldom says the same twice."
        )
    elif twice < count:
        yield (
            f"Only {twice:,} of {count:,} prompts have two recorded answers; how much these agree with one "
            "another is told of those."
        )
    hidden = sum(_PLACEHOLDER in json.dumps(prompt.request) for prompt in found.prompts)
    if hidden:
        yield (
            f"Something was redacted in {hidden:,} of the prompts before they were kept: the new model was asked "
            "with the placeholders."
        )


def _of_style(found: Comparison) -> Iterator[str]:
    if found.style is None:
        yield "No prompt has answers in words on both sides: how far the styles are apart is not known."


def _of_tokens(found: Comparison) -> Iterator[str]:
    said = [one for prompt in found.prompts for one in (*prompt.recorded, *prompt.new)]
    unsaid = sum(one.completion_tokens is None for one in said if one.error is None)
    if unsaid:
        yield (
            f"{unsaid:,} of the answers do not say how many tokens they took; they are in no figure of tokens or "
            "cost."
        )
