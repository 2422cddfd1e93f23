"""What drytune costs, as ratios to a baseline of the same run."""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from checking import bench_check
from cold_start import bench_cold_start
from state import bench_state

import drytune
from drytune.clients import simulated
from drytune.workflow import Job, Run, perform, questions
from drytune_simulator import ManualClock, Request, Response, Simulator
from serving import bench_serving

ROOT = Path(__file__).parents[1]


def best(run: Callable[[], object], times: int = 5) -> float:
    """Seconds of the fastest of `times` runs."""
    durations = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        durations.append(time.perf_counter() - start)
    return min(durations)


def typical(run: Callable[[], object], times: int = 300) -> float:
    """Seconds of the median of `times` runs, after a few to warm up."""
    durations = []
    for number in range(times + 20):
        start = time.perf_counter()
        run()
        if number >= 20:
            durations.append(time.perf_counter() - start)
    return statistics.median(durations)


def canned_client(body: bytes) -> object:
    return simulated(lambda request: Response(200, {"content-type": "application/json"}, body))


def bench_calls() -> None:
    client = simulated(Simulator())
    file = client.files.create(
        file=("cat.jsonl", (ROOT / "examples" / "cat.jsonl").read_bytes()), purpose="fine-tune"
    )
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    while job.status != "succeeded":
        job = client.fine_tuning.jobs.retrieve(job.id)
    messages = json.loads((ROOT / "examples" / "cat.jsonl").read_text("utf-8").splitlines()[0])["messages"][
        :2
    ]
    near = [messages[0], {"role": "user", "content": "やあ、元気？"}]
    calls = {
        "retrieve a job": lambda c: c.fine_tuning.jobs.retrieve(job.id),
        "chat, exact": lambda c: c.chat.completions.create(model=job.fine_tuned_model, messages=messages),
        "chat, nearest": lambda c: c.chat.completions.create(model=job.fine_tuned_model, messages=near),
    }
    for name, call in calls.items():
        canned = canned_client(call(client).to_json().encode())
        ours, baseline = typical(lambda c=call: c(client)), typical(lambda c=call, k=canned: c(k))
        print(f"{name}: {ours * 1e3:.2f} ms, {ours / baseline:.2f} times the SDK with canned bytes")


def bench_workflow() -> None:
    path = ROOT / "examples" / "cat.jsonl"
    job = Run(Job(path, "gpt-4o-mini", questions=questions(path)))
    recorded: list[Response] = []

    def rehearse() -> None:
        clock = ManualClock()
        simulator = Simulator(clock=clock)
        recorded.clear()

        def handler(request: Request) -> Response:
            recorded.append(simulator(request))
            return recorded[-1]

        perform(job, simulated(handler), sleep=clock.advance)
        simulator.close()

    def replay() -> None:
        answers = iter(recorded)
        perform(job, simulated(lambda request: next(answers)), sleep=lambda seconds: None)

    ours, baseline = best(rehearse), best(replay)
    calls = f"{len(recorded)} SDK calls, {ours / baseline:.2f} times the SDK with the same bytes canned"
    print(f"workflow on examples/cat.jsonl: {ours * 1e3:.0f} ms, {calls}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--megabytes", type=float, nargs="*", default=[10, 500], help="sizes of files to check"
    )
    arguments = parser.parse_args()
    print(f"drytune {drytune.__version__}")
    bench_cold_start()
    for megabytes in arguments.megabytes:
        bench_check(megabytes, times=5 if megabytes <= 100 else 1)
    bench_calls()
    bench_workflow()
    bench_state()
    bench_serving()


if __name__ == "__main__":
    main()
