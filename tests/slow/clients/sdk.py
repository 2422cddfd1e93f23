"""openai-python 1.x, 2.x or 3.x over HTTP, through all that fine-tuning needs; prints what it saw as JSON."""

import json
import sys
from pathlib import Path

import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key="sk-python", max_retries=0)
path = Path(sys.argv[2])
seen: dict[str, object] = {"version": openai.__version__}


def refused(call) -> list[object]:
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.code]
    return ["was not refused"]


with path.open("rb") as stream:
    file = client.files.create(file=stream, purpose="fine-tune")
seen["file"] = [file.filename, file.bytes, client.files.retrieve(file.id).id == file.id]
seen["content"] = client.files.content(file.id).content == path.read_bytes()

content = path.read_bytes()
if hasattr(client, "uploads"):  # since 1.38
    half = len(content) // 2
    upload = client.uploads.create(
        filename="parts.jsonl", purpose="fine-tune", bytes=len(content), mime_type="text/jsonl"
    )
    parts = [client.uploads.parts.create(upload.id, data=data) for data in (content[:half], content[half:])]
    done = client.uploads.complete(upload.id, part_ids=[part.id for part in parts])
    seen["upload"] = [upload.status, done.status, done.file.bytes]

job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id, suffix="sdk", seed=7)
statuses = [job.status]
while job.status not in ("succeeded", "failed", "cancelled"):
    job = client.fine_tuning.jobs.retrieve(job.id)
    if job.status != statuses[-1]:
        statuses.append(job.status)
seen["statuses"] = statuses
seen["job"] = [job.fine_tuned_model.rpartition(":")[0], job.trained_tokens, len(job.result_files)]
seen["events"] = list(client.fine_tuning.jobs.list_events(job.id, limit=3))[-1].message.partition(":")[0]
seen["checkpoints"] = len(list(client.fine_tuning.jobs.checkpoints.list(job.id)))
seen["jobs"] = len(list(client.fine_tuning.jobs.list(limit=1)))
other = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
seen["cancelled"] = client.fine_tuning.jobs.cancel(other.id).status

messages = json.loads(path.read_text("utf-8").splitlines()[0])["messages"]
asked = {"model": job.fine_tuned_model, "messages": messages[:-1]}
answer = client.chat.completions.create(**asked).choices[0].message.content
seen["answer"] = answer == messages[-1]["content"]
chunks = list(client.chat.completions.create(**asked, stream=True))
seen["streamed"] = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == answer

seen["models"] = job.fine_tuned_model in {model.id for model in client.models.list()}
seen["deleted"] = client.models.delete(job.fine_tuned_model).deleted
seen["file deleted"] = client.files.delete(file.id).deleted
other_key = client.with_options(api_key="sk-other")
seen["refused"] = [
    refused(lambda: client.models.retrieve(job.fine_tuned_model)),
    refused(lambda: client.fine_tuning.jobs.retrieve("ftjob-none")),
    refused(lambda: client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file="file-none")),
    refused(lambda: client.files.create(file=("a.jsonl", b"no"), purpose="fine-tune")),
    refused(lambda: other_key.fine_tuning.jobs.retrieve(job.id)),
    refused(lambda: client.delete(f"/fine_tuning/jobs/{job.id}", cast_to=object)),
    refused(client.with_options(api_key="bad key").models.list),
]
print(json.dumps(seen))
