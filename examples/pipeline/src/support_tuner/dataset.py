"""The examples that a model is taught, and what is wrong with them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Dataset", "DatasetError"]

_ROLES = ("system", "user", "assistant")
_FEWEST = 10
# English has four and more: what is reckoned with it is too much rather than too little
_CHARACTERS_A_TOKEN = 2.5
_TOKENS_A_MESSAGE = 8


class DatasetError(ValueError):
    """A file is no dataset of ours; the sentence names the line."""


@dataclass(frozen=True)
class Dataset:
    """A file of conversations, all with the same system prompt.

    Attributes:
        name: Of the file.
        data: Its bytes.
        system: The system prompt.
        examples: How many conversations there are.
        tokens: How many tokens they have at most.
    """

    name: str
    data: bytes
    system: str
    examples: int
    tokens: int

    @classmethod
    def read(cls, path: Path, *, fewest: int = _FEWEST) -> Dataset:
        """The dataset in the file at `path`.

        Raises:
            DatasetError: It is none.
        """
        return cls.parse(path.name, path.read_bytes(), fewest=fewest)

    @classmethod
    def parse(cls, name: str, data: bytes, *, fewest: int = _FEWEST) -> Dataset:
        """The dataset in `data`; as `read`."""
        conversations = []
        for number, line in enumerate(data.splitlines(), 1):
            try:
                conversations.append(_conversation(line))
            except (ValueError, TypeError) as error:
                raise DatasetError(f"{name}:{number}: {error}") from None
        if len(conversations) < fewest:
            raise DatasetError(f"{name} has {len(conversations)} examples; at least {fewest} are needed")
        prompts = {messages[0]["content"] for messages in conversations}
        if len(prompts) > 1:
            raise DatasetError(f"{name} has {len(prompts)} different system prompts; a model is taught one")
        contents = [message["content"] for messages in conversations for message in messages]
        tokens = sum(len(text.encode()) / _CHARACTERS_A_TOKEN + _TOKENS_A_MESSAGE for text in contents)
        return cls(name, data, prompts.pop(), len(conversations), int(tokens) + 1)

    @property
    def digest(self) -> str:
        """What the content is known by."""
        return hashlib.sha256(self.data).hexdigest()[:32]


def _conversation(line: bytes) -> list[dict[str, Any]]:
    example = json.loads(line)
    if not isinstance(example, dict) or set(example) != {"messages"}:
        raise ValueError('an example is an object that has "messages" and nothing else')
    messages = example["messages"]
    if not isinstance(messages, list) or len(messages) < 3:
        raise ValueError('"messages" is a list: the system prompt, a question, its answer')
    for message in messages:
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise ValueError('a message has "role" and "content"')
        if message["role"] not in _ROLES:
            raise ValueError(f"there is no role {message['role']!r}")
        if not isinstance(message["content"], str) or not message["content"].strip():
            raise ValueError("a message without text teaches nothing")
        message["content"].encode()  # half of a surrogate pair is no text: UnicodeEncodeError is a ValueError
    if messages[0]["role"] != "system":
        raise ValueError("the system prompt comes first")
    if messages[-1]["role"] != "assistant":
        raise ValueError("the last message is the assistant's: it is what is learned")
    return messages
