"""What a plan costs: tokens and their range, prices and from where they are, and the worst case of each answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import msgspec

from drytune.errors import UsageError
from drytune.estimate import source_of
from drytune.workflow.plan import Correction, Estimate, Prices

if TYPE_CHECKING:
    from drytune.keeping.doors import Door
    from drytune.report import Report
    from drytune_simulator.catalog import Model

__all__ = ["Worst", "catalog_prices", "estimate_of", "given_prices", "prices_for"]

_AMOUNTS: Final = ("training", "input", "cached", "output", "base_input", "base_cached", "base_output")
_LIMITS: Final = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_MARGIN: Final = 16


def catalog_prices(model: Model, day: date) -> Prices:
    """The prices of tuning `model` on `day`, of what is tuned from it, and of itself."""
    tuned, base = model.price_on(day), model.base_price
    return Prices(
        training=tuned.training,
        input=tuned.input,
        cached=tuned.input if tuned.cached_input is None else tuned.cached_input,
        output=tuned.output,
        base_input=base.input,
        base_cached=base.input if base.cached_input is None else base.cached_input,
        base_output=base.output,
        source=source_of(tuned),
    )


def prices_for(name: str, model: Model, day: date, given: Prices | None) -> Prices:
    """The prices of tuning what is called `name`.

    What is tuned further is a tuned model already, and is asked at such a one's price when it is compared with.

    Args:
        name: Of a snapshot or a tuned model.
        model: The base model that it is, or was tuned from.
        day: Whose prices count.
        given: Instead of the catalog's.
    """
    prices = catalog_prices(model, day) if given is None else given
    if not name.startswith("ft:"):
        return prices
    return msgspec.structs.replace(
        prices, base_input=prices.input, base_cached=prices.cached, base_output=prices.output
    )


def given_prices(table: Mapping[str, float] | None, source: str) -> Prices | None:
    """The prices that a profile has; None if it has none.

    Args:
        table: USD per million tokens by the names that `Prices` has; with dashes as well as underscores.
        source: Where they are from, in words.

    Raises:
        UsageError: A name is unknown, or a price is no amount.
    """
    if not table:
        return None
    amounts: dict[str, float] = {}
    for name, usd in table.items():
        field = name.replace("-", "_")
        if field not in _AMOUNTS:
            raise UsageError(f"{source}: there is no price {name!r}; there are {', '.join(_AMOUNTS)}.")
        if isinstance(usd, bool) or not (math.isfinite(usd) and usd >= 0):
            raise UsageError(f"{source}: the price {name} is {usd}; it must be 0 or more, in US dollars.")
        amounts[field] = float(usd)
    return Prices(**amounts, source=source)


class Worst:
    """The most that an answer costs, before it is asked for.

    Args:
        model: The snapshot that is tuned, of the catalog or not.
        prices: Of the tuned model and of the base model.
    """

    def __init__(self, model: str, prices: Prices) -> None:
        from drytune.keeping.budget import base_of

        self._base = base_of(model)
        self._model = model
        self._prices = prices

    def of(self, body: Mapping[str, Any], *, tuned: bool) -> float:
        """In USD: the prompt as it is counted offline and some more, and the longest answer that may come.

        Args:
            body: Of the request.
            tuned: Whether the tuned model is asked, rather than the base model.

        Raises:
            UsageError: Nobody can say; the sentence says why.
        """
        from drytune.keeping.budget import Budget, Price

        prices = self._prices
        asked = prices.input if tuned else prices.base_input
        said = prices.output if tuned else prices.base_output
        if asked is None or said is None:
            which = f"a model tuned from {self._model}" if tuned else self._model
            raise UsageError(f"no price of answers of {which} is known")
        if self._base is None:
            return Price(asked, said, asked).of(*_longest(body, self._model))
        name = f"ft:{self._base.id}:any::00000000" if tuned else self._base.id
        budget = Budget(name, date.min, None)
        # with a limit it says so where it cannot know, instead of taking nothing for granted
        budget.max_usd, budget.price = math.inf, Price(asked, said, asked)
        return budget.worst(_door(body), {field: value for field, value in body.items() if field != "model"})

    def sum(self, bodies: Iterable[Mapping[str, Any]], *, tuned: bool) -> float:
        """Of several answers."""
        return math.fsum(self.of(body, tuned=tuned) for body in bodies)


def estimate_of(
    report: Report,
    prices: Prices,
    *,
    encoding: str,
    correction: Correction | None = None,
    questions: Iterable[Mapping[str, Any]] = (),
    holdout: Iterable[Mapping[str, Any]] | None = None,
    model: str | None = None,
) -> Estimate:
    """Tokens and USD of a fine-tune, as expected, and in the range within which they must be.

    Args:
        report: On the training file.
        prices: That are taken.
        encoding: That the tokens were counted with.
        correction: From one's own jobs.
        questions: Bodies of the requests to the tuned model.
        holdout: Bodies of those that the tuned model and the base model are asked, too.
        model: The snapshot, or what is tuned instead of it; by default the report's.
    """
    usage = report.tokens
    tokens = usage.billed
    low, high = min(tokens, usage.low, usage.recorded), max(tokens, usage.high, usage.recorded)
    if correction is not None:
        low = min(low, math.floor(usage.billed * correction.low))
        high = max(high, math.ceil(usage.billed * correction.high))
        tokens = round(usage.billed * correction.factor)
    expected, least, most = (_usd(count, prices.training) for count in (tokens, low, high))
    why = _why_unknown(report, prices)
    worst = Worst(report.model if model is None else model, prices)
    asked = held = None
    try:
        asked = worst.sum(questions, tuned=True)
        if holdout is not None:
            bodies = tuple(holdout)
            held = worst.sum(bodies, tuned=True) + worst.sum(bodies, tuned=False)
    except UsageError as error:
        words = str(error).removesuffix(".")
        why = why or f"What the answers may cost is not known: {words[0].lower()}{words[1:]}."
    total = None if why is not None or most is None else math.fsum((most, asked or 0.0, held or 0.0))
    return Estimate(
        tokens=tokens,
        tokens_low=low,
        tokens_high=high,
        counted=usage.billed,
        encoding=encoding,
        training_usd=expected,
        low_usd=least,
        high_usd=most,
        questions_usd=_rounded(asked),
        holdout_usd=_rounded(held),
        total_high_usd=_rounded(total),
        why_unknown=why,
        prices=prices,
        correction=correction,
    )


def _why_unknown(report: Report, prices: Prices) -> str | None:
    """Why nobody can say what the training costs at most; None if one can."""
    if report.method == "reinforcement" and report.cost.note is None:
        return "How much a reinforcement trains on is not known before."
    if prices.training is None or report.method == "reinforcement":
        return report.cost.note or "No training price is known."
    uncounted = sum(file.verdict.facts.rows - file.examples for file in report.files)
    if uncounted:
        lines = "A line" if uncounted == 1 else f"{uncounted:,} lines"
        return f"{lines} of the training file could not be counted."
    return None


def _longest(body: Mapping[str, Any], model: str) -> tuple[int, int]:
    """Tokens of a prompt and of its answer that nobody knows a tokenizer for: no token has less than a byte.

    Raises:
        UsageError: Nothing limits the answer.
    """
    limits = [body[name] for name in _LIMITS if type(body.get(name)) is int]
    if not limits:
        raise UsageError(f"how long an answer of {model} may be is not known")
    size = len(msgspec.json.encode(body))
    return size + size // 20 + _MARGIN, min(limits)


def _door(body: Mapping[str, Any]) -> Door:
    if "messages" in body:
        return "chat"
    return "responses" if "input" in body else "completions"


def _usd(tokens: int, price: float | None) -> float | None:
    return None if price is None else _rounded(tokens * price / 1e6)


def _rounded(usd: float | None) -> float | None:
    """To the millionth of a dollar above: as exact as anyone is billed, and never less."""
    return None if usd is None else math.ceil(round(usd * 1e6, 3)) / 1e6
