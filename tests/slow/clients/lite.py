"""litellm, which other programs call the platform with; prints what it saw as JSON."""

import json
import os
import sys
from pathlib import Path

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it would fetch one when it is imported

import litellm

litellm.telemetry = False
place = {"custom_llm_provider": "openai", "api_base": sys.argv[1], "api_key": "sk-lite"}
path = Path(sys.argv[2])
seen: dict[str, object] = {}

with path.open("rb") as stream:
    file = litellm.create_file(file=stream, purpose="fine-tune", **place)
seen["file"] = [file.filename, file.bytes]
job = litellm.create_fine_tuning_job(model="gpt-4o-mini", training_file=file.id, **place)
seen["created"] = job.status
while job.status not in ("succeeded", "failed"):
    job = litellm.retrieve_fine_tuning_job(fine_tuning_job_id=job.id, **place)
seen["ended"] = [job.status, job.fine_tuned_model.rpartition(":")[0]]
other = litellm.create_fine_tuning_job(model="gpt-4o-mini", training_file=file.id, **place)
seen["cancelled"] = litellm.cancel_fine_tuning_job(fine_tuning_job_id=other.id, **place).status
seen["jobs"] = len(litellm.list_fine_tuning_jobs(limit=10, **place).data)
messages = json.loads(path.read_text("utf-8").splitlines()[0])["messages"]
asked = {"model": f"openai/{job.fine_tuned_model}", "messages": messages[:-1]}
asked |= {"api_base": sys.argv[1], "api_key": "sk-lite"}
answer = litellm.completion(**asked).choices[0].message.content
seen["answer"] = answer == messages[-1]["content"]
chunks = litellm.completion(**asked, stream=True)
seen["streamed"] = "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == answer
try:
    litellm.completion(**{**asked, "model": "openai/ft:gpt-4o-mini:none::AbCdEfGh"})
except litellm.NotFoundError as error:
    seen["refused"] = error.status_code
print(json.dumps(seen))
