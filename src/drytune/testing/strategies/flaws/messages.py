"""Messages with a wrong role, a wrong key, or wrong content."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.flaws.registry import Line, row_flaw
from drytune.testing.strategies.rows import VISION
from drytune.testing.strategies.text import Message, Row
from drytune_simulator.dataset.formats import SPECIAL_TOKENS


def _any_of(draw: DrawFn, row: Row, *roles: str) -> tuple[int, Message]:
    """The place of a message, and the message; of the given roles, or any."""
    messages = row["messages"]
    places = [place for place, message in enumerate(messages) if not roles or message["role"] in roles]
    place = draw(st.sampled_from(places))
    return place, messages[place]


@row_flaw("message-not-object", turns=2)
def message_not_object(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A text, a list or null among the messages."""
    place = draw(st.integers(0, len(row["messages"]) - 1))
    row["messages"].insert(place, draw(st.sampled_from(["Hello", ["user", "Hello"], None, 5, True])))
    return row, f"/messages/{place}"


@row_flaw("missing-role", turns=2)
def missing_role(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A message that nobody says."""
    place, message = _any_of(draw, row, "user")
    del message["role"]
    return row, f"/messages/{place}"


@row_flaw("unknown-role", turns=2)
def unknown_role(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A role of another vendor, another spelling, or no text at all."""
    place, message = _any_of(draw, row, "user")
    message["role"] = draw(
        st.sampled_from(
            ["human", "bot", "gpt", "model", "User", "user ", "USER", "", "tools", None, 1, ["user"], {}]
        )
    )
    return row, f"/messages/{place}/role"


@row_flaw("developer-role", instructed=True)
def developer_role(_draw: DrawFn, row: Row) -> tuple[Line, str]:
    """The newer name of the system's role, which no source settles for training."""
    row["messages"][0]["role"] = "developer"
    return row, "/messages/0/role"


@row_flaw("unknown-message-key", turns=2)
def unknown_message_key(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A key that no message of that role has."""
    keys = {"user": ("tool_call_id", "refusal"), "assistant": ("tool_call_id",), "system": ("refusal",)}
    place, message = _any_of(draw, row)
    key = draw(
        st.sampled_from(
            ["mood", "timestamp", "text", "Content", "from", "reasoning_content", *keys[message["role"]]]
        )
    )
    message[key] = draw(st.sampled_from(["x", "2024-05-01"]))
    return row, f"/messages/{place}/{key}"


@row_flaw("wrong-type", turns=2)
def wrong_type(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A name, or a refusal, that is no text."""
    place, message = _any_of(draw, row)
    key = draw(st.sampled_from(["name", "refusal"] if message["role"] == "assistant" else ["name"]))
    message[key] = draw(st.sampled_from([5, True, ["ann"], {"first": "ann"}]))
    return row, f"/messages/{place}/{key}"


@row_flaw("wrong-weight", turns=2)
def wrong_weight(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A weight between, beyond, or no number."""
    place, message = _any_of(draw, row, "assistant")
    message["weight"] = draw(st.sampled_from([0.5, 2, -1, 0.1, "1", "0", "high", True, False, [1]]))
    return row, f"/messages/{place}/weight"


@row_flaw("misplaced-weight", turns=2)
def misplaced_weight(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A weight of what is not trained on anyway."""
    place, message = _any_of(draw, row, "user", "system")
    message["weight"] = draw(st.sampled_from([0, 1, 0.0, "1"]))
    return row, f"/messages/{place}/weight"


@row_flaw("missing-content", turns=2)
def missing_content(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """No content, or null, where nothing else is said."""
    place, message = _any_of(draw, row)
    message["content"] = None
    if draw(st.booleans()):
        return row, f"/messages/{place}/content"
    del message["content"]
    return row, f"/messages/{place}"


_WRONG_PARTS: Final[tuple[Any, ...]] = (
    "text",
    {},
    {"type": "text"},
    {"type": "text", "text": 5},
    {"type": "text", "content": "x"},
    {"text": "x"},
    {"type": "video", "video": "x"},
    {"type": "input_text", "text": "x"},
    {"type": None, "text": "x"},
    None,
)


@row_flaw("wrong-content", turns=2, model=VISION)
def wrong_content(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Content that is neither a text nor a list of parts, or a part that the role may not have."""
    place, message = _any_of(draw, row)
    if draw(st.booleans()):
        message["content"] = draw(st.sampled_from([5, True, 1.5, {}, {"text": "x"}, []]))
        return row, f"/messages/{place}/content"
    wrong = _WRONG_PARTS
    if message["role"] != "user":
        wrong += ({"type": "image_url", "image_url": {"url": "https://images.example/1.png"}},)
    message["content"] = [{"type": "text", "text": message["content"]}, draw(st.sampled_from(wrong))]
    return row, f"/messages/{place}/content/1"


@row_flaw("special-token", turns=2)
def special_token(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A token that only the platform may write, at the beginning, inside, or at the end of a text."""
    place, message = _any_of(draw, row, "user", "assistant")
    text, at = message["content"], draw(st.integers(0, len(message["content"])))
    spoilt = text[:at] + draw(st.sampled_from(SPECIAL_TOKENS)) + text[at:]
    if draw(st.booleans()):
        message["content"] = spoilt
        return row, f"/messages/{place}/content"
    message["content"] = [{"type": "text", "text": spoilt}]
    return row, f"/messages/{place}/content/0/text"


@row_flaw("empty-content", turns=2)
def empty_content(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A message that says nothing."""
    place, message = _any_of(draw, row, "user", "assistant")
    message["content"] = ""
    return row, f"/messages/{place}/content"


@row_flaw("whitespace-content", turns=2)
def whitespace_content(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A message that says nothing at some length."""
    place, message = _any_of(draw, row, "user", "assistant")
    blanks = [" ", "\n", "\t\t", " \r\n ", "\u3000", "\xa0", "\u200b", "\ufeff "]
    message["content"] = draw(st.sampled_from(blanks))
    return row, f"/messages/{place}/content"


@row_flaw("control-character", turns=2)
def control_character(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """An escape sequence of a terminal, a backspace, a page feed."""
    place, message = _any_of(draw, row, "user", "assistant")
    control = chr(draw(st.integers(0, 31).filter(lambda code: chr(code) not in "\t\n\r")))
    at = draw(st.integers(0, len(message["content"])))
    message["content"] = message["content"][:at] + control + message["content"][at:]
    return row, f"/messages/{place}/content"
