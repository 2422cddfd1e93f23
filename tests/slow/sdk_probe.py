"""Run by test_sdk_versions.py in an environment with another openai SDK: one workflow, printed as JSON."""

import asyncio
import inspect
import json
import sys
from pathlib import Path

import openai

from drytune import async_simulated, simulated


async def workflow(client, training: Path) -> dict:
    async def settled(value):
        return await value if inspect.isawaitable(value) else value

    file = await settled(client.files.create(file=("cat.jsonl", training.read_bytes()), purpose="fine-tune"))
    job = await settled(client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id, seed=7))
    while job.status not in ("succeeded", "failed", "cancelled"):
        job = await settled(client.fine_tuning.jobs.retrieve(job.id))
    messages = json.loads(training.read_text("utf-8").splitlines()[0])["messages"][:2]
    answer = await settled(client.chat.completions.create(model=job.fine_tuned_model, messages=messages))
    stream = await settled(
        client.chat.completions.create(model=job.fine_tuned_model, messages=messages, stream=True)
    )
    pieces = [c async for c in stream] if hasattr(stream, "__aiter__") else list(stream)
    try:
        await settled(client.chat.completions.create(model="ft:gpt-4o-mini:x::AbCd1234", messages=messages))
    except openai.NotFoundError as error:
        refused = [error.status_code, error.code]
    return {
        "file": file.id,
        "job": [job.id, job.status, job.fine_tuned_model, job.trained_tokens],
        "answer": answer.choices[0].message.content,
        "streamed": "".join(piece.choices[0].delta.content or "" for piece in pieces),
        "refused": refused,
    }


async def in_process_async(training: Path) -> dict:
    async with async_simulated() as client:
        return await workflow(client, training)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    seen = {
        "sync": asyncio.run(workflow(simulated(), path)),
        "async": asyncio.run(in_process_async(path)),
        "version": openai.__version__,
    }
    print(json.dumps(seen))
