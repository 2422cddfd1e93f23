"""The formula of a multi grader, ``0.5 * name + 0.5 * min(email, 1)``, read and calculated without ``eval``.

Operators and functions are those of the guide "Graders" (O); precedence is Python's, with ``^`` for ``**`` (I).
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

__all__ = ["Formula", "FormulaError"]

_LONGEST: Final = 10_000
_DEEPEST: Final = 50
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>[-+*/^(),]))"
)
_ONE: Final[dict[str, Callable[[float], float]]] = {
    "abs": abs,
    "floor": lambda number: float(math.floor(number)),
    "ceil": lambda number: float(math.ceil(number)),
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
}
_MANY: Final[dict[str, Callable[[list[float]], float]]] = {"min": min, "max": max}


def _power(base: float, exponent: float) -> float:
    result = base**exponent
    if isinstance(result, complex):
        msg = "a negative number to a fractional power"
        raise ValueError(msg)  # noqa: TRY004 - the numbers are wrong, not their types
    return float(result)


_TWO: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": _power,
}

_Step = Callable[[list[float], Mapping[str, float]], None]


class FormulaError(ValueError):
    """A formula that cannot be read, or not be calculated; the text says why."""


class Formula:
    """A formula that was read.

    It is kept as steps on a stack of numbers: a long one takes no more of Python's own stack than a short one.

    Attributes:
        names: The graders that it names, in order.

    Raises:
        FormulaError: It is longer than 10,000 characters, nested deeper than 50 levels, or no formula.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            msg = f"the formula has {len(text)} characters; at most {_LONGEST} are read"
            raise FormulaError(msg)
        parser = _Parser(text)
        self._steps = tuple(parser.formula())
        self.names = tuple(parser.names)

    def __call__(self, values: Mapping[str, float]) -> float:
        """The number that it comes to, finite.

        Args:
            values: The reward of each grader that is named.

        Raises:
            KeyError: A name has no value.
            FormulaError: Division by zero, the root of a negative number, a number too large for a float …
        """
        stack: list[float] = []
        try:
            for step in self._steps:
                step(stack, values)
        except (ArithmeticError, ValueError) as error:
            msg = f"the formula cannot be calculated: {error}"
            raise FormulaError(msg) from error
        if not math.isfinite(stack[-1]):
            msg = "the formula cannot be calculated: the result is no finite number"
            raise FormulaError(msg)
        return stack[-1]


def _number(value: float) -> _Step:
    return lambda stack, _: stack.append(value)


def _name(name: str) -> _Step:
    return lambda stack, values: stack.append(float(values[name]))


def _negate(stack: list[float], _: Mapping[str, float]) -> None:
    stack[-1] = -stack[-1]


def _apply_two(function: Callable[[float, float], float]) -> _Step:
    def step(stack: list[float], _: Mapping[str, float]) -> None:
        right = stack.pop()
        stack[-1] = function(stack[-1], right)

    return step


def _apply_one(function: Callable[[float], float]) -> _Step:
    def step(stack: list[float], _: Mapping[str, float]) -> None:
        stack[-1] = float(function(stack[-1]))

    return step


def _apply_many(function: Callable[[list[float]], float], count: int) -> _Step:
    def step(stack: list[float], _: Mapping[str, float]) -> None:
        stack[-count:] = [function(stack[-count:])]

    return step


class _Parser:
    """Recursive descent; what is deeper than `_DEEPEST` is refused before Python would."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0
        self._depth = 0
        self.names: dict[str, None] = {}

    def formula(self) -> Iterator[_Step]:
        yield from self._sum()
        if (kind_and_text := self._next()) is not None:
            msg = f"the formula goes on with {kind_and_text[1]!r} where it should end"
            raise FormulaError(msg)

    def _peek(self) -> str:
        """The next sign, or nothing if it is something else."""
        kind, text = self._tokens[self._place] if self._place < len(self._tokens) else ("", "")
        return text if kind == "sign" else ""

    def _next(self) -> tuple[str, str] | None:
        if self._place == len(self._tokens):
            return None
        self._place += 1
        return self._tokens[self._place - 1]

    def _expect(self, sign: str) -> None:
        token = self._next()
        if token != ("sign", sign):
            found = "ends" if token is None else f"has {token[1]!r}"
            msg = f"the formula {found} where {sign!r} should be"
            raise FormulaError(msg)

    def _sum(self) -> Iterator[_Step]:
        yield from self._product()
        while (sign := self._peek()) in ("+", "-"):
            self._place += 1
            yield from self._product()
            yield _apply_two(_TWO[sign])

    def _product(self) -> Iterator[_Step]:
        yield from self._signed()
        while (sign := self._peek()) in ("*", "/"):
            self._place += 1
            yield from self._signed()
            yield _apply_two(_TWO[sign])

    def _signed(self) -> Iterator[_Step]:
        """Minus binds less than a power, as in Python: ``-2 ^ 2`` is -4."""
        negative = False
        while (sign := self._peek()) in ("+", "-"):
            self._place += 1
            negative ^= sign == "-"
        yield from self._powers()
        if negative:
            yield _negate

    def _powers(self) -> Iterator[_Step]:
        yield from self._operand()
        if self._peek() == "^":
            self._place += 1
            self._deeper()
            yield from self._signed()
            self._depth -= 1
            yield _apply_two(_power)

    def _operand(self) -> Iterator[_Step]:
        token = self._next()
        if token is None:
            msg = "the formula ends where a number or a grader's name should be"
            raise FormulaError(msg)
        kind, text = token
        if kind == "number":
            yield _number(float(text))
        elif kind == "name" and self._peek() == "(":
            yield from self._call(text)
        elif kind == "name":
            self.names[text] = None
            yield _name(text)
        elif text == "(":
            self._deeper()
            yield from self._sum()
            self._depth -= 1
            self._expect(")")
        else:
            msg = f"the formula has {text!r} where a number or a grader's name should be"
            raise FormulaError(msg)

    def _call(self, function: str) -> Iterator[_Step]:
        if function not in _ONE and function not in _MANY:
            msg = f"there is no function {function!r}; the functions are {', '.join((*_MANY, *_ONE))}"
            raise FormulaError(msg)
        self._expect("(")
        self._deeper()
        yield from self._sum()
        count = 1
        while self._peek() == ",":
            self._place += 1
            yield from self._sum()
            count += 1
        self._depth -= 1
        self._expect(")")
        if function in _MANY:
            yield _apply_many(_MANY[function], count)
        elif count == 1:
            yield _apply_one(_ONE[function])
        else:
            msg = f"{function} takes one number, but got {count}"
            raise FormulaError(msg)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            msg = f"the formula is nested deeper than {_DEEPEST} levels"
            raise FormulaError(msg)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place:].lstrip()
            msg = f"the formula has {rest[:1]!r}, which means nothing in it"
            raise FormulaError(msg)
        place = match.end()
        yield match.lastgroup or "", match[match.lastgroup or 0]
