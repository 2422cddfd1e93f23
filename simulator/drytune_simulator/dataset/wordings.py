"""The platform's words about training files, in one table: what it says, how well that is known, from where.

Grades are those of FACTS.md: R recorded, O official, U one user's report, I inferred (our best judgement in the
same style). `{line}` is the number of the line, counted from 1; `{message}` that of the message.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

__all__ = ["BAD_EXTENSION", "NOT_A_DICTIONARY", "TOO_FEW", "WORDINGS", "Wording", "says"]

_STYLE = "in the style of FACTS.md §4.5"


class Wording(msgspec.Struct, frozen=True):
    """What the platform says about one thing."""

    text: str
    grade: Literal["R", "O", "U", "I", "M"]
    source: str


PREFIX: Final = "The job failed due to a file format error in the training file. "

WORDINGS: Final[dict[str, Wording]] = {
    # lines: said at upload, or by a job whose file got past it
    "invalid-json": Wording(
        "Example {line} cannot be parsed. Error: line contains invalid json: {error}",
        "I",
        "after FACTS.md §3.2",
    ),
    "not-utf8": Wording(
        "Example {line} cannot be parsed. Error: line is not valid UTF-8: {error}", "I", _STYLE
    ),
    "too-deep": Wording("Example {line} cannot be parsed. Error: line is nested too deeply", "I", _STYLE),
    "line-too-long": Wording("Example {line} cannot be parsed. Error: line is too long", "I", _STYLE),
    "not-an-object": Wording("Example {line} is not a dictionary", "I", "after FACTS.md §3.2"),
    # examples
    "unknown-key": Wording('Example {line} contains an extra "{key}".', "R", "FACTS.md §4.5"),
    "missing-messages": Wording("Example {line} is missing key 'messages'", "R", "FACTS.md §4.5"),
    "messages-not-list": Wording('Example {line}, key "messages": value is not a valid list', "I", _STYLE),
    "empty-messages": Wording(
        'Example {line}, key "messages": ensure this value has at least 1 items', "I", _STYLE
    ),
    "missing-assistant": Wording(
        'Example {line}, key "messages": At least one message must be from the assistant.',
        "U",
        "FACTS.md §3.2",
    ),
    "malformed-tools": Wording('Example {line}, key "tools": {error}', "I", _STYLE),
    "malformed-functions": Wording('Example {line}, key "functions": {error}', "I", _STYLE),
    "wrong-parallel-tool-calls": Wording(
        'Example {line}, key "parallel_tool_calls": value could not be parsed to a boolean', "I", _STYLE
    ),
    # messages
    "message-not-object": Wording("Example {line}, message {message} value is not a valid dict", "I", _STYLE),
    "missing-role": Wording(
        "Example {line}, message {message} Discriminator 'role' is missing in value", "R", "FACTS.md §4.5"
    ),
    "unknown-role": Wording(
        "Example {line}, message {message} No match for discriminator 'role' and value {value}"
        " (allowed values: 'system', 'user', 'assistant', 'tool', 'function')",
        "I",
        _STYLE,
    ),
    "unknown-message-key": Wording(
        'Example {line}, message {message} contains an extra "{key}".', "I", _STYLE
    ),
    "missing-message-key": Wording("Example {line}, message {message} is missing key '{key}'", "I", _STYLE),
    "missing-content": Wording("Example {line}, message {message} is missing key 'content'", "I", _STYLE),
    "wrong-type": Wording('Example {line}, message {message}, key "{key}": str type expected', "I", _STYLE),
    "wrong-content": Wording('Example {line}, message {message}, key "content": {error}', "I", _STYLE),
    "wrong-weight": Wording(
        'Example {line}, message {message}, key "weight": unexpected value; permitted: 0, 1', "I", _STYLE
    ),
    "misplaced-weight": Wording('Example {line}, message {message} contains an extra "weight".', "I", _STYLE),
    "malformed-tool-calls": Wording(
        'Example {line}, message {message}, key "tool_calls": {error}', "I", _STYLE
    ),
    "malformed-function-call": Wording(
        'Example {line}, message {message}, key "function_call": {error}', "I", _STYLE
    ),
    "special-token": Wording(
        "Example {line} message contains an invalid token: {token}.", "R", "FACTS.md §4.5"
    ),
}

TOO_FEW: Final = Wording(
    "Training file has {examples} example(s), but must have at least {least} examples", "R", "FACTS.md §4.5"
)

BAD_EXTENSION: Final = Wording(
    "Invalid file format for Fine-Tuning API. Must be .jsonl", "R", "FACTS.md §3.2"
)

NOT_A_DICTIONARY: Final = Wording(
    "Expected file to have JSONL format, where every line is a JSON dictionary. Line {line} is not a dictionary"
    ' (HINT: line starts with: "{start}...").',
    "R",
    "FACTS.md §3.2",
)


def says(code: str, **values: object) -> str:
    """The words for `code` with everything filled in but ``{line}``, which is known only when files are merged.

    What comes before the number of the line is cut off: all wordings begin with ``Example {line}``.
    """
    text = WORDINGS[code].text.removeprefix("Example {line}")
    return text.format(**{key: _short(value) for key, value in values.items()})


def _short(value: object) -> object:
    return value if not isinstance(value, str) or len(value) <= 200 else f"{value[:200]}…"
