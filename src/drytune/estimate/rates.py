"""Rates of exchange, as they are typed: ``JPY=150`` is 150 yen for one US dollar."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Final

from drytune.errors import UsageError

__all__ = ["checked_rates", "parse_rate", "parse_rates"]

_LARGEST: Final = 1e12
"""No currency has, or had, so many units for a dollar; figures stay finite."""

_NUMBER: Final = re.compile(
    r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?|[+-]?inf(inity)?|[+-]?nan", re.IGNORECASE | re.ASCII
)
"""What is a number, if not always a rate; Python's own would also take 1_000 and digits of other scripts."""

_EXAMPLE: Final = "write for instance JPY=150, which is 150 JPY for one USD"


def parse_rate(text: str) -> tuple[str, float]:
    """The currency in capitals and its units for one USD: ``"JPY=150"`` is ``("JPY", 150.0)``.

    Raises:
        UsageError: It is not three letters, ``=`` and a positive number; USD has no rate.
    """
    currency, equals, number = text.partition("=")
    if not equals:
        raise UsageError(f"{_quoted(text)} is no rate; {_EXAMPLE}.")
    number = number.strip()
    if not _NUMBER.fullmatch(number):
        raise UsageError(f"{_quoted(text)}: {_quoted(number)} is no number; {_EXAMPLE}.")
    return _checked(currency.strip(), float(number))


def parse_rates(texts: Iterable[str]) -> dict[str, float]:
    """All rates by currency, in their order.

    Raises:
        UsageError: One of them is none, or a currency comes twice.
    """
    rates: dict[str, float] = {}
    for text in texts:
        currency, rate = parse_rate(text)
        if currency in rates:
            raise UsageError(f"There are two rates for {currency}; leave one out.")
        rates[currency] = rate
    return rates


def checked_rates(rates: Mapping[str, float]) -> dict[str, float]:
    """`rates` with their currencies in capitals.

    Raises:
        UsageError: A rate is no positive number, or its currency no three letters.
    """
    return dict(_checked(currency, rate) for currency, rate in rates.items())


def _checked(currency: str, rate: float) -> tuple[str, float]:
    code = currency.upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise UsageError(f"{_quoted(currency)} is no currency: it has three letters; {_EXAMPLE}.")
    if code == "USD":
        raise UsageError("Prices are in USD as they are; name another currency.")
    if not (math.isfinite(rate) and 1 / _LARGEST <= rate <= _LARGEST):
        raise UsageError(f"The rate of {code} is {rate:g}; it must be a positive number: {_EXAMPLE}.")
    return code, float(rate)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
