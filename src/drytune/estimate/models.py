"""The model that a user means, of OpenAI's or of another vendor's."""

from __future__ import annotations

from datetime import date

import msgspec

from drytune.errors import UsageError
from drytune_simulator.catalog import Model, UnknownModelError, UntunableModelError, find
from drytune_simulator.dataset.tokens import ENCODINGS

__all__ = ["model_for"]


def model_for(name: str, encoding: str | None = None, as_of: date | None = None) -> Model:
    """The model called `name`.

    Args:
        name: A snapshot, a floating name, a tuned model's name; with an encoding any name will do.
        encoding: The tokenizer's. It replaces that of a known model. An unknown model is taken for another
            vendor's: it may be tuned in every way, it has no limits and no prices, and no calendar.
        as_of: The day on which a floating name is to be understood.

    Raises:
        UsageError: The model is unknown and no encoding is given, or there is no such encoding here.
    """
    if encoding is not None and encoding not in ENCODINGS:
        raise UsageError(f"Unknown encoding {encoding[:60]!r}; there are {' and '.join(sorted(ENCODINGS))}.")
    try:
        model = find(name, as_of)
    except UnknownModelError as error:
        if encoding is None:
            raise UsageError(_refusal(error)) from None
        return _foreign(name, encoding)
    return model if encoding is None else msgspec.structs.replace(model, encoding=encoding)


def _foreign(name: str, encoding: str) -> Model:
    if not name.strip() or not name.isprintable():
        raise UsageError(f"{name[:60]!r} is no name of a model.")
    return Model(
        id=name,
        released=date(1970, 1, 1),  # not known, and nothing asks
        encoding=encoding,
        methods=("supervised", "dpo", "reinforcement"),
        access="foreign",
        certainty="memory",
    )


def _refusal(error: UnknownModelError) -> str:
    if error.nearest and not isinstance(error, UntunableModelError):
        return str(error)
    return f"{error} For another vendor's model add --encoding, {' or '.join(sorted(ENCODINGS))}."
