"""What differs between what was expected and what came, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["MISSING", "Difference", "differences", "fits", "side_by_side"]


class _Missing:
    def __repr__(self) -> str:
        return "(nothing)"


MISSING: Final = _Missing()
"""What stands where there is no such field."""

_WIDEST: Final = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as expected.

    Attributes:
        place: Its name, with those of what it is in: ``hyperparameters.n_epochs``, ``messages[0].content``.
        wanted: What was expected.
        given: What came; `MISSING` if nothing did.
    """

    place: str
    wanted: Any
    given: Any


def fits(wanted: object, given: object) -> bool:
    """Whether `given` is as wanted; of an object, what is not named does not count, at any depth."""
    return next(differences(wanted, given), None) is None


def differences(wanted: object, given: object, place: str = "") -> Iterator[Difference]:
    """Where `given` is not as wanted.

    Args:
        wanted: Of an object, what is not named does not count; a list has to be as long.
        given: What came.
        place: Where both are.
    """
    if isinstance(wanted, Mapping) and isinstance(given, Mapping):
        for name, value in wanted.items():
            there = f"{place}.{name}" if place else str(name)
            yield from differences(value, given.get(name, MISSING), there)
    elif _is_list(wanted) and _is_list(given) and len(wanted) == len(given):  # type: ignore[arg-type]
        for number, (one, other) in enumerate(zip(wanted, given, strict=True)):  # type: ignore[call-overload]
            yield from differences(one, other, f"{place}[{number}]")
    elif not _equal(wanted, given):
        yield Difference(place, wanted, given)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _equal(wanted: object, given: object) -> bool:
    if isinstance(wanted, bool) is not isinstance(given, bool):  # True is no 1 in JSON
        return False
    return bool(wanted == given)


def side_by_side(found: Iterable[Difference], *, indent: str = "  ") -> str:
    """Differences as a table: the field, what was expected, what came."""
    rows = [("", "expected", "came")]
    rows += [(one.place, _shown(one.wanted), _shown(one.given)) for one in found]
    widths = [min(_WIDEST, max(len(row[column]) for row in rows)) for column in (0, 1)]
    return "\n".join(
        f"{indent}{name:<{widths[0]}}  {wanted:<{widths[1]}}  {given}".rstrip()
        for name, wanted, given in rows
    )


def _shown(value: object) -> str:
    if isinstance(value, _Missing):
        return repr(value)
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
