"""Conversations in which the messages are right, one by one, and their order or their weights are not."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.flaws.registry import Line, row_flaw
from drytune.testing.strategies.text import Row


@row_flaw("missing-assistant", turns=2)
def missing_assistant(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A conversation in which the assistant says nothing."""
    others = [message for message in row["messages"] if message["role"] != "assistant"]
    return {"messages": others[: draw(st.integers(1, len(others)))]}, "/messages"


@row_flaw("nothing-to-learn", turns=2)
def nothing_to_learn(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Weights that leave all replies out."""
    for message in row["messages"]:
        if message["role"] == "assistant":
            message["weight"] = draw(st.sampled_from([0, 0.0]))
    return row, "/messages"


@row_flaw("system-not-first", turns=2, instructed=True)
def system_not_first(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Instructions that come after the conversation has begun."""
    place = draw(st.sampled_from([1, 2, 3]))
    row["messages"].insert(place, row["messages"].pop(0))
    return row, f"/messages/{place}/role"


@row_flaw("repeated-role", turns=2)
def repeated_role(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Two messages of the user, or of the assistant, in a row."""
    at = draw(
        st.sampled_from([place for place, one in enumerate(row["messages"]) if one["role"] != "system"])
    )
    row["messages"].insert(at + 1, {"role": row["messages"][at]["role"], "content": "And one more thing."})
    return row, f"/messages/{at + 1}/role"


@row_flaw("unlearned-tail", turns=2)
def unlearned_tail(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Words after the last reply, from which nothing is learned."""
    row["messages"].append({"role": "user", "content": draw(st.sampled_from(["Thanks!", "And then?"]))})
    return row, f"/messages/{len(row['messages']) - 1}"
