"""The prompts that a model is asked: JSON Lines, of which none is asked before all are read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from drytune.errors import UsageError
from drytune.keeping.doors import Door
from drytune.keeping.meaning import meaning_of
from drytune_simulator.dataset.lines import BOM, LineError, decode
from drytune_simulator.http import ApiError

__all__ = ["Prompt", "Prompts", "read_prompts"]

_SET_ASIDE: Final = ("model", "stream", "stream_options")
"""What lines from a log have, and `keep` decides: each answer is asked whole, and can be replayed as a stream."""

_NOT_ALONE: Final[Mapping[str, str]] = {
    "previous_response_id": "write the conversation out",
    "conversation": "write the conversation out",
    "prompt": "write the conversation out",
    "background": "leave it out: an answer is waited for",
}
"""What makes an answer depend on more than the archive holds, by its name in a request for a response."""

_CHAT_ONLY: Final = ("messages", "functions", "function_call", "response_format")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing that the model is asked.

    Attributes:
        number: Which prompt it is, from 1.
        line: Of the file, from 1.
        door: Where it is asked.
        body: Of the request, without ``model``.
        reference: What an example was trained to say, or the line's own ``reference``; None without one.
    """

    number: int
    line: int
    door: Door
    body: Mapping[str, Any]
    reference: Any = None


@dataclass(frozen=True, slots=True)
class Prompts(Sequence[Prompt]):
    """The prompts of a file, in its order.

    Attributes:
        name: Of the file.
        sha256: Of its bytes, hexadecimal.
        items: At least one.
    """

    name: str
    sha256: str
    items: tuple[Prompt, ...] = field(default_factory=tuple)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: Any) -> Any:
        return self.items[place]


def read_prompts(path: Path, *, completes: bool = False) -> Prompts:
    r"""The prompts of a JSON Lines file.

    A line is one of:

    - a request for a chat (``messages``, and ``tools``, ``response_format``, ``temperature`` …) or for a response
      (``input``, ``instructions`` …); `model` and `stream` are set aside;
    - an example for training: the last message of the assistant is cut off and kept as the reference; of a
      preference pair it is the answer that is preferred;
    - ``{"prompt": "…"}`` or only a JSON string: one message of the user. For a model that completes text, and with
      a ``completion``, it is that example.

    Any line may have a ``reference`` of its own. Empty lines are passed over.

    Args:
        path: The file.
        completes: Whether the model goes on with a bare prompt (``babbage-002``, ``davinci-002``).

    Raises:
        UsageError: The file cannot be read or has no prompts, or a line is none; it names the line and the field.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    items: list[Prompt] = []
    for number, line in enumerate(data.removeprefix(BOM).split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            door, body, reference = _read(decode(line), completes=completes)
        except LineError as error:
            raise UsageError(f"{path}, line {number}: it is not JSON ({error}).") from None
        except _WrongError as error:
            raise UsageError(f"{path}, line {number}: {error}") from None
        items.append(Prompt(len(items) + 1, number, door, body, reference))
    if not items:
        raise UsageError(f'{path} holds no prompts: write one a line, e.g. {{"prompt": "Hello!"}}.')
    return Prompts(path.name, hashlib.sha256(data).hexdigest(), tuple(items))


class _WrongError(ValueError):
    """A line that is no prompt; its text says why."""


def _read(value: object, *, completes: bool) -> tuple[Door, dict[str, Any], Any]:
    if isinstance(value, str):
        value = {"prompt": value}
    if not isinstance(value, dict):
        raise _WrongError("a prompt is an object with `messages`, `input` or `prompt`, or a JSON string.")
    fields = {name: given for name, given in value.items() if name not in _SET_ASIDE}
    reference = fields.pop("reference", None)
    _check_number(fields)
    if "messages" in fields:
        return _chat(fields, reference, completes=completes)
    if isinstance(fields.get("input"), dict) and "messages" in fields["input"]:
        return _pair(fields, reference, completes=completes)
    if "input" in fields:
        return _response(fields, reference, completes=completes)
    if "prompt" in fields:
        return _bare(fields, reference, completes=completes)
    raise _WrongError("it has none of `messages`, `input` and `prompt`; one of them says what is asked.")


def _check_number(fields: Mapping[str, Any]) -> None:
    for name in ("n", "best_of"):
        if fields.get(name) not in (None, 1):
            raise _WrongError(f"`{name}` asks for several answers at once; ask with repeats instead of it.")


def _chat(fields: dict[str, Any], reference: Any, *, completes: bool) -> tuple[Door, dict[str, Any], Any]:
    _check_door(completes=completes)
    messages = fields["messages"]
    if isinstance(messages, list):
        messages = [_unweighted(message) for message in messages]
        last = messages[-1] if messages else None
        if isinstance(last, dict) and last.get("role") == "assistant":
            reference = last if reference is None else reference
            messages = messages[:-1]
            if not messages:
                raise _WrongError("`messages` has only what the assistant says; nothing is asked.")
    body = {**fields, "messages": messages}
    _check("chat", body)
    return "chat", body, reference


def _pair(fields: dict[str, Any], reference: Any, *, completes: bool) -> tuple[Door, dict[str, Any], Any]:
    preferred = fields.get("preferred_output")
    if reference is None and isinstance(preferred, list) and preferred:
        reference = preferred[-1]
    others = {name: given for name, given in fields.items() if not name.endswith("preferred_output")}
    del others["input"]
    return _chat({**fields["input"], **others}, reference, completes=completes)


def _response(fields: dict[str, Any], reference: Any, *, completes: bool) -> tuple[Door, dict[str, Any], Any]:
    _check_door(completes=completes)
    for name, instead in _NOT_ALONE.items():
        if fields.get(name):
            raise _WrongError(f"`{name}` cannot be kept: {instead}.")
    for name in _CHAT_ONLY:
        if name in fields:
            raise _WrongError(
                f"`{name}` belongs to `messages`, and the line has `input`; keep one of the two."
            )
    if fields["input"] in (None, "", []):
        raise _WrongError("`input` must be a text or a list that is not empty; nothing is asked.")
    _check("responses", fields)
    return "responses", fields, reference


def _bare(fields: dict[str, Any], reference: Any, *, completes: bool) -> tuple[Door, dict[str, Any], Any]:
    prompt, completion = fields.get("prompt"), fields.pop("completion", None)
    if not isinstance(prompt, str) or not prompt:
        raise _WrongError("`prompt` must be a text that is not empty.")
    if reference is None:
        reference = completion
    if completes:
        _check("completions", fields)
        return "completions", fields, reference
    body = {name: given for name, given in fields.items() if name != "prompt"}
    body["messages"] = [{"role": "user", "content": prompt}]
    _check("chat", body)
    return "chat", body, reference


def _check_door(*, completes: bool) -> None:
    if completes:
        raise _WrongError("the model completes text and has no conversations; write `prompt`.")


def _unweighted(message: object) -> object:
    """A message without what only training reads."""
    if not isinstance(message, dict):
        return message
    return {name: given for name, given in message.items() if name != "weight"}


def _check(door: Door, body: Mapping[str, Any]) -> None:
    """Refuse what the platform would refuse, before anything is paid for.

    What drytune does not simulate the platform may well answer.
    """
    try:
        meaning_of(door, body)
    except ApiError as error:
        if error.status != 501:
            where = f"`{error.param}`: " if error.param else ""
            raise _WrongError(f"{where}{error.message}") from None
