"""Arguments of the strategies, checked when a strategy is made and not when it is first drawn from."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from hypothesis.errors import InvalidArgument

__all__ = ["check_bool", "check_choice", "check_range"]


def check_range(lower: str, least_value: object, upper: str, most_value: object, *, least: int) -> None:
    """Refuse what is no range of whole numbers from `least` on.

    Raises:
        InvalidArgument: It is not; the message has the argument's name, its value, and what is expected.
    """
    smallest, largest = _whole(lower, least_value), _whole(upper, most_value)
    if smallest < least:
        raise InvalidArgument(f"Expected {lower} of at least {least} but got {lower}={smallest}")
    if largest < smallest:
        raise InvalidArgument(
            f"Cannot have {upper}={largest} less than {lower}={smallest}: nothing could be drawn"
        )


def check_bool(**values: object) -> None:
    """Refuse what is neither true nor false; the names are those of the arguments.

    Raises:
        InvalidArgument: One is not a bool.
    """
    for name, value in values.items():
        if not isinstance(value, bool):
            raise InvalidArgument(f"Expected bool but got {name}={value!r} (type={type(value).__name__})")


def check_choice(name: str, value: object, allowed: Iterable[str]) -> None:
    """Refuse what is not among the `allowed`, and name the nearest.

    Raises:
        InvalidArgument: It is not.
    """
    known = list(allowed)
    if value in known:
        return
    close = difflib.get_close_matches(value, known, 1, 0) if isinstance(value, str) else []
    nearest = f"; the nearest is {close[0]!r}" if close else ""
    raise InvalidArgument(f"Unknown {name}={value!r}{nearest}. Known are {', '.join(sorted(known))}")


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidArgument(f"Expected int but got {name}={value!r} (type={type(value).__name__})")
    return value
