"""Examples of the rules of preference pairs, tasks for reinforcement, and prompts with completions."""

from __future__ import annotations

from typing import Any

from drytune.rule_examples.example import Case, RuleExample, assistant, chat, line, pair, rows, user

__all__ = ["EXAMPLES"]

_PAIR = pair()
_PREFERENCE: dict[str, Any] = {"form": "preference", "method": "dpo"}
_TASK: dict[str, Any] = {"form": "reinforcement", "method": "reinforcement", "model": "o4-mini"}
_BASE: dict[str, Any] = {"form": "completion", "model": "davinci-002"}
_ASK = user("What is 6 times 7?")
_GOOD_TASK = line({"messages": [_ASK], "answer": "42"})
_COMPLETION = line({"prompt": "6 times 7 is", "completion": " 42."})
_GRADER = {
    "type": "string_check",
    "name": "same",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
}


def _graded(grader: dict[str, Any]) -> Case:
    return Case(data=_GOOD_TASK, words=f"A grader:\n{line(grader).decode()}", grader=grader, **_TASK)


def _formatted(response_format: dict[str, Any]) -> Case:
    words = f"A response format:\n{line(response_format).decode()}"
    return Case(data=_GOOD_TASK, words=words, response_format=response_format, **_TASK)


EXAMPLES: dict[str, RuleExample] = {
    "mixed-formats": rows(
        _PAIR,
        chat(user("Hello"), assistant("Good morning!")),
        "Put the lines of each form into a file of their own.",
    ),
    "missing-input": rows(
        line({"preferred_output": [assistant("Tokyo.")], "non_preferred_output": [assistant("Kyoto.")]}),
        _PAIR,
        'Add "input" with the messages that both outputs answer.',
        **_PREFERENCE,
    ),
    "missing-output": rows(
        pair(non_preferred_output=None),
        _PAIR,
        "Give both outputs, preferred_output and non_preferred_output.",
        **_PREFERENCE,
    ),
    "wrong-input": rows(
        pair(prompt="Which is the capital of Japan?"),
        _PAIR,
        'Write an object with "messages", a list.',
        **_PREFERENCE,
    ),
    "wrong-output": rows(
        pair(preferred_output="Tokyo."),
        _PAIR,
        "Write each output as a list of one message of the assistant.",
        **_PREFERENCE,
    ),
    "same-outputs": rows(
        pair(non_preferred_output=[assistant("Tokyo.")]),
        _PAIR,
        "Write a reply that is worse than the preferred one, or remove the line.",
        **_PREFERENCE,
    ),
    "system-in-reinforcement": rows(
        line({"messages": [{"role": "system", "content": "Be brief."}, _ASK], "answer": "42"}),
        line({"messages": [{"role": "developer", "content": "Be brief."}, _ASK], "answer": "42"}),
        'Write "developer" for "system".',
        **_TASK,
    ),
    "last-not-user": rows(
        line({"messages": [_ASK, assistant("42")], "answer": "42"}),
        _GOOD_TASK,
        "Move the answer into a key of its own, which the grader can read.",
        **_TASK,
    ),
    "missing-grader-field": rows(
        line({"messages": [_ASK], "solution": "42"}),
        _GOOD_TASK,
        "Add the key that the grader's template names (here item.answer), or mend the template.",
        grader=_GRADER,
        **_TASK,
    ),
    "wrong-grader": RuleExample(
        _graded({"type": "string_check", "name": "same", "input": "{{sample.output_text}}"}),
        _graded(_GRADER),
        "Write all that the grader's type needs; the types are string_check, text_similarity, python, score_model"
        " and multi.",
    ),
    "wrong-response-format": RuleExample(
        _formatted({"type": "json_object"}),
        _formatted({"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}),
        "Write a JSON schema with a name.",
    ),
    "missing-prompt": rows(
        b'{"completion": " 42."}', _COMPLETION, 'Add "prompt"; it may be an empty text.', **_BASE
    ),
    "missing-completion": rows(
        b'{"prompt": "6 times 7 is"}', _COMPLETION, "Add the text that the model shall learn.", **_BASE
    ),
    "prompt-not-text": rows(
        b'{"prompt": ["6", "times", "7"], "completion": " 42."}',
        _COMPLETION,
        "Write it as a string.",
        **_BASE,
    ),
}
