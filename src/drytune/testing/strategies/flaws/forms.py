"""What only preference pairs, reinforcement examples, or prompts and completions can get wrong."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.flaws.registry import Flawed, Good, Line, file_flaw, row_flaw
from drytune.testing.strategies.text import Row

_OUTPUTS: Final = ("preferred_output", "non_preferred_output")

_GRADER: Final[dict[str, Any]] = {
    "type": "string_check",
    "name": "same",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}


@row_flaw("missing-input", form="preference")
def missing_input(_draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A pair of outputs to no input."""
    del row["input"]
    return row, ""


@row_flaw("missing-output", form="preference")
def missing_output(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A pair that lacks one of its two outputs."""
    del row[draw(st.sampled_from(_OUTPUTS))]
    return row, ""


@row_flaw("wrong-input", form="preference")
def wrong_input(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """An input that is no object: the bare question, or the bare messages."""
    messages = row["input"]["messages"]
    row["input"] = draw(st.sampled_from([messages, messages[-1]["content"], None, 5, True]))
    return row, "/input"


@row_flaw("wrong-output", form="preference")
def wrong_output(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """An output that is not exactly one message of the assistant."""
    key = draw(st.sampled_from(_OUTPUTS))
    (said,) = row[key]
    wrong = [said, said["content"], [], [said, said], None]
    row[key] = draw(st.sampled_from(wrong))
    return row, f"/{key}"


@row_flaw("same-outputs", form="preference")
def same_outputs(_draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Two outputs between which there is nothing to prefer."""
    row["non_preferred_output"] = row["preferred_output"]
    return row, "/non_preferred_output"


@row_flaw("system-in-reinforcement", form="reinforcement", instructed=True)
def system_in_reinforcement(_draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Instructions under the older name of their role."""
    row["messages"][0]["role"] = "system"
    return row, "/messages/0/role"


@row_flaw("last-not-user", form="reinforcement")
def last_not_user(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Messages that end with a reply, which is the model's to give."""
    row["messages"].append({"role": "assistant", "content": draw(st.sampled_from(["4", "Let me think."]))})
    return row, f"/messages/{len(row['messages']) - 1}"


@row_flaw("missing-grader-field", form="reinforcement", grader=_GRADER)
def missing_grader_field(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """An example without the field that the grader reads."""
    answer = row.pop("answer")
    if draw(st.booleans()):
        row["Answer"] = answer
    return row, ""


@file_flaw("wrong-grader", form="reinforcement", grader=_GRADER)
def wrong_grader(draw: DrawFn, good: Good) -> Flawed:
    """A grader of no known type, or without what its type needs; the pointer is into the job's options."""
    key = draw(st.sampled_from(["type", "operation", "input", "reference"]))
    grader = {**_GRADER, key: draw(st.sampled_from(["strict", None, 1]))}
    if key in {"input", "reference"}:
        del grader[key]
    pointer = f"/grader/{key}" if key in grader else "/grader"
    return good.spoilt("wrong-grader", good.rows, pointer=pointer, grader=grader)


_ANSWER_SCHEMA: Final[dict[str, Any]] = {"type": "object", "properties": {"answer": {"type": "string"}}}


@file_flaw("wrong-response-format", form="reinforcement")
def wrong_response_format(draw: DrawFn, good: Good) -> Flawed:
    """A response format that has no JSON schema, or none that is valid; the pointer is into the job's options."""
    right = {"type": "json_schema", "json_schema": {"name": "answer", "schema": _ANSWER_SCHEMA}}
    good = Good(good.rows, {**good.options, "response_format": right})
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"type": "text"}, "/response_format"),
        ({"type": "json_object"}, "/response_format"),
        (_ANSWER_SCHEMA, "/response_format"),
        ({"type": "json_schema"}, "/response_format/json_schema"),
        ({"type": "json_schema", "json_schema": _ANSWER_SCHEMA}, "/response_format/json_schema"),
        ({"type": "json_schema", "json_schema": {"name": "answer"}}, "/response_format/json_schema"),
        (
            {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "objekt"}}},
            "/response_format/json_schema/schema",
        ),
    ]
    response_format, pointer = draw(st.sampled_from(wrong))
    return good.spoilt("wrong-response-format", good.rows, pointer=pointer, response_format=response_format)


@row_flaw("missing-prompt", form="completion")
def missing_prompt(_draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A completion of nothing."""
    del row["prompt"]
    return row, ""


@row_flaw("missing-completion", form="completion")
def missing_completion(_draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A prompt without the text that is to be learned."""
    del row["completion"]
    return row, ""


@row_flaw("prompt-not-text", form="completion")
def prompt_not_text(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A prompt, or a completion, that is no text."""
    key = draw(st.sampled_from(["prompt", "completion"]))
    row[key] = draw(st.sampled_from([None, 5, True, ["a"], {"role": "user", "content": "a"}]))
    return row, f"/{key}"
