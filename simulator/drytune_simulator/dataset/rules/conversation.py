"""Rules that need all messages of an example; they come after those of single messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import Message, pointer_to
from drytune_simulator.dataset.rules.content import calls_of
from drytune_simulator.dataset.rules.registry import Found, rule
from drytune_simulator.dataset.wordings import says

__all__ = ["Conversation"]

_INSTRUCTIONS = ("system", "developer")


class Conversation(NamedTuple):
    """The messages of an example.

    Attributes:
        messages: Of any shape.
        offer: The object that holds ``tools``, ``functions`` and ``parallel_tool_calls``.
        base: Where the messages stand in the line.
        trained: Whether the replies in them are what is learned; those of a prompt are not.
    """

    messages: list[Any]
    offer: dict[str, Any]
    base: tuple[str | int, ...] = ("messages",)
    trained: bool = True

    def each(self) -> Iterator[Message]:
        """The messages that are objects."""
        for place, value in enumerate(self.messages):
            if isinstance(value, dict):
                yield Message(place, value, self.base)

    def calls(self) -> Iterator[tuple[Message, tuple[str | int, ...], dict[str, Any]]]:
        """Everything that the assistant calls: the message, where in it, and the function with its arguments."""
        for message in self.each():
            if message.role == "assistant":
                for path, call in calls_of(message.value):
                    yield message, path, call


@rule("missing-assistant", "conversation")
def missing_assistant(conversation: Conversation) -> Iterator[Found]:
    """At least one message is the assistant's: there is nothing to learn otherwise."""
    if not conversation.trained:
        return
    if not any(message.value.get("role") == "assistant" for message in conversation.each()):
        yield Found(
            pointer_to(*conversation.base),
            "No message is from the assistant.",
            "Add the reply that the model shall learn, or remove the line.",
            says("missing-assistant"),
        )


@rule("tool-call-unanswered", "conversation")
def tool_call_unanswered(conversation: Conversation) -> Iterator[Found]:
    """Tool calls are answered at once, each by a tool message with its id, unless they end the conversation.

    The chat endpoint refuses such a conversation; a user of Azure found that training refuses it too, without
    being told which line (microsoft-foundry/fine-tuning#23).
    """
    messages = conversation.messages
    for message in conversation.each():
        ids = _call_ids(message)
        if not ids or message.place + 1 == len(messages):
            continue
        answered = set[object]()
        for place in range(message.place + 1, len(messages)):
            answer = messages[place]
            if not isinstance(answer, dict) or answer.get("role") != "tool":
                break
            answered.add(_hashable(answer.get("tool_call_id")))
        for path, identity in ids:
            if identity not in answered:
                yield Found(
                    message.pointer(*path),
                    f"The call {shown(identity)} has no answer by a tool message before the conversation goes on.",
                    'Add {"role": "tool", "tool_call_id": …, "content": …} right after it.',
                    says("tool-call-unanswered", message=message.number, id=identity),
                )


@rule("tool-answer-unasked", "conversation")
def tool_answer_unasked(conversation: Conversation) -> Iterator[Found]:
    """A tool message answers a call of the assistant's message right before it, by its id, and once.

    Only other tool messages may stand between the two.
    """
    asked, due = set[str](), Counter[str]()
    for message in conversation.each():
        if message.role != "tool":
            due = Counter(identity for _, identity in _call_ids(message))
            asked.update(due)
            continue
        identity = message.value.get("tool_call_id")
        if not isinstance(identity, str):
            continue
        if due[identity]:
            due[identity] -= 1
            continue
        found = (
            f"The call {shown(identity)} waits for no answer here: it has one, or the conversation went on"
            if identity in asked
            else f"No call before this message has the id {shown(identity)}"
        )
        yield Found(
            message.pointer("tool_call_id"),
            f"{found}.",
            "Write the id of the call that it answers, and put it right after that.",
            says("tool-answer-unasked", message=message.number),
        )


@rule("duplicate-call-id", "conversation", severity="warning", effect="harmful", source="no source (I)")
def duplicate_call_id(conversation: Conversation) -> Iterator[Found]:
    """No two calls of a conversation have the same id."""
    seen = set[str]()
    for message in conversation.each():
        for path, identity in _call_ids(message):
            if identity in seen:
                yield Found(
                    message.pointer(*path),
                    f"A call before this one has the id {shown(identity)} too.",
                    "Give each call an id of its own, and its answer the same.",
                )
            seen.add(identity)


@rule("function-answer-unasked", "conversation", severity="warning", effect="harmful", source="no source (I)")
def function_answer_unasked(conversation: Conversation) -> Iterator[Found]:
    """A function message answers a function call that stands before it, by its name."""
    asked = set[object]()
    for message in conversation.each():
        call = message.value.get("function_call")
        if isinstance(call, dict):
            asked.add(_hashable(call.get("name")))
        name = message.value.get("name")
        if message.role == "function" and isinstance(name, str) and name not in asked:
            yield Found(
                message.pointer("name"),
                f"No message before this one calls the function {shown(name)}.",
                "Add the call that it answers, or remove it.",
            )


@rule("nothing-to-learn", "conversation", severity="warning", effect="billed", source="FACTS.md §5.1 (I)")
def nothing_to_learn(conversation: Conversation) -> Iterator[Found]:
    """At least one message of the assistant has not the weight 0."""
    weights = [message.value.get("weight") for message in conversation.each() if message.role == "assistant"]
    if conversation.trained and weights and all(weight == 0 and weight is not False for weight in weights):
        yield Found(
            pointer_to(*conversation.base),
            "Every message of the assistant has the weight 0.",
            "Give the reply to be learned the weight 1, or remove the line: it is billed all the same.",
        )


@rule("system-not-first", "conversation", severity="warning", effect="harmful", source="no source (I)")
def system_not_first(conversation: Conversation) -> Iterator[Found]:
    """Instructions (system, developer) stand at the beginning."""
    begun = False
    for message in conversation.each():
        if message.role in _INSTRUCTIONS:
            if begun:
                yield Found(
                    message.pointer("role"),
                    f"A message of the role {message.role} comes after others have spoken.",
                    "Put the instructions first: that is where they stand when the tuned model is asked.",
                )
        else:
            begun = True


@rule("repeated-role", "conversation", severity="info", effect="none", source="no source (I)")
def repeated_role(conversation: Conversation) -> Iterator[Found]:
    """User and assistant take turns."""
    before = None
    for message in conversation.each():
        calls = message.role == "assistant" and before is not None and any(calls_of(before.value))
        if (
            before is not None
            and message.role == before.role
            and message.role in {"user", "assistant"}
            and not calls
        ):
            yield Found(
                message.pointer("role"),
                f"Two messages of the role {message.role} follow one another.",
                "Join them, if they are one turn.",
            )
        before = message


@rule("unlearned-tail", "conversation", severity="warning", effect="billed", source="FACTS.md §5.1 (I)")
def unlearned_tail(conversation: Conversation) -> Iterator[Found]:
    """The last message is the assistant's: only its messages are learned."""
    last = conversation.messages[-1] if conversation.messages else None
    spoken = any(message.role == "assistant" for message in conversation.each())
    if conversation.trained and spoken and isinstance(last, dict) and last.get("role") != "assistant":
        yield Found(
            pointer_to(*conversation.base, len(conversation.messages) - 1),
            "The conversation ends without a reply of the assistant; what follows its last teaches nothing.",
            "Add the reply, or remove what follows the last one: it is billed all the same.",
        )


@rule(
    "parallel-calls-forbidden",
    "conversation",
    severity="warning",
    effect="harmful",
    source="FACTS.md §5.1 (I)",
)
def parallel_calls_forbidden(conversation: Conversation) -> Iterator[Found]:
    """No message makes several calls where `parallel_tool_calls` is false."""
    if conversation.offer.get("parallel_tool_calls") is not False:
        return
    for message in conversation.each():
        ids = _call_ids(message)
        if len(ids) > 1:
            yield Found(
                message.pointer("tool_calls"),
                f'The message makes {len(ids)} calls at once, and "parallel_tool_calls" is false.',
                "Make them one after the other, or allow parallel calls.",
            )


def _call_ids(message: Message) -> list[tuple[tuple[str | int, ...], str]]:
    """The ids of the tool calls of an assistant's message, with their paths."""
    calls = message.value.get("tool_calls") if message.role == "assistant" else None
    return [
        (("tool_calls", index, "id"), call["id"])
        for index, call in enumerate(calls if isinstance(calls, list) else ())
        if isinstance(call, dict) and isinstance(call.get("id"), str)
    ]


def _hashable(value: object) -> object:
    return value if isinstance(value, str) else None
