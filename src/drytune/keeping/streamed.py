"""Streams of server-sent events, of any door, put together again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from drytune.keeping.doors import Door
from drytune.keeping.loose import number_in, object_in, objects_in, text_in

__all__ = ["joined"]


def joined(body: bytes, door: Door) -> Mapping[str, Any]:
    """A streamed answer as it would be had it not been streamed.

    Args:
        body: Server-sent events, maybe not all of them.
        door: That was asked.
    """
    events = list(_events(body))
    for event in events:
        if event.get("error") and "type" not in event:
            return event
    return _joined_response(events) if door == "responses" else _joined_choices(events)


def _events(body: bytes) -> Iterator[Mapping[str, Any]]:
    """The JSON of server-sent events; one that is cut off at the end of the body is left out."""
    for block in body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        data = [line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:")]
        text = "\n".join(data)
        if not text or text.strip() == "[DONE]":
            continue
        try:
            yield object_in(json.loads(text))
        except ValueError:
            continue


def _joined_choices(events: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """A streamed chat completion, or completion, as a whole one."""
    choices: dict[int, dict[str, Any]] = {}
    usage: object = None
    for event in events:
        usage = event.get("usage") or usage
        for choice in objects_in(event.get("choices")):
            joined = choices.setdefault(_index(choice), {"text": "", "message": {}})
            joined["text"] += text_in(choice.get("text"))
            joined["finish_reason"] = choice.get("finish_reason") or joined.get("finish_reason")
            _add(joined["message"], object_in(choice.get("delta")))
    for joined in choices.values():
        calls = joined["message"].pop("calls", {})
        joined["message"]["tool_calls"] = [calls[number] for number in sorted(calls)]
    return {"choices": [choices[number] for number in sorted(choices)], "usage": usage}


def _add(message: dict[str, Any], delta: Mapping[str, Any]) -> None:
    """One piece more of a message."""
    for name in ("content", "refusal"):
        if isinstance(delta.get(name), str):
            message[name] = (message.get(name) or "") + delta[name]
    if "function_call" in delta:
        _add_call(message.setdefault("function_call", {}), object_in(delta["function_call"]))
    calls = message.setdefault("calls", {})
    for piece in objects_in(delta.get("tool_calls")):
        call = calls.setdefault(_index(piece), {"function": {}})
        _add_call(call["function"], object_in(piece.get("function") or piece.get("custom")))


def _add_call(function: dict[str, Any], piece: Mapping[str, Any]) -> None:
    for name, given in (("name", "name"), ("arguments", "arguments"), ("arguments", "input")):
        function[name] = function.get(name, "") + text_in(piece.get(given))


def _joined_response(events: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """A streamed response as a whole one, as its last event has it; else the words so far."""
    words: list[str] = []
    last: Mapping[str, Any] = {}
    for event in events:
        kind = event.get("type")
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            last = object_in(event.get("response"))
        elif kind == "error":
            return {"error": event.get("error") or event}
        elif kind == "response.output_text.delta":
            words.append(text_in(event.get("delta")))
    if last:
        return last
    content = [{"type": "output_text", "text": "".join(words)}]
    return {"output": [{"type": "message", "content": content}]}


def _index(value: Mapping[str, Any]) -> int:
    return number_in(value.get("index")) or 0
