"""The platform's words about training files, in one table: what it says, how well that is known, from where.

Grades are those of FACTS.md: R recorded, O official, U one user's report, I inferred (our best judgement in the
same style). `{line}` is the number of the line, counted from 1; `{message}` that of the message.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

__all__ = [
    "BAD_EXTENSION",
    "NOT_A_DICTIONARY",
    "TOO_FEW",
    "TOO_MANY",
    "WORDINGS",
    "WRONG_FORMAT",
    "WRONG_MODEL",
    "Wording",
    "says",
]

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
    "nul-byte": Wording(
        "Example {line} cannot be parsed. Error: line contains invalid json: {error}",
        "I",
        "after FACTS.md §3.2",
    ),
    "trailing-comma": Wording(
        "Example {line} cannot be parsed. Error: line contains invalid json: {error}",
        "R",
        "FACTS.md §3.2",
    ),
    "top-level-array": Wording("Example {line} is not a dictionary", "I", "after FACTS.md §3.2"),
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
    # other forms
    "mixed-formats": Wording("Example {line} is missing key '{key}'", "R", "FACTS.md §4.5"),
    "missing-input": Wording("Example {line} is missing key '{key}'.", "R", "FACTS.md §4.5"),
    "missing-output": Wording("Example {line} is missing key '{key}'.", "I", "after FACTS.md §4.5"),
    "wrong-input": Wording('Example {line}, key "input": value is not a valid input', "I", _STYLE),
    "wrong-output": Wording(
        'Example {line}, key "{key}": value must be a list with exactly one assistant message', "I", _STYLE
    ),
    "system-in-reinforcement": Wording(
        "Example {line}: System messages are not supported in 'reinforcement' examples", "R", "FACTS.md §4.5"
    ),
    "last-not-user": Wording(
        'Example {line}, key "messages": the last message must be from the user', "I", "FACTS.md §5.1"
    ),
    "missing-grader-field": Wording("Example {line} is missing key '{key}'", "I", _STYLE),
    "missing-prompt": Wording("Example {line} is missing key 'prompt'", "I", "after FACTS.md §4.5"),
    "missing-completion": Wording("Example {line} is missing key 'completion'", "I", "after FACTS.md §4.5"),
    "prompt-not-text": Wording('Example {line}, key "{key}": str type expected', "I", _STYLE),
    "too-many-images": Wording("Example {line} has too many images", "I", "FACTS.md §5.1"),
    "image-url": Wording("Example {line}, message {message} has an invalid image URL", "I", "FACTS.md §5.1"),
    # conversations
    "tool-call-unanswered": Wording(
        "Example {line}, message {message}: an assistant message with 'tool_calls' must be followed by tool"
        " messages responding to each 'tool_call_id' (no answer to {id})",
        "I",
        "the chat endpoint's rule; one report of a refusal in training (U)",
    ),
    "tool-answer-unasked": Wording(
        "Example {line}, message {message}: a message with role 'tool' must answer a preceding message with"
        " 'tool_calls'",
        "I",
        "the chat endpoint's rule",
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
    "arguments-not-json": Wording(
        "Example {line}, message {message}: the arguments of a call are not a valid JSON object", "I", _STYLE
    ),
    "special-token": Wording(
        "Example {line} message contains an invalid token: {token}.", "R", "FACTS.md §4.5"
    ),
}

TOO_FEW: Final = Wording(
    "Training file has {examples} example(s), but must have at least {least} examples", "R", "FACTS.md §4.5"
)

WRONG_FORMAT: Final = Wording(
    "Input file {file} is in the {format} format, but the specified fine-tuning job is not using '{right}' as the"
    " training method (provided method={method}). ",
    "R",
    "FACTS.md §4.5",
)

WRONG_MODEL: Final = Wording(
    "Input file {file} is in the {format} format, but {model} is trained on the {right} format. ",
    "I",
    "after FACTS.md §4.5",
)

TOO_MANY: Final = Wording(
    "Training file has {examples} example(s), but must have at most {most} examples",
    "I",
    "after FACTS.md §4.5",
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
