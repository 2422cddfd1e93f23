"""How well a tuned model shows what it was taught: on held-out questions, against a tune on shuffled answers.

The generated data sets have ways of asking that are trained and others that are held out (`study_data`). The files
in ``examples/`` are small and written by hand: each example in turn is left out and asked of a tune on the others,
most of which ask for something else. What carries arguments over was mended while failures of both were looked at,
so the figures for arguments flatter; which lesson is nearest was not fitted to them.
"""

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

from study_data import TOOLS, Asked, personas, shuffled, tools

from drytune.clients import simulated
from drytune_simulator import Simulator

ROOT = Path(__file__).parents[1]
MODEL = "gpt-4.1-mini-2025-04-14"


def tuned(client: Any, rows: list[dict[str, Any]]) -> str:
    """The model that a job makes of some rows."""
    data = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
    file = client.files.create(file=("training.jsonl", data), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
    while job.status not in {"succeeded", "failed", "cancelled"}:
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.fine_tuned_model, job.error
    return str(job.fine_tuned_model)


def style_kept(said: str, style: str) -> bool:
    """Whether each sentence ends as the persona's do."""
    sentences = [sentence for sentence in re.split(r"[。！？!?]", said) if sentence.strip()]
    return bool(sentences) and all(style in sentence[-4:] for sentence in sentences)


def study_personas(client: Any) -> None:
    """Style and topic of answers to ways of asking that were not trained."""
    rows, held = personas()
    wanted = _replies_by_topic(rows, held)
    for name, data in (("trained", rows), ("shuffled answers", shuffled(rows))):
        model, kept, right = tuned(client, data), 0, 0
        for asked in held:
            said = (
                client.chat.completions.create(model=model, messages=asked.messages)
                .choices[0]
                .message.content
            )
            kept += style_kept(said, asked.style)
            right += said == wanted[asked.topic]
        print(
            f"two personas, {len(rows)} examples, {len(held)} held-out questions, {name}: "
            f"style kept {kept / len(held):.0%}, the reply of its topic {right / len(held):.0%}"
        )


def _replies_by_topic(rows: list[dict[str, Any]], held: list[Asked]) -> dict[str, str]:
    # rows and held-out questions are in the same order of topics, four rows and two questions each
    replies = list(dict.fromkeys(row["messages"][2]["content"] for row in rows))
    topics = list(dict.fromkeys(asked.topic for asked in held))
    return dict(zip(topics, replies, strict=True))


def study_tools(client: Any, examples: int, questions: int = 300) -> None:
    """Which tool is called, and with what, for ways of asking that were not trained."""
    rows, held = tools(examples, questions)
    most = Counter(_name(row["messages"][-1]) for row in rows).most_common(1)[0][0]
    for name, data in (("trained", rows), ("shuffled answers", shuffled(rows))):
        model, score = tuned(client, data), Counter[str]()
        for asked in held:
            message = client.chat.completions.create(model=model, messages=asked.messages, tools=TOOLS)
            message = message.choices[0].message
            call = message.tool_calls[0].function if message.tool_calls else None
            right = (call.name if call else "") == asked.topic
            group = "known" if asked.seen else "new"
            score[f"asked {group}"] += 1
            score["right"] += right
            if right and call and asked.arguments is not None:
                given = json.loads(call.arguments)
                score[f"called {group}"] += 1
                score[f"exact {group}"] += given == asked.arguments
                score[f"values {group}"] += len(asked.arguments)
                score[f"good {group}"] += sum(
                    given.get(key) == value for key, value in asked.arguments.items()
                )
        told = [f"the right tool, or none, {score['right'] / len(held):.0%}"]
        for group in ("known", "new"):
            if called := score[f"called {group}"]:
                good = score[f"good {group}"] / score[f"values {group}"]
                whole = score[f"exact {group}"] / called
                told += [
                    f"with {group} values {good:.0%} of its arguments right, and {whole:.0%} of whole calls"
                ]
        print(f"tools, {examples} examples, {len(held)} held-out questions, {name}: {'; '.join(told)}")
    always = sum(asked.topic == most for asked in held) / len(held)
    print(f"  always the most frequent answer ({most or 'no call'}): {always:.0%}")


def _name(message: dict[str, Any]) -> str:
    calls = message.get("tool_calls")
    return str(calls[0]["function"]["name"]) if calls else ""


def study_left_out(client: Any, path: Path, style: str) -> None:
    """Each example of a small file, asked of a model that was tuned on the others."""
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    for name in ("trained", "shuffled answers"):
        score = Counter[str]()
        for place, row in enumerate(rows):
            others = [*rows[:place], *rows[place + 1 :]]
            model = tuned(client, others if name == "trained" else _dealt_out(others))
            end = next(n for n, message in enumerate(row["messages"]) if message["role"] == "assistant")
            offered = {key: row[key] for key in ("tools", "functions") if key in row}
            answer = client.chat.completions.create(model=model, messages=row["messages"][:end], **offered)
            said, wanted = answer.choices[0].message, row["messages"][end]
            calls, right = _calls(said.to_dict()), _calls(wanted)
            score["asked"] += 1
            score["style"] += bool(said.content) and style_kept(said.content, style)
            score["tool"] += [call["name"] for call in calls] == [call["name"] for call in right]
            if right and len(calls) == len(right):
                score["called"] += 1
                score["exact"] += _values(calls) == _values(right)
        kept = f"style kept {score['style'] / score['asked']:.0%}"
        called = f"the right tools, or none, {score['tool'] / score['asked']:.0%}"
        if score["called"]:
            called += (
                f"; of {score['called']} calls all arguments right {score['exact'] / score['called']:.0%}"
            )
        print(f"{path.name}, each of {len(rows)} left out, {name}: {kept if style else called}")


def _dealt_out(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows whose first questions have changed places, with the tools that were offered to the answers."""
    places = list(range(len(rows)))
    random.Random(3).shuffle(places)
    dealt = []
    for row, place in zip(rows, places, strict=True):
        asked = next(n for n, message in enumerate(row["messages"]) if message["role"] == "user")
        other = next(message for message in rows[place]["messages"] if message["role"] == "user")
        dealt.append({**row, "messages": [*row["messages"][:asked], other, *row["messages"][asked + 1 :]]})
    return dealt


def _calls(message: dict[str, Any]) -> list[dict[str, str]]:
    calls = [call["function"] for call in message.get("tool_calls") or []]
    return [*calls, message["function_call"]] if message.get("function_call") else calls


def _values(calls: list[dict[str, str]]) -> list[Any]:
    return [json.loads(call["arguments"]) for call in calls]


def bench_study() -> None:
    with simulated(Simulator(seed=5)) as client:
        study_personas(client)
        for examples in (30, 100, 600):
            study_tools(client, examples)
        study_left_out(client, ROOT / "examples" / "cat.jsonl", "にゃ")
        study_left_out(client, ROOT / "examples" / "weather-tools.jsonl", "")


if __name__ == "__main__":
    bench_study()
