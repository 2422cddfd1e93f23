"""The input of a response: read, refused in the platform's words, and written as it is listed later.

Most wordings were measured by others against the real API in August 2026 (grade U); what is listed was recorded
by openai-dotnet (R).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from drytune_simulator.checks import as_string, invalid_value, is_object, missing, not_simulated
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.inference.responses.names import Names
from drytune_simulator.inference.responses.parts import parts_of, result_of
from drytune_simulator.wire.responses import FunctionCall, FunctionCallOutput, InputItem, InputMessage

__all__ = ["Reference", "read_input"]

Reference = Callable[[str], InputItem]
"""Finds the item of an id; raises an ApiError if there is none."""

_ROLES: Final = ("assistant", "system", "developer", "user")
_TYPES: Final = (
    "message",
    "file_search_call",
    "computer_call",
    "computer_call_output",
    "web_search_call",
    "function_call",
    "function_call_output",
    "tool_search_call",
    "tool_search_output",
    "additional_tools",
    "configuration_update",
    "reasoning",
    "compaction",
    "image_generation_call",
    "code_interpreter_call",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "custom_tool_call_output",
    "custom_tool_call",
    "compaction_trigger",
    "item_reference",
    "program",
    "program_output",
)
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "message": frozenset({"type", "id", "role", "content", "status", "phase"}),
    "function_call": frozenset(
        {"type", "id", "call_id", "name", "arguments", "status", "async", "caller", "namespace", "created_by"}
    ),
    "function_call_output": frozenset(
        {"type", "id", "call_id", "output", "status", "caller", "name", "namespace", "created_by"}
    ),
    "item_reference": frozenset({"type", "id"}),
}
_STATUSES: Final = ("in_progress", "completed", "incomplete")


def read_input(value: str | Sequence[Any] | None, names: Names, reference: Reference) -> list[InputItem]:
    """The items of an input; thoughts of a model, which none has here, are left out.

    Args:
        value: A text, which is one message of the user, or items.
        names: Gives ids to items that have none.
        reference: Finds items that are only referred to.

    Raises:
        ApiError: 400, with the path of what is wrong; 404, there is no item that is referred to; 501 for items
            of tools that are not simulated.
    """
    if value is None or value == "":
        return []
    if isinstance(value, str):
        value = [{"role": "user", "content": value}]
    items = [_item(item, f"input[{number}]", names, number, reference) for number, item in enumerate(value)]
    return [item for item in items if item is not None]


def _item(item: object, at: str, names: Names, number: int, reference: Reference) -> InputItem | None:
    if not is_object(item):
        raise refuse("not-an-input-item", name=at, got=_kind(item))
    kind = _type(item, at)
    if kind == "reasoning":
        return None
    fields = _fields(item, kind, at)
    if kind == "item_reference":
        return reference(_text(fields, "id", at))
    if kind == "message":
        return _message(fields, at, names, number)
    own = _id(fields, "fc", at, names, number)
    if kind == "function_call":
        texts = {name: _text(fields, name, at) for name in ("call_id", "name", "arguments")}
        return FunctionCall(id=own, status="completed", **texts)
    call_id = _text(fields, "call_id", at)
    if "output" not in fields:
        raise missing(f"{at}.output")
    output = result_of(fields["output"], f"{at}.output")
    return FunctionCallOutput(id=own, status="completed", call_id=call_id, output=output)


def _type(item: Mapping[str, Any], at: str) -> str:
    """What an item is: a message where it does not say, or a reference if it is nothing but an id."""
    kind = item.get("type") or ("item_reference" if item.keys() <= {"id", "type"} and item else "message")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise invalid_value(at, kind if isinstance(kind, str) else "", _TYPES)
    if kind != "reasoning" and kind not in _FIELDS:
        raise not_simulated(f"{at}.type", f"items of type '{kind}'")
    return kind


def _fields(item: Mapping[str, Any], kind: str, at: str) -> Mapping[str, Any]:
    """What an item has, without what is null."""
    fields = {name: given for name, given in item.items() if given is not None}
    for name in fields:
        if name not in _FIELDS[kind] or (name == "phase" and item.get("role") != "assistant"):
            raise refuse("unknown-parameter", name=well_formed(f"{at}.{name}"))
    if "status" in fields:
        as_string(fields["status"], f"{at}.status", supported=_STATUSES)
    return fields


def _message(fields: Mapping[str, Any], at: str, names: Names, number: int) -> InputMessage:
    role = fields.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise invalid_value(at, role if isinstance(role, str) else "", _ROLES)
    if "content" not in fields:
        raise missing(f"{at}.content")
    phase: str | msgspec.UnsetType = msgspec.UNSET
    if "phase" in fields:
        phase = as_string(fields["phase"], f"{at}.phase", supported=("commentary", "final_answer"))
    return InputMessage(
        id=_id(fields, "msg", at, names, number),
        status="completed",
        content=parts_of(fields["content"], f"{at}.content", role),
        phase=phase,
        role=role,  # type: ignore[arg-type]
    )


def _id(fields: Mapping[str, Any], prefix: str, at: str, names: Names, number: int) -> str:
    """The id that an item has, or is given."""
    if "id" not in fields:
        return names.given(prefix, number)
    given = as_string(fields["id"], f"{at}.id", longest=64)
    if not given.startswith(prefix):
        raise refuse("wrong-item-id", name=f"{at}.id", id=well_formed(given), prefix=prefix)
    return given


def _text(fields: Mapping[str, Any], name: str, at: str) -> str:
    if name not in fields:
        raise missing(f"{at}.{name}")
    return as_string(fields[name], f"{at}.{name}")


def _kind(value: object) -> str:
    """What a value that is no item is, in the platform's words; null is said to be an object there."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "an integer" if isinstance(value, int) else "a decimal number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"
