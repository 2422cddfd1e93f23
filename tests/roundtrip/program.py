"""A client program made of steps: performed against a server while it is recorded, then against the recording.

Run by itself, it is given sequences of steps on standard input and performs all of them with the SDK of its own
environment, printing what differed.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import openai

TOOL = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Weather",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}
MODELS = ("gpt-4o-mini-2024-07-18", "gpt-4.1-mini", "gpt-3.5-turbo-0613", "no-such-model")
WORDS = ("What comes after 3?", "What comes after 11?", "おはよう！", "Will it rain in Oslo?", "")


def rows(count: int) -> bytes:
    lines = []
    for number in range(count):
        user, reply = f"What comes after {number}?", f"After {number} comes {number + 1}."
        messages = [{"role": "user", "content": user}, {"role": "assistant", "content": reply}]
        lines.append(json.dumps({"messages": messages}))
    return "\n".join(lines).encode()


CONTENTS = (
    rows(12),
    rows(3),
    b"not JSON lines",
    b'{"messages": []}\n' * 12,
    '{"prompt": "é"}\n'.encode() * 12,
)


async def settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


class Program:
    """Steps over one client, sync or async; what they gave is kept as plain JSON."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.files: list[str] = []
        self.jobs: list[str] = []
        self.models: list[str] = []

    async def perform(self, steps: list[list[Any]]) -> list[Any]:
        return [await self.one(*step) for step in steps]

    async def one(self, name: str, *arguments: Any) -> Any:
        step: Callable[..., Awaitable[Any]] = getattr(self, name)
        try:
            return plain(await step(*arguments))
        except openai.APIStatusError as error:
            return {
                "error": type(error).__name__,
                "status": error.status_code,
                "code": error.code,
                "body": error.body,
            }

    def file(self, number: int) -> str:
        return self.files[number % len(self.files)] if self.files else "file-unknown"

    def job(self, number: int) -> str:
        return self.jobs[number % len(self.jobs)] if self.jobs else "ftjob-unknown"

    def model(self, number: int) -> str:
        models = [*self.models, "gpt-4o-mini-2024-07-18"]
        return models[number % len(models)]

    async def upload(self, content: int, name: str) -> Any:
        made = await settled(
            self.client.files.create(file=(name, CONTENTS[content % len(CONTENTS)]), purpose="fine-tune")
        )
        self.files.append(made.id)
        return made

    async def retrieve_file(self, number: int) -> Any:
        return await settled(self.client.files.retrieve(self.file(number)))

    async def list_files(self) -> Any:
        return (await settled(self.client.files.list())).data

    async def content(self, number: int) -> Any:
        answer = await settled(self.client.files.content(self.file(number)))
        return (
            answer.read().hex()
            if not inspect.iscoroutinefunction(answer.read)
            else (await answer.read()).hex()
        )

    async def delete_file(self, number: int) -> Any:
        return await settled(self.client.files.delete(self.file(number)))

    async def create(self, number: int, model: int, suffix: str | None) -> Any:
        named = {} if suffix is None else {"suffix": suffix}
        made = await settled(
            self.client.fine_tuning.jobs.create(
                training_file=self.file(number), model=MODELS[model % len(MODELS)], **named
            )
        )
        self.jobs.append(made.id)
        return made

    async def poll(self, number: int, times: int) -> Any:
        seen = []
        for _ in range(times):
            job = await settled(self.client.fine_tuning.jobs.retrieve(self.job(number)))
            seen.append(plain(job))
            if job.fine_tuned_model and job.fine_tuned_model not in self.models:
                self.models.append(job.fine_tuned_model)
        return seen

    async def list_jobs(self, limit: int) -> Any:
        return (await settled(self.client.fine_tuning.jobs.list(limit=limit))).data

    async def events(self, number: int) -> Any:
        return (await settled(self.client.fine_tuning.jobs.list_events(self.job(number), limit=5))).data

    async def checkpoints(self, number: int) -> Any:
        return (await settled(self.client.fine_tuning.jobs.checkpoints.list(self.job(number)))).data

    async def cancel(self, number: int) -> Any:
        return await settled(self.client.fine_tuning.jobs.cancel(self.job(number)))

    async def chat(self, model: int, words: int, tools: bool) -> Any:
        messages = [{"role": "user", "content": WORDS[words % len(WORDS)]}]
        offered = {"tools": [TOOL]} if tools else {}
        return await settled(
            self.client.chat.completions.create(model=self.model(model), messages=messages, **offered)
        )

    async def chat_streamed(self, model: int, words: int) -> Any:
        messages = [{"role": "user", "content": WORDS[words % len(WORDS)]}]
        stream = await settled(
            self.client.chat.completions.create(
                model=self.model(model),
                messages=messages,
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        return [piece async for piece in stream] if hasattr(stream, "__aiter__") else list(stream)

    async def respond(self, model: int, words: int) -> Any:
        return await settled(
            self.client.responses.create(model=self.model(model), input=WORDS[words % len(WORDS)])
        )

    async def embed(self, words: int) -> Any:
        return await settled(
            self.client.embeddings.create(
                model="text-embedding-3-small", input=WORDS[words % len(WORDS)], dimensions=8
            )
        )

    async def list_models(self) -> Any:
        return (await settled(self.client.models.list())).data

    async def retrieve_model(self, number: int) -> Any:
        return await settled(self.client.models.retrieve(self.model(number)))


def plain(value: Any) -> Any:
    """What the SDK gave, with its types, as JSON; ids of organizations are hidden in recordings, and so here."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    dump = getattr(value, "model_dump", None)
    # the SDK warns of forms that its own types do not expect, which is not what is tried here
    if dump is None:
        return value
    text = json.dumps({"type": type(value).__name__, **dump(mode="json", warnings=False)})
    return json.loads(re.sub(r'"org-[^"]+"', '"org"', text))


async def with_client(client: Any, steps: list[list[Any]]) -> list[Any]:
    """Perform the steps, and close the client, which seals a recording."""
    try:
        return await Program(client).perform(steps)
    finally:
        await settled(client.close())


def there_and_back(number: int, steps: list[list[Any]], url: str, file: Path) -> list[str]:
    """Record one sequence and replay it; what differed."""
    import drytune

    key = f"sk-roundtrip-{number:06}"
    made = drytune.async_recording if number % 2 else drytune.recording
    recorded = asyncio.run(with_client(made(file, base_url=url, api_key=key, max_retries=0), steps))
    differences = []
    for door in (drytune.replayed, drytune.async_replayed):
        again = asyncio.run(with_client(door(file, max_retries=0), steps))
        differences += [
            f"sequence {number}, {door.__name__}, step {at} {step}: {was} became {now}"
            for at, (step, was, now) in enumerate(zip(steps, recorded, again, strict=True))
            if was != now
        ]
    if key in file.read_text("utf-8"):
        differences.append(f"sequence {number}: the key is on the disk")
    return differences


def main() -> None:
    given = json.load(sys.stdin)
    directory = Path(given["directory"])
    differences = []
    for number, steps in enumerate(given["sequences"]):
        differences += there_and_back(number, steps, given["url"], directory / f"{number}.yaml")
    print(
        json.dumps({"openai": openai.__version__, "differences": differences[:5], "count": len(differences)})
    )


if __name__ == "__main__":
    main()
