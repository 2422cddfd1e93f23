"""The platform's refusals about keys, routes, files, jobs and models, in one table.

Those about the type and range of a parameter are asked for in `checks`.

`grade` says how sure the wording is (the grades of FACTS.md): O official, R recorded real answer, U one
user's report, I inferred, M from memory, D drytune's own because no wording is known.
"""

from __future__ import annotations

from drytune_simulator.errors.answers import ANSWERS
from drytune_simulator.errors.files import FILES
from drytune_simulator.errors.general import GENERAL
from drytune_simulator.errors.models import MODELS
from drytune_simulator.errors.others import OTHERS
from drytune_simulator.errors.own import OWN
from drytune_simulator.errors.refusal import Refusal
from drytune_simulator.errors.responses import RESPONSES
from drytune_simulator.errors.tuning import TUNING
from drytune_simulator.http import ApiError

__all__ = ["REFUSALS", "Refusal", "refuse"]

REFUSALS: dict[str, Refusal] = {
    **GENERAL,
    **FILES,
    **TUNING,
    **MODELS,
    **ANSWERS,
    **RESPONSES,
    **OTHERS,
    **OWN,
}


def refuse(key: str, /, *, reason: str | None = None, **values: object) -> ApiError:
    """The refusal `key` of the table as an exception, its wording filled in.

    Raises:
        KeyError: No such refusal, or a value that its wording needs is missing.
    """
    row = REFUSALS[key]
    return ApiError(
        row.status,
        row.message.format(**values),
        type=row.type,
        param=row.param.format(**values) if row.param else None,
        code=row.code.format(**values) if row.code else None,
        headers=row.headers,
        reason=reason,
    )
