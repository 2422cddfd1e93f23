"""What a server costs: its start, its memory, a request as a ratio to a bare application on the same server."""

import argparse
import http.client
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from loads import BARE, CONNECTIONS, KEY, ask, form, load, memory, new_job, request, started

ROUNDS = 3
MEGABYTE = 1024 * 1024


def bench_start() -> None:
    """From the start of the process to the base URL, and to the first answer."""
    ready, first, idle = [], [], []
    for _ in range(7):
        began = time.perf_counter()
        with started() as (url, process):
            ready.append(time.perf_counter() - began)
            ask(url, "GET", "/fine_tuning/jobs")
            first.append(time.perf_counter() - began)
            idle.append(memory(process, "VmRSS"))
    times = f"ready after {statistics.median(ready) * 1e3:.0f} ms, first answer after "
    print(
        f"start: {times}{statistics.median(first) * 1e3:.0f} ms; then {statistics.median(idle):.0f} MB resident"
    )


def bench_upload(megabytes: int) -> None:
    """Memory while one large file is sent."""
    line = json.dumps({"messages": [{"role": "user", "content": "x" * 900}]}).encode() + b"\n"
    block = line * (MEGABYTE // len(line))
    count = megabytes * MEGABYTE // len(block)
    head, tail, kind = form(b"")
    with tempfile.TemporaryDirectory() as directory, started("--data", directory) as (url, process):
        place = urlsplit(url)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=600)
        began = time.perf_counter()
        connection.putrequest("POST", place.path + "/files")
        fields = {"authorization": f"Bearer {KEY}", "content-type": kind}
        fields["content-length"] = str(len(head) + len(block) * count + len(tail))
        for name, value in fields.items():
            connection.putheader(name, value)
        connection.endheaders(head)
        for _ in range(count):
            connection.send(block)
        connection.send(tail)
        answer = json.load(connection.getresponse())
        took = time.perf_counter() - began
        connection.close()
        assert answer.get("bytes") == len(block) * count, answer
        most = memory(process, "VmHWM")
    rate = megabytes / took
    print(f"upload of {megabytes} MB: {took:.1f} s ({rate:.0f} MB/s), at most {most:.0f} MB resident")


def bench_requests(label: str, before: str = "", options: tuple[str, ...] = ()) -> None:
    """Retrieving a job, as a ratio to a bare application that answers with the same bytes."""
    options = ("--speed", "instant", *options)
    with (
        tempfile.TemporaryDirectory() as directory,
        started(*options, "--data", directory, before=before) as (ours, _),
    ):
        job = new_job(ours)
        path = f"/fine_tuning/jobs/{job}"
        body = json.dumps(ask(ours, "GET", path), separators=(",", ":")).encode()
        with started("-c", before + BARE, "application/json", body.hex()) as (bare, _):
            pairs = [
                (load(ours, request(ours, path)), load(bare, request(bare, path))) for _ in range(ROUNDS)
            ]
    answered, least = sorted(pairs, key=lambda pair: pair[0].rate / pair[1].rate)[ROUNDS // 2]
    told = f"{answered.rate:.0f}/s, median {answered.median:.1f} ms"
    ratio = f"{answered.rate / least.rate:.2f} of a bare application ({least.rate:.0f}/s)"
    print(f"GET of a job, {CONNECTIONS} connections, {label}: {told}, {ratio}")


def _many_jobs(directory: Path, count: int) -> str:
    """A state with so many jobs; the oldest of them."""
    import msgspec

    from drytune_simulator.store import Store

    with started("--speed", "instant", "--data", str(directory), "--concurrent-jobs", "0") as (url, _):
        job = new_job(url)
    store = Store(directory)
    row = store.anywhere("job", job, float("inf"))
    with store.transaction():
        for first in range(1, count, 1000):
            rows = [
                msgspec.structs.replace(
                    row,
                    id=f"ftjob-{number:024}",
                    seq=row.seq + number,
                    visible_at=row.visible_at + number / 1e4,
                )
                for number in range(first, min(first + 1000, count))
            ]
            store.insert(rows)
    store.close()
    return job


def bench_many_jobs(counts: list[int]) -> None:
    """Retrieving one job, and listing a page, with so many jobs of one key in the database."""
    for count in counts:
        with tempfile.TemporaryDirectory() as directory:
            job = _many_jobs(Path(directory), count)
            with started("--speed", "instant", "--data", directory) as (url, _):
                one = load(url, request(url, f"/fine_tuning/jobs/{job}"))
                page = load(url, request(url, "/fine_tuning/jobs?limit=20"))
        print(f"{count} jobs: {one.rate:.0f} GETs of one a second, {page.rate:.0f} lists of 20 a second")


def bench_serving(megabytes: int = 512, counts: tuple[int, ...] = (10, 1_000, 100_000)) -> None:
    """All of it."""
    bench_start()
    bench_upload(megabytes)
    bench_requests("uvloop and httptools")
    without = "import sys; sys.modules['uvloop'] = sys.modules['httptools'] = None"
    bench_requests("without them", before=without)
    bench_requests("2 workers", options=("--workers", "2"))
    bench_many_jobs(list(counts))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=512)
    parser.add_argument("--jobs", type=int, nargs="*", default=[10, 1_000, 100_000])
    parser.add_argument("--only", choices=["start", "upload", "requests", "jobs"])
    arguments = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every user has compiled modules
    if arguments.only is None:
        bench_serving(arguments.megabytes, tuple(arguments.jobs))
    elif arguments.only == "start":
        bench_start()
    elif arguments.only == "upload":
        bench_upload(arguments.megabytes)
    elif arguments.only == "requests":
        bench_requests("uvloop and httptools")
    else:
        bench_many_jobs(arguments.jobs)
