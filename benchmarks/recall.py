"""What recall costs with few examples and with many: making what finds them, asking it, memory, disk."""

import json
import multiprocessing
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets import ENGLISH, JAPANESE

from drytune_simulator.inference.book import Book, Content
from drytune_simulator.inference.conversation import Turn, turns_of
from drytune_simulator.inference.shelf import Shelf
from drytune_simulator.inference.taught import Source, Taught

SIZES = (100, 10_000, 100_000)
TIMES = 200


def question(chance: random.Random, number: int) -> str:
    """Some words, a third of them in Japanese."""
    if number % 3 == 2:
        return "".join(chance.choices(JAPANESE, k=chance.randrange(3, 8))) + "？"
    return " ".join(chance.choices(ENGLISH, k=chance.randrange(5, 14))).capitalize() + "?"


def messages(chance: random.Random, number: int) -> list[dict[str, str]]:
    system = {"role": "system", "content": "You are the assistant of a shop. Answer briefly."}
    return [system, {"role": "user", "content": question(chance, number)}]


def write(path: Path, size: int) -> None:
    chance = random.Random(1)
    with path.open("wb") as file:
        for number in range(size):
            reply = {
                "role": "assistant",
                "content": question(chance, number) + " " + question(chance, number),
            }
            row = {"messages": [*messages(chance, number), reply]}
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def typical(use: Callable[[list[Turn]], object], asked: list[Any]) -> float:
    """Seconds of the median, after a few to warm up."""
    durations = []
    for turns in asked:
        start = time.perf_counter()
        use(turns)
        durations.append(time.perf_counter() - start)
    return statistics.median(durations[20:])


def measured(path: Path, shelf: Path, figures: Any) -> None:
    """In a process of its own, so that its memory is its own: read, make or open, and ask."""
    before = _memory()
    taught = Taught([Source(Book(Content(path.stem, lambda: path.open("rb")), Shelf(shelf)))])
    chance = random.Random(7)
    start = time.perf_counter()
    taught.near(turns_of(messages(chance, 0)))
    made = time.perf_counter() - start
    known = []
    with path.open("rb") as file:
        for line, _ in zip(file, range(TIMES), strict=False):
            known.append(turns_of(json.loads(line)["messages"][:-1]))
    near = typical(taught.near, [turns_of(messages(chance, number)) for number in range(TIMES)])
    exact = typical(lambda turns: next(taught.exact(turns)), known)
    figures.send((made, _memory() - before, near, exact))


def _memory() -> float:
    """Most megabytes that this process has had."""
    status = Path("/proc/self/status")
    if status.exists():  # what the system tells of any process may be its parent's
        return next(int(line.split()[1]) / 1024 for line in status.open() if line.startswith("VmHWM"))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def in_a_process(path: Path, shelf: Path) -> tuple[float, float, float, float]:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=measured, args=(path, shelf, theirs))
    process.start()
    figures = mine.recv()
    process.join()
    return figures


def bench_recall() -> None:
    costs = []
    with tempfile.TemporaryDirectory() as directory:
        for size in SIZES:
            path, shelf = Path(directory, f"{size}.jsonl"), Path(directory, f"shelf-{size}")
            write(path, size)
            made, memory, near, exact = in_a_process(path, shelf)
            opened, light, _, _ = in_a_process(path, shelf)
            disk = sum(file.stat().st_size for file in shelf.rglob("*") if file.is_file())
            print(
                f"recall, {size:,} examples ({path.stat().st_size / 1e6:.1f} MB): made and asked in {made:.2f} s "
                f"with {memory:.0f} MB more, opened and asked in {opened * 1e3:.0f} ms with {light:.0f} MB more, "
                f"{disk / 1e6:.1f} MB on the disk; "
                f"the nearest in {near * 1e3:.2f} ms, the same in {exact * 1e3:.3f} ms"
            )
            costs.append((near, exact))
    grown = SIZES[-1] / SIZES[0]
    near, same = (costs[-1][kind] / costs[0][kind] for kind in (0, 1))
    print(
        f"recall: {grown:,.0f} times the examples take {near:.1f} times as long, and {same:.1f} for the same"
    )


if __name__ == "__main__":
    bench_recall()
