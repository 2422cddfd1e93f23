"""What the state costs, in memory, in SQLite's file and at PostgreSQL, with few jobs and with many."""

import importlib
import math
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from drytune_simulator.store import Row, Store

ROOT = Path(__file__).parents[1]
SIZES = (10, 1_000, 100_000)
GOING_ON = 3
PAGE = 20
# as large as that of a job with a few checkpoints
DOCUMENT = {
    "requested": {"model": "gpt-4o-mini-2024-07-18", "suffix": "cat", "metadata": {"team": "support"}},
    "plan": {name: f"a value that is called {name}" for name in "abcdefghijklmnopqrst"},
    "changes": [],
}


def typical(use: Callable[[], object], times: int = 200) -> float:
    """Seconds of the median of `times` uses, after a few to warm up."""
    durations = []
    for number in range(times + 20):
        start = time.perf_counter()
        use()
        if number >= 20:
            durations.append(time.perf_counter() - start)
    return statistics.median(durations)


def bare() -> float:
    """The least that any of it can cost: SQLite's driver finds a row of one table by its key, in memory."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE jobs (id TEXT PRIMARY KEY, document BLOB)")
    connection.execute("INSERT INTO jobs VALUES ('ftjob-1', ?)", (msgspec.json.encode(DOCUMENT),))
    cost = typical(
        lambda: msgspec.json.decode(
            connection.execute("SELECT document FROM jobs WHERE id = ?", ("ftjob-1",)).fetchone()[0]
        )
    )
    connection.close()
    return cost


def job(number: int, of: int) -> Row:
    ends_at = math.inf if number >= of - GOING_ON else number + 1.0
    return Row(
        kind="job",
        scope="me",
        id=f"ftjob-{number}",
        seq=number,
        visible_at=float(number),
        document=DOCUMENT,
        ends_at=ends_at,
    )


def uses(store: Store, jobs: int) -> dict[str, Callable[[], object]]:
    """What servers do all the time."""
    now, middle = float(jobs), job(jobs // 2, jobs)
    last = job(jobs - 1, jobs)
    return {
        "get one": lambda: store.get("job", "me", middle.id, now),
        f"list {PAGE}": lambda: list(islice(store.scan("job", "me", now), PAGE)),
        f"list {PAGE} from the middle": lambda: list(
            islice(store.scan("job", "me", now, after=middle), PAGE)
        ),
        f"the {GOING_ON} that go on": lambda: list(store.active("job", "me", now)),
        "what is due": lambda: store.due("job", now),
        "look at the clock": lambda: store.anchors.read("clock"),
        "write one": lambda: store.update(last),
    }


def bench_state() -> None:
    """For each place and use: the cost with few, some and many jobs; is it more with many than with some?"""
    baseline = bare()
    print(f"state: SQLite's driver and msgspec find and decode a job in {baseline * 1e6:.1f} µs")
    for place, options in places():
        costs: dict[str, list[float]] = {}
        for jobs in SIZES:
            with ExitStack() as stack:
                store = Store(**stack.enter_context(options()))
                stack.callback(store.close)
                with store.transaction():
                    store.insert(job(number, jobs) for number in range(jobs))
                for name, use in uses(store, jobs).items():
                    costs.setdefault(name, []).append(typical(use))
        for name, spent in costs.items():
            figures = ", ".join(
                f"{cost * 1e6:.0f} µs with {jobs:,}" for jobs, cost in zip(SIZES, spent, strict=True)
            )
            ratio = f"; {spent[0] / baseline:.1f} times the driver's" if name == "get one" else ""
            print(f"{place}, {name}: {figures} jobs, the last is {spent[-1] / spent[1]:.2f} times{ratio}")


def places() -> Iterator[tuple[str, Callable[[], object]]]:
    """Each kind of store by name, and what makes the options of an empty one."""
    import psycopg

    @contextmanager
    def memory() -> Iterator[dict[str, object]]:
        yield {}

    @contextmanager
    def file() -> Iterator[dict[str, object]]:
        with tempfile.TemporaryDirectory() as directory:
            yield {"directory": Path(directory)}

    yield "memory", memory
    yield "SQLite's file", file
    sys.path.insert(0, str(ROOT / "tests"))
    postgres = importlib.import_module("postgres")
    sys.path.pop(0)
    try:
        with postgres.server() as url:

            @contextmanager
            def server() -> Iterator[dict[str, object]]:
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute("DROP SCHEMA public CASCADE")
                    connection.execute("CREATE SCHEMA public")
                with file() as options:
                    yield {**options, "database_url": url}

            yield "PostgreSQL", server
    except postgres.MissingError as reason:
        print(f"PostgreSQL: not measured, {reason}")


if __name__ == "__main__":
    bench_state()
