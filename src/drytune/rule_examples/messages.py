"""Examples of the rules of a message: its role, its keys, what it says."""

from __future__ import annotations

from typing import Any

from drytune.rule_examples.example import RuleExample, assistant, chat, rows, system, user

__all__ = ["EXAMPLES"]

_HELLO = user("Hello")
_REPLY = assistant("Good morning!")
_GOOD = chat(_HELLO, _REPLY)
_CALL: dict[str, Any] = {
    "role": "assistant",
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}],
}
_TOOLS = [{"type": "function", "function": {"name": "get_time"}}]
_ASK = user("How late is it?")
_ANSWER = {"role": "tool", "tool_call_id": "call_1", "content": "12:05"}
_SAY = assistant("It is five past twelve.")
_KEY = "sk-" + "proj-" + "0123456789abcdef" * 2

EXAMPLES: dict[str, RuleExample] = {
    "message-not-object": rows(
        chat("Hello", _REPLY), _GOOD, 'Write each message as {"role": …, "content": …}.'
    ),
    "missing-role": rows(
        chat({"content": "Hello"}, _REPLY), _GOOD, "Say who speaks: system, user, assistant or tool."
    ),
    "unknown-role": rows(
        chat(
            {"role": "human", "content": "Hello"}, {"role": "gpt", "content": "Good morning!"}, _HELLO, _REPLY
        ),
        _GOOD,
        'Use the platform\'s names: "user" for the person, "assistant" for the model.',
    ),
    "developer-role": rows(
        chat({"role": "developer", "content": "Be brief."}, _HELLO, _REPLY),
        chat(system("Be brief."), _HELLO, _REPLY),
        'Write "system" to be safe.',
    ),
    "unknown-message-key": rows(chat({**_HELLO, "timestamp": 1700000000}, _REPLY), _GOOD, "Remove the key."),
    "missing-message-key": rows(
        chat(_ASK, _CALL, {"role": "tool", "content": "12:05"}, _SAY, tools=_TOOLS),
        chat(_ASK, _CALL, _ANSWER, _SAY, tools=_TOOLS),
        "Give a tool message the `tool_call_id` of the call that it answers, a function message its `name`.",
    ),
    "wrong-type": rows(
        chat({**_HELLO, "name": 7}, _REPLY),
        chat({**_HELLO, "name": "seven"}, _REPLY),
        "Write it as a string.",
    ),
    "wrong-weight": rows(
        chat(_HELLO, {**_REPLY, "weight": 0.5}),
        chat(_HELLO, {**_REPLY, "weight": 1}),
        "Write 0 to leave the message out of training, 1 to train on it; there is nothing between.",
    ),
    "misplaced-weight": rows(
        chat({**_HELLO, "weight": 0}, _REPLY),
        _GOOD,
        "Remove it: only the assistant's messages are trained on.",
    ),
    "missing-content": rows(
        chat({"role": "user"}, _REPLY),
        _GOOD,
        "Add a text; only an assistant message with a call or a refusal goes without.",
    ),
    "wrong-content": rows(
        chat(user({"text": "Hello"}), _REPLY),
        chat(user([{"type": "text", "text": "Hello"}]), _REPLY),
        'Write a string, or a list of parts such as {"type": "text", "text": …}.',
    ),
    "empty-content": rows(
        chat(_HELLO, assistant("")), _GOOD, "Write what is said, or remove the message or the example."
    ),
    "whitespace-content": rows(
        chat(_HELLO, assistant(" \n")), _GOOD, "Write what is said, or remove the message or the example."
    ),
    "control-character": rows(
        chat(_HELLO, assistant("\x1b[32mGood morning!\x1b[0m")),
        _GOOD,
        "Remove control characters other than tabs and line ends before you write the file.",
    ),
    "special-token": rows(
        chat(_HELLO, assistant("Good morning!<|endoftext|>")),
        _GOOD,
        "Remove the token, or break it up with a space: the platform ends texts by itself.",
    ),
    "api-key": rows(
        chat(user(f"My key is {_KEY}"), _REPLY),
        chat(user("My key is YOUR-KEY"), _REPLY),
        "Replace it by a placeholder, and revoke it if it is real.",
    ),
    "email-address": rows(
        chat(user("Write to jane.doe@contoso.com"), _REPLY),
        chat(user("Write to jane.doe@example.com"), _REPLY),
        "Replace it by an address at example.com, unless the model must know it.",
    ),
    "card-number": rows(
        chat(user("My card is 4242 4242 4242 4242"), _REPLY),
        chat(user("My card is 0000 0000 0000 0000"), _REPLY),
        "Replace it by a placeholder.",
    ),
}
