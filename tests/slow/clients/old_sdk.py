"""openai-python 0.28, as tutorials of 2023 use it; prints what it saw as JSON."""

import json
import sys
from pathlib import Path

import openai

openai.api_base, openai.api_key = sys.argv[1], "sk-old"
path = Path(sys.argv[2])
seen: dict[str, object] = {"version": openai.version.VERSION}


def refused(call) -> list[object]:
    try:
        call()
    except openai.error.OpenAIError as error:
        return [type(error).__name__, error.http_status, error.code]
    return ["was not refused"]


with path.open("rb") as stream:  # names every file "file"
    file = openai.File.create(file=stream, purpose="fine-tune")
with path.open("rb") as stream:
    named = openai.File.create(file=stream, purpose="fine-tune", user_provided_filename="cat.jsonl")
seen["files"] = [file.filename, named.filename, openai.File.retrieve(file.id).status]
seen["waited"] = openai.File.wait_for_processing(file.id)
seen["content"] = openai.File.download(file.id) == path.read_bytes()

job = openai.FineTuningJob.create(
    training_file=file.id, model="gpt-3.5-turbo", suffix="old", hyperparameters={"n_epochs": 2}
)
statuses = [job.status]
while job.status not in ("succeeded", "failed"):
    job = openai.FineTuningJob.retrieve(job.id)
    if job.status != statuses[-1]:
        statuses.append(job.status)
seen["statuses"] = statuses
seen["model"] = job.fine_tuned_model.rpartition(":")[0]
other = openai.FineTuningJob.create(training_file=named.id, model="gpt-3.5-turbo")
seen["cancelled"] = openai.FineTuningJob.cancel(other.id).status
seen["listed"] = [one.id for one in openai.FineTuningJob.list(limit=10).data] == [other.id, job.id]
seen["behind"] = [one.id for one in openai.FineTuningJob.list(starting_after=other.id).data] == [job.id]
seen["paged"] = [one.id for one in openai.FineTuningJob.auto_paging_iter(limit=1)] == [other.id, job.id]
seen["events"] = len(openai.FineTuningJob.list_events(id=job.id, limit=3).data)

messages = json.loads(path.read_text("utf-8").splitlines()[0])["messages"]
asked = {"model": job.fine_tuned_model, "messages": messages[:-1]}
answer = openai.ChatCompletion.create(**asked).choices[0].message["content"]
seen["answer"] = answer == messages[-1]["content"]
chunks = openai.ChatCompletion.create(**asked, stream=True)
seen["streamed"] = "".join(chunk.choices[0].delta.get("content", "") for chunk in chunks) == answer

seen["models"] = job.fine_tuned_model in {model.id for model in openai.Model.list().data}
seen["deleted"] = openai.FineTuningJob.delete(job.id).to_dict()
seen["deleted"]["id"] = seen["deleted"]["id"] == job.fine_tuned_model
seen["file deleted"] = openai.File.delete(file.id).deleted
seen["refused"] = [
    refused(lambda: openai.Model.retrieve(job.fine_tuned_model)),
    refused(lambda: openai.FineTuningJob.delete(job.id)),
    refused(lambda: openai.FineTuningJob.delete("ftjob-none")),
    refused(lambda: openai.FineTuningJob.retrieve("ftjob-none")),
    refused(lambda: openai.FineTuningJob.create(training_file="file-none", model="gpt-3.5-turbo")),
    refused(lambda: openai.Model.delete("gpt-3.5-turbo")),
    refused(lambda: openai.Model.list(api_key="bad key")),
]
print(json.dumps(seen))
