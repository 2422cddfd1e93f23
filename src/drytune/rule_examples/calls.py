"""Examples of the rules of conversations, and of the calls in them."""

from __future__ import annotations

from typing import Any

from drytune.rule_examples.chat import tool
from drytune.rule_examples.example import RuleExample, assistant, chat, rows, system, user

__all__ = ["EXAMPLES"]

_ASK = user("How is the weather in Osaka?")
_SAY = assistant("It is sunny.")
_TOOLS = [tool()]
_HELLO = user("Hello")
_REPLY = assistant("Good morning!")


def _call(name: str = "get_weather", city: str = "Osaka", number: int = 1, **keys: object) -> dict[str, Any]:
    arguments = f'{{"city": "{city}"}}'
    function = {"name": name, "arguments": arguments, **keys}
    return {"id": f"call_{number}", "type": "function", "function": function}


def _calls(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": calls}


def _answer(number: int = 1) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"call_{number}", "content": "sunny"}


def _talk(*messages: dict[str, Any], **keys: object) -> bytes:
    return chat(_ASK, *messages, **{"tools": _TOOLS, **keys})


def _function_call(**call: object) -> bytes:
    functions = [_TOOLS[0]["function"]]
    message = {"role": "assistant", "content": None, "function_call": call}
    answer = {"role": "function", "name": "get_weather", "content": "sunny"}
    return chat(_ASK, message, answer, _SAY, functions=functions)


_GOOD = _talk(_calls(_call()), _answer(), _SAY)
_TWO = (_call(number=1), _call(city="Kyoto", number=2))
_OLD = {"name": "get_weather", "arguments": '{"city": "Osaka"}'}

EXAMPLES: dict[str, RuleExample] = {
    "missing-assistant": rows(
        chat(_HELLO), chat(_HELLO, _REPLY), "Add the reply that the model shall learn, or remove the line."
    ),
    "tool-call-unanswered": rows(
        _talk(_calls(_call()), _SAY),
        _GOOD,
        "Add a tool message with the call's id right after it; a call may be the end of the example, too.",
    ),
    "tool-answer-unasked": rows(
        _talk(_calls(_call()), _answer(), _answer(7), _SAY),
        _GOOD,
        "Write the id of the call that the message answers, or remove the message.",
    ),
    "duplicate-call-id": rows(
        _talk(_calls(_call()), _answer(), _calls(_call(city="Kyoto")), _answer(), _SAY),
        _talk(_calls(_call()), _answer(), _calls(_call(city="Kyoto", number=2)), _answer(2), _SAY),
        "Give each call an id of its own, and its answer the same.",
    ),
    "function-answer-unasked": rows(
        chat(
            _ASK,
            {"role": "function", "name": "get_weather", "content": "sunny"},
            _SAY,
            functions=[_TOOLS[0]["function"]],
        ),
        _function_call(**_OLD),
        "Add the call that it answers, or remove it.",
    ),
    "nothing-to-learn": rows(
        chat(_HELLO, {**_REPLY, "weight": 0}),
        chat(_HELLO, {**_REPLY, "weight": 1}),
        "Give the reply that the model shall learn the weight 1, or remove the line.",
    ),
    "system-not-first": rows(
        chat(_HELLO, system("Be brief."), _REPLY),
        chat(system("Be brief."), _HELLO, _REPLY),
        "Put the instructions first.",
    ),
    "repeated-role": rows(
        chat(user("Hello"), user("Are you there?"), _REPLY),
        chat(user("Hello. Are you there?"), _REPLY),
        "Join the messages if they are one turn; leave them if people do write so.",
    ),
    "unlearned-tail": rows(
        chat(_HELLO, _REPLY, user("Bye")),
        chat(_HELLO, _REPLY, user("Bye"), assistant("See you!")),
        "Add the reply, or remove what follows the last one.",
    ),
    "parallel-calls-forbidden": rows(
        _talk(_calls(*_TWO), _answer(), _answer(2), _SAY, parallel_tool_calls=False),
        _talk(_calls(*_TWO), _answer(), _answer(2), _SAY, parallel_tool_calls=True),
        "Make the calls one after the other, or allow parallel calls.",
    ),
    "malformed-tool-calls": rows(
        _talk(_calls({"id": "call_1", "name": "get_weather"}), _answer(), _SAY),
        _GOOD,
        "Write a call with id, type and function; its arguments are JSON inside of a string.",
    ),
    "malformed-function-call": rows(
        _function_call(name="get_weather", arguments=["Osaka"]),
        _function_call(**_OLD),
        "Write a name, and the arguments as JSON inside of a string.",
    ),
    "arguments-not-json": rows(
        _talk(_calls(_call(arguments="city=Osaka")), _answer(), _SAY),
        _GOOD,
        'Write an object of JSON as a string, "{}" if there are no arguments (`json.dumps(arguments)`).',
    ),
    "arguments-mismatch": rows(
        _talk(_calls(_call(arguments='{"town": "Osaka"}')), _answer(), _SAY),
        _GOOD,
        "Mend the call or the schema: the model learns to call so.",
    ),
    "undeclared-function": rows(
        _talk(_calls(_call("get_rain")), _answer(), _SAY),
        _GOOD,
        "Add the function's definition to `tools`, as it will be sent when the model is asked.",
    ),
}
