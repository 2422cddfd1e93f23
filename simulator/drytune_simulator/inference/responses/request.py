"""A request for a response, or for a count of its tokens: read and checked, but for its input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from drytune_simulator.checks import as_string, missing, not_simulated
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.inference.abilities import Abilities
from drytune_simulator.inference.offer import Offer
from drytune_simulator.inference.responses.tools import offer_of, read_tools
from drytune_simulator.inference.shape import ANY_TEXT, Shape, schema_shape
from drytune_simulator.reading import read
from drytune_simulator.wire.response_requests import CountInputTokens, CreateResponse
from drytune_simulator.wire.responses import FunctionTool

__all__ = ["Asking", "read_count", "read_request"]

_MOVED: Final = {
    "max_completion_tokens": "max_output_tokens",
    "max_tokens": "max_output_tokens",
    "messages": "input",
    "reasoning_effort": "reasoning.effort",
    "response_format": "text.format",
}
_NOT_SIMULATED: Final = {
    "conversation": "conversations",
    "prompt": "stored prompts",
    "moderation": "moderation of responses",
    "context_management": "compaction",
    "access_programs": "access programs",
    "background_options": "options of background responses",
}
_LOGPROBS: Final = "message.output_text.logprobs"
_AT: Final = "text.format"
_OF_SCHEMAS: Final = ("type", "name", "schema", "strict", "description")
_FORMATS: Final = ("json_object", "text", "json_schema")


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked, besides the conversation.

    Attributes:
        fields: As sent; what was null is left out.
        tools: The functions that are declared.
        offer: What may be called of them.
        text_format: ``text.format`` as the answer tells it.
        shape: What a text must be.
    """

    fields: CreateResponse | CountInputTokens
    tools: Sequence[FunctionTool]
    offer: Offer
    text_format: Mapping[str, Any]
    shape: Shape

    @property
    def top_logprobs(self) -> int | None:
        """How many alternatives are told of each token; None where nothing is told of them."""
        fields = self.fields
        if not isinstance(fields, CreateResponse) or _LOGPROBS not in (fields.include or ()):
            return None
        return fields.top_logprobs or 0


def read_request(body: Mapping[str, Any], abilities: Abilities) -> Asking:
    """The request, but for its input.

    Args:
        body: The decoded JSON object; its model has been found.
        abilities: What the model takes.

    Raises:
        ApiError: 400 in the platform's words, or 501 for what is not simulated.
    """
    if "input" not in body:
        raise missing("input")
    if body["input"] is None:  # measured: null is said to be an object
        raise refuse("wrong-type", name="input", expected="a string", got="an object")
    _check_names(body)
    fields = read(body, CreateResponse)
    given = {name for name, value in body.items() if value is not None}
    _refuse_not_simulated(body)
    if fields.stream_options is not None and not fields.stream:
        raise refuse("only-enabled", name="stream_options", needed="stream")
    asking = _asking(fields, abilities)
    if abilities.limited and fields.text is not None and fields.text.verbosity in ("low", "high"):
        raise refuse(
            "text-verbosity-not-of-model", got=fields.text.verbosity, model=well_formed(str(fields.model))
        )
    if abilities.reasons:
        if asking.top_logprobs is not None:
            raise refuse("no-logprobs-of-model")
        for name in ("temperature", "top_p"):
            if name in given:
                raise refuse("parameter-not-of-model", name=name, instead="")
    elif abilities.limited and fields.reasoning is not None and fields.reasoning.effort is not None:
        raise refuse("parameter-not-of-model", name="reasoning.effort", instead="")
    return asking


def read_count(body: Mapping[str, Any], abilities: Abilities) -> Asking:
    """The request for a count.

    Raises:
        ApiError: As `read_request`.
    """
    _check_names(body)
    fields = read(body, CountInputTokens)
    _refuse_not_simulated(body)
    return _asking(fields, abilities)


def _check_names(body: Mapping[str, Any]) -> None:
    for name in body:
        if name in _MOVED:
            raise refuse("moved-parameter", name=name, to=_MOVED[name])


def _refuse_not_simulated(body: Mapping[str, Any]) -> None:
    if body.get("conversation") is not None and body.get("previous_response_id") is not None:
        raise refuse("two-histories")
    for name, what in _NOT_SIMULATED.items():
        if body.get(name) is not None:
            raise not_simulated(name, what)


def _asking(fields: CreateResponse | CountInputTokens, abilities: Abilities) -> Asking:
    tools = read_tools(fields.tools or (), tuned=abilities.tuned)
    offer = offer_of(tools, fields.tool_choice, parallel=fields.parallel_tool_calls is not False)
    given = fields.text.format if fields.text is not None else None
    if given is None:
        return Asking(fields, tools, offer, {"type": "text"}, ANY_TEXT)
    form = {name: value for name, value in given.items() if value is not None}
    return Asking(fields, tools, offer, *_format(form, abilities))


def _format(form: Mapping[str, Any], abilities: Abilities) -> tuple[Mapping[str, Any], Shape]:
    """The form of a text as it is told, and what the text must be."""
    if "type" not in form:
        raise missing(f"{_AT}.type")
    kind = as_string(form["type"], f"{_AT}.type", supported=_FORMATS)
    for name in form:
        if name not in (_OF_SCHEMAS if kind == "json_schema" else ("type",)):
            raise refuse("unknown-parameter", name=well_formed(f"{_AT}.{name}"))
    if kind == "text":
        return {"type": kind}, ANY_TEXT
    if not (abilities.json_object if kind == "json_object" else abilities.json_schema):
        raise refuse("text-format-not-of-model", kind=kind)
    if kind == "json_object":
        return {"type": kind}, Shape("json_object", param=_AT)
    if "schema" not in form and "name" in form:
        raise missing(f"{_AT}.schema")
    # recorded: strict where it is left out
    described = {"strict": True, **{name: value for name, value in form.items() if name != "type"}}
    shape = schema_shape(
        described, _AT, param=f"{_AT}.schema", refusal="invalid-text-schema", tuned=abilities.tuned
    )
    told = {name: described.get(name) for name in ("description", "name", "schema", "strict")}
    return {"type": kind, **told}, shape
