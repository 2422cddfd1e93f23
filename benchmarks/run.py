"""What drytune costs, as ratios to a baseline of the same run."""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

from answers import bench_answers
from calls import bench_calls
from checking import bench_check
from cold_start import bench_cold_start
from state import bench_state
from study import bench_study

import drytune
from drytune.clients import simulated
from drytune.workflow import Run, Task, questions
from drytune.workflow.context import Context
from drytune.workflow.effects import drive
from drytune.workflow.fine_tune import fine_tune
from drytune.workflow.sources import source_file
from drytune_simulator import ManualClock, Request, Response, Simulator
from kit import bench_kit
from recall import bench_recall
from recordings import bench_recordings
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


def bench_workflow() -> None:
    path = ROOT / "examples" / "cat.jsonl"
    task = Task(training=source_file("training", path), model="gpt-4o-mini", questions=questions(path))
    recorded: list[Response] = []

    def rehearse() -> None:
        clock = ManualClock()
        simulator = Simulator(clock=clock)
        recorded.clear()

        def handler(request: Request) -> Response:
            recorded.append(simulator(request))
            return recorded[-1]

        drive(fine_tune(Run(task=task), Context()), simulated(handler), sleep=clock.advance)
        simulator.close()

    def replay() -> None:
        answers = iter(recorded)
        client = simulated(lambda request: next(answers))
        drive(fine_tune(Run(task=task), Context()), client, sleep=lambda seconds: None)

    ours, baseline = best(rehearse), best(replay)
    calls = f"{len(recorded)} SDK calls, {ours / baseline:.2f} times the SDK with the same bytes canned"
    print(f"workflow on examples/cat.jsonl: {ours * 1e3:.0f} ms, {calls}")


PARTS: dict[str, Callable[[], None]] = {
    "cold-start": bench_cold_start,
    "check": lambda: None,  # with the sizes that are asked for
    "calls": bench_calls,
    "workflow": bench_workflow,
    "state": bench_state,
    "serving": bench_serving,
    "answers": bench_answers,
    "recall": bench_recall,
    "recordings": bench_recordings,
    "study": bench_study,
    "kit": bench_kit,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them by default"
    )
    parser.add_argument(
        "--megabytes", type=float, nargs="*", default=[10, 500], help="sizes of files to check"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every user has compiled modules
    print(f"drytune {drytune.__version__}")
    for name, bench in PARTS.items():
        if arguments.parts and name not in arguments.parts:
            continue
        start = time.perf_counter()
        if name == "check":
            for megabytes in arguments.megabytes:
                bench_check(megabytes, times=5 if megabytes <= 100 else 1)
        else:
            bench()
        print(f"  ({name}: {time.perf_counter() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
