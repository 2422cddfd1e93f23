"""Regular expressions that no text makes slow: anyone who may add a script could else stop the whole process.

`re` backtracks, and takes years for some of them. The engine of the library that checks JSON Schemas does not: it
takes time in proportion to the text. It has neither look-arounds nor backward references.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.faults.words import shown
from drytune_simulator.scripts.saying import ScriptError

__all__ = ["compiled"]

_LONGEST: Final = 1_000
"""Characters of an expression."""
_LARGEST: Final = 1 << 20
"""Bytes of what it is compiled to."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a text has something in it that `pattern` matches.

    Raises:
        ScriptError: It is no regular expression, is too long, or has what the engine does not.
    """
    import jsonschema_rs  # late: few have a pattern

    if len(pattern) > _LONGEST:
        raise ScriptError(f"pattern has {len(pattern)} characters; at most {_LONGEST} may be")
    options = jsonschema_rs.RegexOptions(size_limit=_LARGEST, dfa_size_limit=_LARGEST)
    try:
        validator = jsonschema_rs.Draft202012Validator(
            {"type": "string", "pattern": well_formed(pattern)}, pattern_options=options
        )
    except ValueError:  # which says only that it is none
        raise ScriptError(f"pattern is {shown(pattern)}; {_why(pattern)}") from None
    return lambda text: bool(validator.is_valid(well_formed(text)))


def _why(pattern: str) -> str:
    """Why it cannot be taken."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"it is no regular expression ({error})"
    return (
        "it must do without look-arounds, backward references and very many repetitions; put anything else in "
        "`when`, a function of Python"
    )
