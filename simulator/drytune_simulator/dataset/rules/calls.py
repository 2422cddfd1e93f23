"""Rules of calls: tool calls, the older function call, and their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drytune_simulator.dataset.finding import printable, shown
from drytune_simulator.dataset.formats import Message, pointer_to, speaks_otherwise
from drytune_simulator.dataset.lines import LineError, decode
from drytune_simulator.dataset.rules.content import calls_of
from drytune_simulator.dataset.rules.conversation import Conversation
from drytune_simulator.dataset.rules.registry import Found, rule
from drytune_simulator.dataset.rules.tools import definitions_of
from drytune_simulator.dataset.schemas import Schema
from drytune_simulator.dataset.wordings import says

_FORM = '{"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}'


@rule("malformed-tool-calls", "message")
def malformed_tool_calls(message: Message) -> Iterator[Found]:
    """Tool calls are a list of one or more objects with id, type and function."""
    calls = message.value.get("tool_calls")
    if calls is None:
        return
    hint = f"Write each as {_FORM}."
    if not isinstance(calls, list):
        yield Found(
            message.pointer("tool_calls"),
            f'"tool_calls" is {shown(calls)}; it must be a list.',
            hint,
            says("malformed-tool-calls", message=message.number, error="value is not a valid list"),
        )
        return
    if not calls and message.role == "assistant" and not _lacks_content(message):
        yield Found(
            message.pointer("tool_calls"),
            '"tool_calls" is an empty list; the chat endpoint takes none with fewer than one call.',
            "Remove the key from messages that call nothing.",
            says(
                "malformed-tool-calls",
                message=message.number,
                error="ensure this value has at least 1 items",
            ),
        )
    for index, call in enumerate(calls):
        path, fault = _tool_call_fault(call)
        if fault:
            yield Found(
                message.pointer("tool_calls", index, *path),
                f"This tool call is malformed: {fault}.",
                hint,
                says(
                    "malformed-tool-calls",
                    message=message.number,
                    error=f"tool call {index + 1} is not valid",
                ),
            )


@rule("malformed-function-call", "message")
def malformed_function_call(message: Message) -> Iterator[Found]:
    """A function call is an object with a name and arguments."""
    call = message.value.get("function_call")
    if call is None:
        return
    path, fault = _function_fault(call)
    if fault:
        yield Found(
            message.pointer("function_call", *path),
            f"The function call is malformed: {fault}.",
            'Write {"name": …, "arguments": "{…}"}.',
            says(
                "malformed-function-call", message=message.number, error="value is not a valid function call"
            ),
        )


@rule("arguments-not-json", "message")
def arguments_not_json(message: Message) -> Iterator[Found]:
    """The arguments of a call are a JSON object, as a string.

    No real refusal is on record; the simulator refuses such a file, since a model that is trained on it learns to
    write broken calls.
    """
    for path, call in calls_of(message.value):
        arguments = call.get("arguments")
        fault = _read(arguments)[1] if isinstance(arguments, str) else None
        if fault:
            yield Found(
                message.pointer(*path, "arguments"),
                f"The arguments {fault}; they must be a JSON object, written as a string.",
                'Write for instance "{\\"city\\": \\"Osaka\\"}", or "{}" for none.',
                says("arguments-not-json", message=message.number),
            )


@rule("arguments-mismatch", "conversation", severity="warning", effect="harmful", source="FACTS.md §5.1 (I)")
def arguments_mismatch(conversation: Conversation) -> Iterator[Found]:
    """The arguments of a call match the schema that the example declares for the function."""
    declared = {
        function["name"]: Schema(function.get("parameters"))
        for _, function in definitions_of(conversation.offer)
    }
    for message, path, call in conversation.calls():
        name, arguments = call.get("name"), call.get("arguments")
        schema = declared.get(name) if isinstance(name, str) else None
        if schema is None or not isinstance(arguments, str):
            continue
        value, unread = _read(arguments)
        for where, fault in () if unread else schema.faults(value):
            place = f" at {pointer_to(*where)}" if where else ""
            yield Found(
                message.pointer(*path, "arguments"),
                f"The arguments do not match the schema of {shown(name)}{place}: {printable(fault[:200])}.",
                "Mend the call, or the schema: the model learns to call so.",
            )


@rule("undeclared-function", "conversation", severity="warning", effect="harmful", source="FACTS.md §5.1 (I)")
def undeclared_function(conversation: Conversation) -> Iterator[Found]:
    """A call is of a function that the example declares in `tools` or `functions`."""
    declared = {function["name"] for _, function in definitions_of(conversation.offer)}
    known = f"; declared are {', '.join(sorted(map(shown, declared))[:5])}." if declared else "."
    for message, path, call in conversation.calls():
        name = call.get("name")
        if isinstance(name, str) and name and name not in declared:
            yield Found(
                message.pointer(*path, "name"),
                f"The function {shown(name)} is called and not declared in this example{known}",
                "Add its definition to `tools`, as it will be sent when the model is asked.",
            )


def _lacks_content(message: Message) -> bool:
    """Whether a message says nothing at all, which another rule is about."""
    return message.value.get("content") is None and not speaks_otherwise(message)


def _tool_call_fault(call: object) -> tuple[tuple[str, ...], str | None]:
    """What is wrong with a tool call, and where in it."""
    if not isinstance(call, dict):
        return (), f"it is {shown(call)}, not an object"
    if not isinstance(call.get("id"), str):
        return (("id",) if "id" in call else ()), 'it needs an "id" that is a string'
    if call.get("type") != "function":
        return (("type",) if "type" in call else ()), 'its "type" must be "function"'
    path, fault = _function_fault(call.get("function"))
    return ("function", *path) if "function" in call else (), fault


def _function_fault(function: object) -> tuple[tuple[str, ...], str | None]:
    """What is wrong with the function that is called, and where in it."""
    if not isinstance(function, dict):
        return (), "its function must be an object"
    name = function.get("name")
    if not isinstance(name, str) or not name:
        return (("name",) if "name" in function else ()), 'its function needs a "name"'
    if not isinstance(function.get("arguments"), str):
        fault = 'its "arguments" must be a string of JSON'
        return (("arguments",) if "arguments" in function else ()), fault
    return (), None


def _read(arguments: str) -> tuple[Any, str | None]:
    """The value of arguments, and what is wrong with it."""
    try:
        value = decode(arguments.encode())
    except LineError as error:
        return None, f"are not JSON ({error})" if arguments.strip() else "are empty"
    return value, None if isinstance(value, dict) else f"are {shown(value)}"
