"""What a model said, read from an answer of any of the doors, whole or as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from drytune.cassettes.model import Told, content_type_of
from drytune.keeping.doors import PATHS, Door
from drytune.keeping.loose import number_in, object_in, objects_in, text_in
from drytune.keeping.streamed import joined

__all__ = ["Call", "Said", "door_in", "failed", "said_in"]

_TRUNCATED: Final = frozenset({"length", "max_output_tokens"})
_LONGEST_ERROR: Final = 500


class Call(msgspec.Struct, frozen=True):
    """A function call: its name and its arguments, a string as written."""

    name: str
    arguments: str


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer.

    Attributes:
        text: Its words; empty if there are none.
        refusal: Why the model does not answer, in its words.
        calls: The functions that it calls.
        finish_reason: As the API tells it, e.g. ``stop``, ``length``, ``tool_calls``.
        prompt_tokens: As billed; None if the answer does not say. Of several answers to one request the first
            has them all, the others 0.
        cached_tokens: Of `prompt_tokens`, those billed at the price of the cache.
        completion_tokens: As billed; of several answers to one request an even share each.
        usd: What it cost by the catalog, an error nothing; None if the price or the tokens are not known.
        wait: Seconds until it began; None if nobody knows.
        total: Seconds until it was there; None if nobody knows.
        status: HTTP status; 0 if there was no answer.
        error: Why there is no answer, a sentence; None if there is one.
        code: Of the error, as the API has it.
    """

    text: str = ""
    refusal: str | None = None
    calls: tuple[Call, ...] = ()
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    cached_tokens: int = 0
    completion_tokens: int | None = None
    usd: float | None = None
    wait: float | None = None
    total: float | None = None
    status: int = 200
    error: str | None = None
    code: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it is an answer, and says nothing."""
        return self.error is None and not (self.text.strip() or self.refusal or self.calls)

    @property
    def is_truncated(self) -> bool:
        """Whether it was cut off where it became too long."""
        return self.finish_reason in _TRUNCATED

    @property
    def words(self) -> str:
        """All that it says as one text: its words or its refusal, then its calls."""
        said = (self.text, self.refusal or "", *(f"{call.name}({call.arguments})" for call in self.calls))
        return "\n".join(part for part in said if part)


def door_in(uri: str) -> Door | None:
    """The door that an address leads to, whatever stands before it; None if no model is asked there."""
    path = uri.partition("?")[0].rstrip("/")
    # the longest first: one is the end of another
    doors = sorted(PATHS, key=lambda door: -len(PATHS[door]))
    return next((door for door in doors if path.endswith(PATHS[door])), None)


def failed(error: str) -> Said:
    """No answer at all, and why."""
    return Said(status=0, error=_cut(error))


def said_in(told: Told, door: Door) -> tuple[Said, ...]:
    """The answers in `told`, at least one; what cannot be read is an error, never an exception.

    Args:
        told: As recorded, or as it came.
        door: That was asked.
    """
    total = told.wait + sum(seconds for _, seconds in told.chunks)
    return tuple(
        # nobody answers in no time: a recording that has only noughts has not measured
        msgspec.structs.replace(said, status=told.status, wait=told.wait or None, total=total or None)
        for said in _said(told, door)
    )


def _said(told: Told, door: Door) -> Iterable[Said]:
    """The answers without their measures."""
    if told.status >= 400:
        error, code = _refusal(told.body)
        return (Said(error=_cut(f"{told.status}: {error}"), code=code),)
    try:
        body = _body_of(told, door)
    except (ValueError, RecursionError):
        return (Said(error="the answer cannot be read: it is no valid JSON"),)
    if body.get("error"):
        error, code = _told_error(body["error"])
        return (Said(error=_cut(error), code=code),)
    if told.interrupted:
        return (Said(error="the answer broke off before its end"),)
    answers = tuple(_responses_answers(body) if door == "responses" else _choices(body))
    if not answers:
        return (Said(error="there is no answer in what was answered"),)
    return _with_tokens(answers, body)


def _with_tokens(answers: Sequence[Said], body: Mapping[str, Any]) -> Iterable[Said]:
    prompt, cached, completion = _usage(body)
    count = len(answers)
    return tuple(
        msgspec.structs.replace(
            answer,
            prompt_tokens=prompt if number == 0 or prompt is None else 0,
            cached_tokens=cached if number == 0 else 0,
            completion_tokens=_share(completion, number, count),
        )
        for number, answer in enumerate(answers)
    )


def _share(tokens: int | None, number: int, count: int) -> int | None:
    """An even share, such that all shares add up."""
    return None if tokens is None else tokens * (number + 1) // count - tokens * number // count


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_ERROR else text[: _LONGEST_ERROR - 1] + "…"


def _refusal(body: bytes) -> tuple[str, str | None]:
    """What an answer that is none says, and its code."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return " ".join(
            body[:_LONGEST_ERROR].decode("utf-8", "replace").split()
        ) or "no reason is given", None
    return _told_error(value.get("error", value) if isinstance(value, dict) else value)


def _told_error(error: object) -> tuple[str, str | None]:
    fields = object_in(error)
    message = fields.get("message") or (error if isinstance(error, str) else "no reason is given")
    code = fields.get("code")
    return str(message), code if isinstance(code, str) else None


def _body_of(told: Told, door: Door) -> Mapping[str, Any]:
    """The answer as it would be had it not been streamed."""
    kind = content_type_of(told.headers)
    streamed = kind.startswith("text/event-stream") or told.body.lstrip()[:6] in {b"data: ", b"event:"}
    if not streamed:
        return object_in(json.loads(told.body))
    return joined(told.body, door)


def _choices(body: Mapping[str, Any]) -> Iterator[Said]:
    """The answers of a chat completion or a completion."""
    for choice in objects_in(body.get("choices")):
        message = object_in(choice.get("message"))
        functions = [_function(call) for call in objects_in(message.get("tool_calls"))]
        functions += [object_in(message["function_call"])] if message.get("function_call") else []
        yield Said(
            text=_content(message.get("content")) or text_in(choice.get("text")),
            refusal=text_in(message.get("refusal")) or None,
            calls=tuple(_call(function) for function in functions),
            finish_reason=text_in(choice.get("finish_reason")) or None,
        )


def _function(call: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a call that says what is called; a custom tool has an input of any text."""
    custom = object_in(call.get("custom"))
    if custom:
        return {"name": custom.get("name"), "arguments": custom.get("input")}
    return object_in(call.get("function"))


def _responses_answers(body: Mapping[str, Any]) -> Iterator[Said]:
    """The answer of a response: one, of several items."""
    output = list(objects_in(body.get("output")))
    parts = [part for item in output for part in objects_in(item.get("content"))]
    refusals = [text_in(part.get("refusal")) for part in parts if part.get("type") == "refusal"]
    calls = [
        _call({"name": item.get("name"), "arguments": item.get("arguments", item.get("input"))})
        for item in output
        if item.get("type") in ("function_call", "custom_tool_call")
    ]
    reason = text_in(object_in(body.get("incomplete_details")).get("reason")) or text_in(body.get("status"))
    if output or body.get("status") in ("completed", "incomplete"):
        yield Said(
            text="".join(text_in(part.get("text")) for part in parts if part.get("type") == "output_text"),
            refusal="\n".join(refusals) or None,
            calls=tuple(calls),
            finish_reason=reason or None,
        )


def _usage(body: Mapping[str, Any]) -> tuple[int | None, int, int | None]:
    """Tokens of the prompt, of it those in the cache, and of the answer."""
    usage = object_in(body.get("usage"))
    prompt = number_in(usage.get("prompt_tokens", usage.get("input_tokens")))
    details = object_in(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    completion = number_in(usage.get("completion_tokens", usage.get("output_tokens")))
    return prompt, min(number_in(details.get("cached_tokens")) or 0, prompt or 0), completion


def _call(function: Mapping[str, Any]) -> Call:
    arguments = function.get("arguments")
    if arguments is not None and not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)  # as some servers have it
    return Call(text_in(function.get("name")), arguments or "")


def _content(content: object) -> str:
    """A message's content as one text."""
    if isinstance(content, list):
        return "".join(text_in(part.get("text")) for part in objects_in(content))
    return text_in(content)
