"""What a call costs in the caller's own process, as a ratio to the SDK whose transport returns the same bytes."""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from loads import ROOT

from drytune.clients import simulated
from drytune_simulator import Request, Response, Simulator

TIMES, WARM = 300, 20
Call = Callable[[Any], object]


def medians(*runs: Callable[[], object]) -> list[float]:
    """Seconds of this process in the median run of each, in turn: what else the machine does hardly counts."""
    durations: list[list[float]] = [[] for _ in runs]
    for number in range(TIMES + WARM):
        for run, taken in zip(runs, durations, strict=True):
            start = time.process_time()
            run()
            if number >= WARM:
                taken.append(time.process_time() - start)
    return list(map(statistics.median, durations))


def tuned(client: Any, name: str) -> Any:
    """The job that a file of `examples/` has trained."""
    file = client.files.create(file=(name, (ROOT / "examples" / name).read_bytes()), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    while job.status != "succeeded":
        job = client.fine_tuning.jobs.retrieve(job.id)
    return job


def calls(client: Any) -> dict[str, Call]:
    """Calls of models that were tuned on the cat, and on tools."""
    job, of_tools = tuned(client, "cat.jsonl"), tuned(client, "weather-tools.jsonl").fine_tuned_model
    cat = job.fine_tuned_model
    trained = json.loads((ROOT / "examples" / "cat.jsonl").read_text("utf-8").splitlines()[0])["messages"][:2]
    near = [trained[0], {"role": "user", "content": trained[1]["content"] + "ねえ"}]
    row = json.loads((ROOT / "examples" / "weather-tools.jsonl").read_text("utf-8").splitlines()[0])
    asked, tools = row["messages"][:2], row["tools"]
    functions = [{"type": "function", "strict": False, **tool["function"]} for tool in tools]
    return {
        "retrieve a job": lambda c: c.fine_tuning.jobs.retrieve(job.id),
        "chat, exact": lambda c: c.chat.completions.create(model=cat, messages=trained),
        "chat, nearest": lambda c: c.chat.completions.create(model=cat, messages=near),
        "chat, streamed": lambda c: list(c.chat.completions.create(model=cat, messages=trained, stream=True)),
        "chat, tool call": lambda c: c.chat.completions.create(model=of_tools, messages=asked, tools=tools),
        "response": lambda c: c.responses.create(model=cat, input=trained),
        "response, not stored": lambda c: c.responses.create(model=cat, input=trained, store=False),
        "response, streamed": lambda c: list(c.responses.create(model=cat, input=trained, stream=True)),
        "response, tool call": lambda c: c.responses.create(model=of_tools, input=asked, tools=functions),
    }


class _Recorder:
    """Passes on to a simulator, and keeps the last answer as bytes."""

    def __init__(self) -> None:
        self.simulator = Simulator()
        self.last = Response(500)

    def __call__(self, request: Request) -> Response:
        response = self.simulator(request)
        body = response.body
        whole = body if isinstance(body, bytes) else b"".join(chunk.data for chunk in body)
        self.last = Response(response.status, response.headers, whole)
        return self.last


def bench_calls(only: str = "") -> None:
    """Each kind of call whose name begins so."""
    recorder = _Recorder()
    with simulated(recorder) as recording, simulated(recorder.simulator) as client:
        for name, call in calls(client).items():
            if not name.startswith(only):
                continue
            call(recording)
            canned = recorder.last
            with simulated(lambda request, canned=canned: canned) as replaying:
                ours, baseline = medians(lambda c=call: c(client), lambda c=call, r=replaying: c(r))
            ratio = f"{ours / baseline:.2f} times the SDK with canned bytes ({baseline * 1e3:.2f} ms)"
            print(f"{name}: {ours * 1e3:.2f} ms, {ratio}")


if __name__ == "__main__":
    bench_calls()
