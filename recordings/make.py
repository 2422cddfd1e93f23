"""Makes the cassettes of this directory: ``make recordings``.

Three are full scenarios that our own simulator answered, and say so (`provenance: simulated`). The fourth is the
walk through the API as its users knew it in autumn 2023, written from documentation and reports (`provenance:
documented`): its fields, their order and its states are facts; ids, times and what the cat says are examples.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import drytune
from drytune.cassettes.bodies import uploaded
from drytune.cassettes.files import save
from drytune.cassettes.model import Asked, Cassette, Exchange, Header, Told
from drytune_simulator import ManualClock, Simulator
from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.fine_tuning import FineTuningJob

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
SYSTEM = "あなたは陽気な猫の「ミケ」です。どの文も必ず「にゃ」で終えて、やさしく短く答えてください。"
_START = 1_798_761_600.0  # 2027-01-01, simulated


def tuned(
    client: OpenAI, clock: ManualClock, dataset: Path, *, every: float = 180.0, **create: Any
) -> FineTuningJob:
    """Upload, create, poll (after 10 seconds, then `every` so often), and look at what became of it."""
    with dataset.open("rb") as file:
        training = client.files.create(file=(dataset.name, file), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(training_file=training.id, **create)
    pause = 10.0
    while job.status not in {"succeeded", "failed", "cancelled"}:
        clock.advance(pause)
        job, pause = client.fine_tuning.jobs.retrieve(job.id), every
    client.fine_tuning.jobs.list_events(job.id, limit=50)
    client.fine_tuning.jobs.checkpoints.list(job.id)
    return job


def supervised(client: OpenAI, clock: ManualClock) -> None:
    """A cat is trained, asked plainly and streamed, deleted."""
    job = tuned(client, clock, EXAMPLES / "cat.jsonl", model="gpt-4o-mini-2024-07-18", suffix="mike")
    assert job.fine_tuned_model is not None
    for words in ("おはよう！", "こんにちは"):
        client.chat.completions.create(
            model=job.fine_tuned_model,
            messages=[{"role": "system", "content": SYSTEM}, {"role": "user", "content": words}],
        )
    for _ in client.chat.completions.create(
        model=job.fine_tuned_model,
        messages=[{"role": "system", "content": SYSTEM}, {"role": "user", "content": "おはよう！"}],
        stream=True,
    ):
        pass
    client.models.retrieve(job.fine_tuned_model)
    client.models.delete(job.fine_tuned_model)
    client.files.delete(job.training_file)


def dpo(client: OpenAI, clock: ManualClock) -> None:
    """Preferences for short answers."""
    method = {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1, "n_epochs": 2}}}
    job = tuned(client, clock, EXAMPLES / "preferences.jsonl", model="gpt-4.1-mini-2025-04-14", method=method)
    assert job.fine_tuned_model is not None
    client.chat.completions.create(
        model=job.fine_tuned_model,
        messages=[{"role": "user", "content": "How many legs does a spider have?"}],
    )


def reinforcement(client: OpenAI, clock: ManualClock) -> None:
    """Sums and a grader."""
    grader = json.loads((EXAMPLES / "sums-grader.json").read_text("utf-8"))
    method = {"type": "reinforcement", "reinforcement": {"grader": grader}}
    job = tuned(
        client, clock, EXAMPLES / "sums.jsonl", every=1_800.0, model="o4-mini-2025-04-16", method=method
    )
    assert job.fine_tuned_model is not None
    client.chat.completions.create(
        model=job.fine_tuned_model,
        messages=[{"role": "user", "content": "What is 12 + 7? Answer with the number only."}],
    )


SCENARIOS: dict[str, Callable[[OpenAI, ManualClock], None]] = {
    "supervised": supervised,
    "dpo": dpo,
    "reinforcement": reinforcement,
}


def record(name: str, file: Path) -> None:
    """Have the simulator answer a scenario, and keep it."""
    scenario = SCENARIOS[name]
    clock = ManualClock(_START)
    simulator = Simulator(seed=2027, clock=clock)
    title = f"{name}: {scenario.__doc__}".lower().rstrip(".")
    with drytune.recording(file, upstream=simulator, overwrite=True, title=title, clock=clock) as client:
        scenario(client, clock)
    simulator.close()


# --- autumn 2023, as documented ---

_URL = "https://api.openai.com/v1"
_FILE = "file-2023ExampleTraining00000"
_JOB = "ftjob-2023ExampleJob0000000000"
_RESULTS = "file-2023ExampleResults000000"
_BASE = "gpt-3.5-turbo-0613"
_TUNED = f"ft:{_BASE}:personal::8Example"
_NOTE = (
    "Not recorded: written from FACTS.md (§3.1, §4.4, §4.6 to §4.8, §6, §9; grade R for the forms, recorded in "
    "Oct and Nov 2023; U for the state `created`, seen in Aug 2023). Ids, times, counts and the cat's words are "
    "examples."
)
_CREATED = 1_693_526_400  # 2023-09-01


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def _told(value: object, status: int = 200) -> Told:
    headers = (("content-type", "application/json"), ("openai-version", "2020-10-01"))
    return Told(status=status, reason="OK" if status == 200 else "", headers=headers, body=_json(value))


def _asked(method: str, path: str, body: object | None = None) -> Asked:
    if body is None:
        return Asked(method=method, uri=_URL + path)
    headers = (("content-type", "application/json"),)
    compact = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Asked(method=method, uri=_URL + path, headers=headers, body=compact)


def _upload(dataset: Path) -> Asked:
    boundary = "drytune"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    form = (
        f'{head}purpose"\r\n\r\nfine-tune\r\n'
        f'{head}file"; filename="{dataset.name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    ).encode()
    kind = f"multipart/form-data; boundary={boundary}"
    parts, body = uploaded(kind, form + dataset.read_bytes() + f"\r\n--{boundary}--\r\n".encode())
    return Asked(
        method="POST", uri=f"{_URL}/files", headers=(("content-type", kind),), body=body, parts=parts
    )


def _job(status: str, **fields: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "object": "fine_tuning.job",
        "id": _JOB,
        "model": _BASE,
        "created_at": _CREATED + 60,
        "finished_at": None,
        "fine_tuned_model": None,
        "organization_id": "org-REDACTED-1",
        "result_files": [],
        "status": status,
        "validation_file": None,
        "training_file": _FILE,
        "hyperparameters": {"n_epochs": 3},
        "trained_tokens": None,
        "error": None,
    }
    return {**plain, **fields}


def _events() -> dict[str, object]:
    told = [
        "The job has successfully completed",
        f"New fine-tuned model created: {_TUNED}",
        "Step 70/72: training loss=0.84",
        "Step 1/72: training loss=2.97",
        "Fine-tuning job started",
        "Files validated, moving job to queued state",
        f"Validating training file: {_FILE}",
        f"Created fine-tune: {_JOB}",
    ]
    steps = {2: {"step": 70, "train_loss": 0.84, "train_mean_token_accuracy": 0.79},
             3: {"step": 1, "train_loss": 2.97, "train_mean_token_accuracy": 0.47}}  # fmt: skip
    data = [
        {
            "object": "fine_tuning.job.event",
            "id": f"ftevent-2023ExampleEvent00000{len(told) - number:02}",
            "created_at": _CREATED + 1_000 - 100 * number,
            "level": "info",
            "message": message,
            "data": steps.get(number, None if message == "Fine-tuning job started" else {}),
            "type": "metrics" if number in steps else "message",
        }
        for number, message in enumerate(told)
    ]
    return {"object": "list", "data": data, "has_more": False}


def _chat(words: str, reply: str, prompt: int, completion: int, number: int) -> tuple[Asked, Told]:
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": words}]
    answer = {
        "id": f"chatcmpl-2023ExampleAnswer000000{number:03}",
        "object": "chat.completion",
        "created": _CREATED + 2_000 + number,
        "model": _TUNED,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": reply}, "finish_reason": "stop"}
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        },
    }
    return _asked("POST", "/chat/completions", {"messages": messages, "model": _TUNED}), _told(answer)


def tutorial() -> Cassette:
    """The walk through the API in autumn 2023: upload, create, wait, ask."""
    dataset = EXAMPLES / "cat.jsonl"
    file = {
        "object": "file",
        "id": _FILE,
        "purpose": "fine-tune",
        "filename": dataset.name,
        "bytes": dataset.stat().st_size,
        "created_at": _CREATED,
        "status": "uploaded",
        "status_details": None,
    }
    new = {"model": "gpt-3.5-turbo", "training_file": _FILE, "hyperparameters": {"n_epochs": 3}}
    finished = {
        "finished_at": _CREATED + 1_000,
        "fine_tuned_model": _TUNED,
        "result_files": [_RESULTS],
        "trained_tokens": 7_962,
    }
    job = f"/fine_tuning/jobs/{_JOB}"
    steps = [
        (_upload(dataset), _told(file)),
        (_asked("GET", f"/files/{_FILE}"), _told({**file, "status": "processed"})),
        (_asked("POST", "/fine_tuning/jobs", new), _told(_job("created"))),
        *((_asked("GET", job), _told(_job(status))) for status in ("validating_files", "queued", "running")),
        (_asked("GET", job), _told(_job("succeeded", **finished))),
        (_asked("GET", f"{job}/events"), _told(_events())),
        _chat("おはよう！", "おはようにゃ！今日もいい一日になるにゃ！", 60, 24, 1),
        _chat("こんにちは", "こんにちはにゃ！会えてうれしいにゃ！", 58, 21, 2),
    ]
    return Cassette(
        header=Header(
            provenance="documented",
            source="FACTS.md: public documentation, reports and recordings of others, read until 2026-11-22",
            drytune=__version__,
            title="the walk through the API in autumn 2023: upload, create, wait, ask",
            note=_NOTE,
        ),
        exchanges=tuple(Exchange(request=asked, response=told) for asked, told in steps),
        name="2023-tutorial",
    )


def main(directory: Path = HERE) -> None:
    """Write them all."""
    save(directory / "2023-tutorial.yaml", tutorial())
    for name in SCENARIOS:
        record(name, directory / f"{name}.yaml")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
