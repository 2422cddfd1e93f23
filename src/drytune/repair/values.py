"""Repairs of a decoded example, one small function each; each changes the example and says what it changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from drytune.repair.json_text import Number, write
from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import EXAMPLE_KEYS, MESSAGE_KEYS, escape

__all__ = ["Mended", "mend"]

Object = dict[str, Any]

_OLD_OUTPUTS: Final = {
    "preferred_completion": "preferred_output",
    "non_preferred_completion": "non_preferred_output",
}
_OUTPUTS: Final = tuple(_OLD_OUTPUTS.values())
_WEIGHTS: Final = {"0": Number("0"), "1": Number("1")}


class Mended(NamedTuple):
    """What was changed: the rule's code, the place as it was, and a sentence."""

    code: str
    pointer: str
    what: str


def mend(example: Object) -> list[Mended]:
    """Apply all repairs to `example`, in place."""
    done = [*_old_outputs(example), *_single_outputs(example)]
    for pointer, holder in _holders(example):
        done += [*_tool_types(pointer, holder), *_empty_functions(pointer, holder)]
        done += _parallel_tool_calls(pointer, holder)
    for pointer, message in _messages(example):
        done += _role(pointer, message)
        done += _null_keys_of_message(pointer, message)
        done += _weight(pointer, message)
        done += _calls(pointer, message)
    done += _null_keys(example)
    return done


def _holders(example: Object) -> Iterator[tuple[str, Object]]:
    """The objects that may offer tools, with pointers."""
    yield "", example
    if isinstance(example.get("input"), dict):
        yield "/input", example["input"]


def _messages(example: Object) -> Iterator[tuple[str, Object]]:
    """All messages that are objects, with pointers."""
    lists = [(f"{pointer}/messages", holder.get("messages")) for pointer, holder in _holders(example)]
    lists += [(f"/{key}", example.get(key)) for key in _OUTPUTS]
    for pointer, messages in lists:
        for place, message in enumerate(messages if isinstance(messages, list) else ()):
            if isinstance(message, dict):
                yield f"{pointer}/{place}", message


def _old_outputs(example: Object) -> Iterator[Mended]:
    """Preference pairs once were spelled otherwise (FACTS.md §5.1)."""
    names = {old: new for old, new in _OLD_OUTPUTS.items() if old in example and new not in example}
    if names:
        renamed = {names.get(key, key): value for key, value in example.items()}
        example.clear()
        example.update(renamed)
    for old, new in names.items():
        yield Mended("missing-output", f"/{old}", f'The key "{old}" became "{new}".')


def _single_outputs(example: Object) -> Iterator[Mended]:
    for key in _OUTPUTS:
        if isinstance(example.get(key), dict) and "role" in example[key]:
            example[key] = [example[key]]
            yield Mended("wrong-output", f"/{key}", "The message became a list of one.")


def _tool_types(pointer: str, holder: Object) -> Iterator[Mended]:
    tools = holder.get("tools")
    for place, tool in enumerate(tools if isinstance(tools, list) else ()):
        if _add_type(tool):
            yield Mended("malformed-tools", f"{pointer}/tools/{place}", 'The type "function" was added.')


def _add_type(value: object) -> bool:
    """Give a tool, or a call of one, the only type that there is; whether that was needed."""
    if not isinstance(value, dict) or value.get("type") is not None:
        return False
    if not isinstance(value.get("function"), dict):
        return False
    function = value.pop("function")
    value.pop("type", None)
    value.update(type="function", function=function)
    return True


def _empty_functions(pointer: str, holder: Object) -> Iterator[Mended]:
    if holder.get("functions") == []:
        del holder["functions"]
        yield Mended("malformed-functions", f"{pointer}/functions", "The empty list was removed.")


def _parallel_tool_calls(pointer: str, holder: Object) -> Iterator[Mended]:
    value = holder.get("parallel_tool_calls")
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        holder["parallel_tool_calls"] = value.lower() == "true"
        what = f"The text {shown(value)} became {value.lower()}."
        yield Mended("wrong-parallel-tool-calls", f"{pointer}/parallel_tool_calls", what)


def _role(pointer: str, message: Object) -> Iterator[Mended]:
    role = message.get("role")
    if not isinstance(role, str) or role in MESSAGE_KEYS or len(role) > 100:
        return
    plain = role.strip().lower()
    if plain in MESSAGE_KEYS:
        message["role"] = plain
        yield Mended("unknown-role", f"{pointer}/role", f'The role {shown(role)} became "{plain}".')


def _null_keys_of_message(pointer: str, message: Object) -> Iterator[Mended]:
    """Tables saved as JSONL fill every column of every row; null means that the key is absent."""
    role = message.get("role")
    if not isinstance(role, str) or role not in MESSAGE_KEYS:
        return
    for key in [key for key, value in message.items() if value is None and key not in MESSAGE_KEYS[role]]:
        del message[key]
        yield Mended("unknown-message-key", f"{pointer}/{escape(key)}", f"The key {shown(key)} was null.")


def _weight(pointer: str, message: Object) -> Iterator[Mended]:
    role, weight = message.get("role"), message.get("weight")
    if weight is None or not isinstance(role, str) or role not in MESSAGE_KEYS:
        return
    pointer += "/weight"
    if role != "assistant":
        del message["weight"]
        yield Mended("misplaced-weight", pointer, f"The weight of a message of the role {role} was removed.")
    elif isinstance(weight, bool) or (isinstance(weight, str) and weight in _WEIGHTS):
        number = _WEIGHTS[weight] if isinstance(weight, str) else Number(str(int(weight)))
        message["weight"] = number
        yield Mended("wrong-weight", pointer, f"The weight {shown(weight)} became {number.text}.")


def _calls(pointer: str, message: Object) -> Iterator[Mended]:
    calls = message.get("tool_calls")
    for place, call in enumerate(calls if isinstance(calls, list) else ()):
        where = f"{pointer}/tool_calls/{place}"
        if _add_type(call):
            yield Mended("malformed-tool-calls", where, 'The type "function" was added.')
        if isinstance(call, dict) and _arguments_as_text(call.get("function")):
            yield Mended("malformed-tool-calls", f"{where}/function/arguments", _AS_TEXT)
    if _arguments_as_text(message.get("function_call")):
        yield Mended("malformed-function-call", f"{pointer}/function_call/arguments", _AS_TEXT)


_AS_TEXT: Final = "The arguments, an object, became the same JSON as a string."


def _arguments_as_text(function: object) -> bool:
    if not isinstance(function, dict) or not isinstance(function.get("arguments"), dict):
        return False
    function["arguments"] = write(function["arguments"]).decode()
    return True


def _null_keys(example: Object) -> Iterator[Mended]:
    """A null under a key that is not allowed says nothing; but a reference field of reinforcement may be null."""
    for code, pointer, holder, known in _closed(example):
        for key in [key for key, value in holder.items() if value is None and key not in known]:
            del holder[key]
            yield Mended(code, f"{pointer}/{escape(key)}", f"The key {shown(key)} was null.")


def _closed(example: Object) -> Iterator[tuple[str, str, Object, tuple[str, ...]]]:
    """Objects that surely allow no keys of one's own, with the rule that says so and the keys that they have."""
    messages, given = example.get("messages"), example.get("input")
    if isinstance(messages, list):
        if messages and isinstance(messages[-1], dict) and messages[-1].get("role") == "assistant":
            yield "unknown-key", "", example, EXAMPLE_KEYS  # for reinforcement, the last would be the user's
    elif messages is None and isinstance(given, dict):
        yield "unknown-key", "", example, ("input", *_OUTPUTS, *_OLD_OUTPUTS)
        yield "wrong-input", "/input", given, ("messages", "tools", "parallel_tool_calls")
    elif messages is None and {"prompt", "completion"} <= example.keys():
        yield "unknown-key", "", example, ("prompt", "completion")
