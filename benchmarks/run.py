"""What drytune costs, as ratios to a baseline of the same run."""

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import drytune
from drytune.clients import simulated
from drytune.workflow import Job, Run, perform, questions
from drytune_simulator import ManualClock, Request, Response, Simulator, catalog
from drytune_simulator.dataset import judge
from drytune_simulator.dataset.reference import reference_encoding

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


def dataset(megabytes: float) -> bytes:
    """Mixed English, Japanese and code; tools in a third of the rows; made by a counter, so always the same."""
    tools = json.loads((ROOT / "examples" / "weather-tools.jsonl").read_text("utf-8").splitlines()[0])[
        "tools"
    ]
    texts = (
        "Please explain in a few sentences how item {n} of the catalogue is stored, shipped and returned.",
        "商品番号{n}の在庫と配送について、わかりやすく三行で教えてください。",
        "def handler_{n}(event):\n    return {{'id': {n}, 'ok': event.get('size', 0) > {n}}}\n",
    )
    out, number = io.BytesIO(), 0
    while out.tell() < megabytes * 1e6:
        user, reply = texts[number % 3].format(n=number), texts[(number + 1) % 3].format(n=number * 7)
        example = {
            "messages": [
                {"role": "system", "content": "You are a helpful assistant of a warehouse."},
                {"role": "user", "content": user * (1 + number % 4)},
                {"role": "assistant", "content": reply * (1 + number % 5)},
            ]
        }
        if number % 3 == 0:
            example["tools"] = tools
        out.write(json.dumps(example, ensure_ascii=False).encode() + b"\n")
        number += 1
    return out.getvalue()


def cookbook(data: bytes, name: str) -> int:
    """The published algorithm: 3 a message, each value, 1 a name, 3 an example; tools are not counted."""
    encoding, total = reference_encoding(name), 0
    for line in data.splitlines():
        total += 3
        for message in json.loads(line)["messages"]:
            total += 3
            for key, value in message.items():
                total += len(encoding.encode(value)) + (key == "name")
    return total


def bench_check(megabytes: float) -> None:
    data = dataset(megabytes)
    model = catalog.find("gpt-4o-mini")
    judge(data[: data.index(b"\n") + 1], model=model)  # load the vocabularies first
    cookbook(data[: data.index(b"\n") + 1], model.encoding)
    baseline = best(lambda: cookbook(data, model.encoding), 3)
    ours = best(lambda: judge(data, model=model), 3)
    speed = f"{len(data) / 1e6 / ours:.1f} MB/s, {baseline / ours:.1f} times as fast as the cookbook's script"
    print(f"check, {len(data) / 1e6:.0f} MB: {speed}")


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
    parser.add_argument("--megabytes", type=float, default=10)
    arguments = parser.parse_args()
    print(f"drytune {drytune.__version__}")
    bench_check(arguments.megabytes)
    bench_calls()
    bench_workflow()


if __name__ == "__main__":
    main()
