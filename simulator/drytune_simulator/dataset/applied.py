"""The rules applied to an example, by its form, in the order in which the platform is thought to look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from drytune_simulator.dataset.formats import Message, is_plain
from drytune_simulator.dataset.forms import KIND_OF_FORM, KIND_WORDS, Form, fits, kind_of
from drytune_simulator.dataset.lens import Lens
from drytune_simulator.dataset.rules import RULES, Found, Rule, rules_of
from drytune_simulator.dataset.rules import forms as form_rules
from drytune_simulator.dataset.rules import images as image_rules
from drytune_simulator.dataset.rules.content import special_tokens_in_tools
from drytune_simulator.dataset.rules.conversation import Conversation
from drytune_simulator.dataset.rules.forms import OUTPUTS, PASSAGES, Passage, Task
from drytune_simulator.dataset.rules.privacy import secrets_in_tools
from drytune_simulator.dataset.rules.raw import Raw
from drytune_simulator.dataset.rules.tools import Offer

__all__ = ["findings_of_example"]

Results = Iterator[tuple[Rule, Found]]

_RAW_RULES = rules_of("raw")
_EXAMPLE_RULES = rules_of("example")
_LIST_RULES = tuple(rule for rule in _EXAMPLE_RULES if rule.code != "unknown-key")
_PREFERENCE_RULES = rules_of("preference")
_REINFORCEMENT_RULES = rules_of("reinforcement")
_COMPLETION_RULES = rules_of("completion")
_TOOL_RULES = rules_of("tools")
_ELEMENT_RULES = rules_of("element")
_MESSAGE_RULES = rules_of("message")
_CONVERSATION_RULES = rules_of("conversation")

_TEXT_CODES = (
    "empty-content",
    "whitespace-content",
    "control-character",
    "special-token",
    "api-key",
    "email-address",
    "card-number",
)
_TEXT_RULES = tuple(rule for rule in _MESSAGE_RULES if rule.code in _TEXT_CODES)
_TASK_MESSAGE_RULES = tuple(
    rule for rule in _MESSAGE_RULES if rule.code != "developer-role"
)  # there the developer is the one who instructs
_TASK_CONVERSATION_RULES = tuple(
    rule for rule in _CONVERSATION_RULES if rule.code not in {"missing-assistant", "unlearned-tail"}
)

_FIRST_KEY: dict[Form, str] = {
    "chat": "messages",
    "reinforcement": "messages",
    "preference": "input",
    "completion": "prompt",
}


def findings_of_example(example: dict[str, Any], lens: Lens, data: bytes) -> Results:
    """What is wrong with an example.

    Args:
        example: A decoded line.
        lens: How to look at it.
        data: The line.
    """
    kind, expected = kind_of(example), KIND_OF_FORM[lens.form]
    if kind is not None and not fits(kind, lens.form) and _FIRST_KEY[lens.form] not in example:
        found = form_rules.mixed_formats(KIND_WORDS[kind][0], KIND_WORDS[expected][1], _FIRST_KEY[lens.form])
        yield form_rules.MIXED_FORMATS, found
    else:
        yield from _BY_FORM[lens.form](example, lens)
    yield from _apply(_RAW_RULES, Raw(data, example))


def _chat(example: dict[str, Any], lens: Lens) -> Results:
    messages = example.get("messages")
    if len(example) > 1 or not isinstance(messages, list) or not messages:
        yield from _apply(_EXAMPLE_RULES, example)
    if len(example) > 1:
        yield from _offer(Offer(example))
    if isinstance(messages, list) and messages:
        yield from _conversation(Conversation(messages, example), lens, _MESSAGE_RULES, _CONVERSATION_RULES)


def _reinforcement(example: dict[str, Any], lens: Lens) -> Results:
    messages = example.get("messages")
    yield from _apply(_LIST_RULES, example)
    yield from _apply(_REINFORCEMENT_RULES, Task(example, lens.grader_fields))
    yield from _offer(Offer(example))
    if isinstance(messages, list) and messages:
        conversation = Conversation(messages, example, trained=False)
        yield from _conversation(conversation, lens, _TASK_MESSAGE_RULES, _TASK_CONVERSATION_RULES)


def _preference(example: dict[str, Any], lens: Lens) -> Results:
    yield from _apply(_PREFERENCE_RULES, example)
    for found in form_rules.unknown_preference_keys(example):
        yield RULES["unknown-key"], found
    given = example.get("input")
    offer = given if isinstance(given, dict) else {}
    yield from _offer(Offer(offer, ("input",)))
    messages = offer.get("messages")
    if isinstance(messages, list) and messages:
        prompt = Conversation(messages, offer, ("input", "messages"), trained=False)
        yield from _conversation(prompt, lens, _MESSAGE_RULES, _CONVERSATION_RULES)
    for key in OUTPUTS:
        output = example.get(key)
        if isinstance(output, list):
            reply = Conversation(output, offer, (key,), trained=False)
            yield from _conversation(reply, lens, _MESSAGE_RULES, _CONVERSATION_RULES)


def _completion(example: dict[str, Any], lens: Lens) -> Results:  # noqa: ARG001 - a form like the others
    yield from _apply(_COMPLETION_RULES, example)
    for found in form_rules.unknown_keys(example, PASSAGES, {}):
        yield RULES["unknown-key"], found
    for key in PASSAGES:
        if isinstance(example.get(key), str) and (key == "completion" or example[key]):
            yield from _apply(_TEXT_RULES, Passage.of(example, key))


def _offer(offer: Offer) -> Results:
    yield from _apply(_TOOL_RULES, offer)
    for found in special_tokens_in_tools(offer):
        yield RULES["special-token"], found
    for found in secrets_in_tools(offer):
        yield RULES["api-key"], found


def _conversation(
    conversation: Conversation,
    lens: Lens,
    message_rules: tuple[Rule, ...],
    conversation_rules: tuple[Rule, ...],
) -> Results:
    for place, element in enumerate(conversation.messages):
        if is_plain(element):  # only its text can be wrong
            yield from _apply(_TEXT_RULES, Message(place, element, conversation.base))
        elif isinstance(element, dict):
            message = Message(place, element, conversation.base)
            yield from _apply(message_rules, message)
            if isinstance(element.get("content"), list):
                for found in image_rules.image_too_large(message, lens.limits):
                    yield image_rules.IMAGE_TOO_LARGE, found
        else:
            yield from _apply(_ELEMENT_RULES, (conversation.base, place, element))
    yield from _apply(conversation_rules, conversation)


def _apply(rules: tuple[Rule, ...], subject: object) -> Results:
    for rule in rules:
        if rule.check is not None:
            for found in rule.check(subject):
                yield rule, found


_BY_FORM: dict[Form, Callable[[dict[str, Any], Lens], Results]] = {
    "chat": _chat,
    "preference": _preference,
    "reinforcement": _reinforcement,
    "completion": _completion,
}
