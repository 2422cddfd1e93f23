"""What an answer may cost before it is asked for, and what it has cost.

Before each call its worst case is set aside: the prompt as it is counted offline, and some more where the platform
may count otherwise, and the longest answer that the request allows. So a budget is never passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec

from drytune.errors import UsageError
from drytune.keeping.doors import Door
from drytune_simulator import catalog
from drytune_simulator.dataset.tokens import counter
from drytune_simulator.http import ApiError
from drytune_simulator.inference.abilities import Abilities
from drytune_simulator.inference.counting import asked_tokens
from drytune_simulator.inference.parameters import parse_request
from drytune_simulator.inference.responses import Names, read_input, read_request
from drytune_simulator.inference.responses.counting import input_tokens
from drytune_simulator.inference.responses.messages import messages_of
from drytune_simulator.wire.responses import InputItem

__all__ = ["Budget", "Price", "Stake", "base_of", "count_of", "limits_of", "price_of", "usage_of"]

_MARGIN: Final = 16
"""So many tokens a prompt may have more than were counted, and a twentieth: definitions of tools are within 4 of
what was recorded, schemas too."""

_MOST_TOKENS: Final = 10**15
"""More are no figure: of numbers that no float or database holds, nothing can be made."""

_LIMITS: Final = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_UNSEEN: Final = frozenset({"file_id", "file_url"})
_DEAR_TIERS: Final = ("priority", "fast")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens.

    Attributes:
        input: Of a prompt.
        output: Of an answer.
        cached: Of a prompt's tokens that were found in the platform's cache.
        source: Where the price is from, and when it held, in words.
    """

    input: float
    output: float
    cached: float
    source: str | None = None

    def of(self, asked: int, said: int, cached: int = 0) -> float:
        """What a call costs, in USD."""
        return ((asked - cached) * self.input + cached * self.cached + said * self.output) / 1_000_000


def base_of(model: str) -> catalog.Model | None:
    """The model of the catalog that `model` is, or was tuned from; None if the catalog does not know it."""
    try:
        return catalog.find(model)
    except catalog.UnknownModelError:
        return None


def price_of(model: str, day: date) -> Price | None:
    """What answers of `model` cost on `day`; None if nobody knows."""
    base = base_of(model)
    if base is None:
        return None
    price = base.price_on(day) if model.startswith("ft:") else base.base_price
    if price.input is None or price.output is None:
        return None
    cached = price.input if price.cached_input is None else price.cached_input
    words = [text for text in (catalog.source(price.source), price.valid) if text]
    return Price(price.input, price.output, cached, "; ".join(words) or None)


def limits_of(door: Door, body: Mapping[str, Any], most: int | None) -> dict[str, Any]:
    """What limits the answer to `most` tokens: the parameters that a request is to have besides its own.

    Its own limit counts where it is lower. A completion without any limit would be cut after 16 tokens, which is
    what the platform takes for it, so it gets 256.
    """
    own = _own_limit(body)
    if door == "completions" and own is None:
        return {"max_tokens": 256 if most is None else most}
    if most is None or (own is not None and own <= most):
        return {}
    names = {"chat": "max_completion_tokens", "responses": "max_output_tokens", "completions": "max_tokens"}
    given = [name for name in _LIMITS if body.get(name) is not None]
    return dict.fromkeys(given or [names[door]], most)


def usage_of(data: object) -> tuple[int, int, int] | None:
    """Tokens of the prompt, of the answer, and those of the prompt that were cached; None if it does not say.

    Figures that cannot be say nothing, so that they give no money back: a negative one, a text, more cached tokens
    than there are.
    """
    usage = data.get("usage") if isinstance(data, Mapping) else None
    if not isinstance(usage, Mapping):
        return None
    for asked, said in (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens")):
        if usage.get(asked) is None:
            continue
        details = usage.get(f"{asked}_details")
        told = details.get("cached_tokens") if isinstance(details, Mapping) else None
        prompt, answer = count_of(usage[asked]), count_of(0 if usage.get(said) is None else usage[said])
        cached = 0 if told is None else count_of(told)
        if prompt is None or answer is None or cached is None or cached > prompt:
            return None
        return prompt, answer, cached
    return None


def count_of(value: object) -> int | None:
    """`value` if it can be a number of tokens that a platform tells, else None."""
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None


class Budget:
    """How much has been spent, and whether one more answer may be asked for.

    Args:
        model: What is asked.
        day: Whose prices count.
        max_usd: The most that may be spent; None for no limit, and then prices need not be known.
        spent: What has been spent before.

    Attributes:
        price: Of the model's answers; None if nobody knows it.
        spent: USD so far; 0.0 where no price is known.
        max_usd: As given.

    Raises:
        UsageError: There is a limit, and no price or no length of an answer to go by.
    """

    def __init__(self, model: str, day: date, max_usd: float | None, spent: float = 0.0) -> None:
        self._base = base_of(model)
        self._abilities = (
            None if self._base is None else Abilities.of(self._base, tuned=model.startswith("ft:"))
        )
        self.price = price_of(model, day)
        self.max_usd = max_usd
        self.spent = spent
        if max_usd is None:
            return
        if not 0 < max_usd < float("inf"):
            raise UsageError(f"The budget is {max_usd:g} USD; it must be a positive number.")
        if self.price is None:
            raise UsageError(
                f"Nobody has published what {model} costs, so no budget can be kept; ask without one, or only as "
                "many prompts as you dare."
            )

    def worst(self, door: Door, body: Mapping[str, Any]) -> float:
        """The most that the answer to a request costs, in USD; 0.0 where nobody knows, and there is no budget.

        Raises:
            UsageError: It cannot be known before, and there is a budget: the request brings in what is not counted
                here.
        """
        try:
            return self._worst(door, body)
        except UsageError:
            if self.max_usd is not None:
                raise
            return 0.0

    def _worst(self, door: Door, body: Mapping[str, Any]) -> float:
        if self.price is None or self._base is None or self._abilities is None:
            return 0.0
        self._check(body)
        asked = _counted(door, body, self._base, self._abilities)
        asked += asked // 20 + _MARGIN
        ends = (_own_limit(body), self._base.max_output_tokens, self._base.inference_context)
        most = min((end for end in ends if end is not None), default=None)
        if most is None:
            msg = "How long an answer may be is not known, so no budget can be kept; say the most tokens of one."
            raise UsageError(msg)
        return self.price.of(asked, most)

    def has_room(self, worst: float) -> bool:
        """Whether a call that costs `worst` at most can be paid for."""
        return self.max_usd is None or self.spent + worst <= self.max_usd

    def spend(self, data: object) -> float:
        """Take the cost of an answer from the budget; what it was, in USD."""
        used = usage_of(data)
        if used is None or self.price is None:
            return 0.0
        cost = self.price.of(*used)
        self.spent += cost
        return cost

    def lose(self, worst: float) -> None:
        """A call has been made whose answer nobody got: it may have been billed."""
        self.spent += worst

    def stake(self, worst: float) -> Stake:
        """What is at stake with a call that costs `worst` at most."""
        return Stake(self, worst)

    def _check(self, body: Mapping[str, Any]) -> None:
        if body.get("service_tier") in _DEAR_TIERS:
            raise UsageError(
                "Prices of `service_tier: priority` are not known, so no budget can be kept with it."
            )
        for tool in body.get("tools") or ():
            kind = tool.get("type") if isinstance(tool, Mapping) else None
            if kind not in ("function", "custom"):
                raise UsageError(
                    f"What a tool of type {kind} costs is not known, so no budget can be kept with it."
                )
        if any(name in _UNSEEN for name in _names(body)):
            raise UsageError(
                "How many tokens a file is cannot be known before, so no budget can be kept with one."
            )


@dataclass(slots=True)
class Stake:
    """One question's part of a budget: each attempt at it may be billed, whoever gets the answer.

    Attributes:
        budget: What it is taken from.
        worst: The most that one attempt costs, in USD.
        lost_usd: What attempts whose answers nobody got may have cost.
    """

    budget: Budget
    worst: float
    lost_usd: float = 0.0

    @property
    def has_room(self) -> bool:
        """Whether one more attempt can be paid for."""
        return self.budget.has_room(self.worst)

    def lose(self) -> None:
        """An attempt has been made whose answer nobody got."""
        self.budget.lose(self.worst)
        self.lost_usd += self.worst


def _counted(door: Door, body: Mapping[str, Any], base: catalog.Model, abilities: Abilities) -> int:
    """Tokens of a prompt; of what is not simulated here its bytes, of which no token has fewer than one."""
    tokens = counter(base.encoding)
    try:
        if door == "completions":
            return tokens.count(str(body["prompt"]))
        if door == "chat":
            return asked_tokens(body, parse_request(body, abilities).offer, tokens, abilities)
        asking = read_request({"model": base.id, **body}, abilities)
        items = read_input(body["input"], Names("0" * 40, 0), _no_reference)
        return input_tokens(asking, messages_of(items, asking.fields.instructions), tokens, abilities)
    except ApiError:
        return len(msgspec.json.encode(body))


def _no_reference(name: str) -> InputItem:
    raise ApiError(501, f"the item {name} is not part of the request")


def _own_limit(body: Mapping[str, Any]) -> int | None:
    limits = [body[name] for name in _LIMITS if type(body.get(name)) is int]
    return min(limits, default=None)


def _names(value: object) -> Iterator[str]:
    """The names of all fields, at every depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)
