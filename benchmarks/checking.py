"""`check` beside the OpenAI cookbook's published algorithm, and beside the bare cost of decoding and counting."""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import datasets
import msgspec
import quicktok

import drytune
import drytune.checking
import drytune.engines.local
import drytune.engines.pool
from drytune_simulator.dataset.reference import reference_encoding

MODEL, ENCODING = "gpt-4.1-mini", "o200k_base"
BLOCK = 1 << 20


def cookbook(lines: list[bytes]) -> tuple[int, int]:
    """The published script: load, check the format, count examples and assistant's parts; no tools."""
    encoding = reference_encoding(ENCODING)
    examples = [json.loads(line) for line in lines]
    faults = 0
    for example in examples:
        messages = example.get("messages")
        for message in messages:
            faults += "role" not in message or "content" not in message
            faults += any(
                key not in {"role", "content", "name", "function_call", "weight"} for key in message
            )
            faults += message.get("role") not in {"system", "user", "assistant", "function"}
            content = message.get("content")
            faults += (not content and not message.get("function_call")) or not isinstance(content, str)
        faults += not any(message.get("role") == "assistant" for message in messages)
    total = assistant = 0
    for example in examples:
        messages = example["messages"]
        total += 3
        for message in messages:
            total += 3
            for key, value in message.items():
                if isinstance(value, str):  # the script itself stops with an error at anything else
                    total += len(encoding.encode(value)) + (key == "name")
        for message in messages:
            if message["role"] == "assistant" and isinstance(message["content"], str):
                assistant += len(encoding.encode(message["content"]))
    return total, assistant


class _Message(msgspec.Struct):
    role: str
    content: str | None = None
    tool_call_id: str | None = None
    tool_calls: list[dict[str, object]] = []


class _Example(msgspec.Struct):
    messages: list[_Message]
    tools: list[dict[str, object]] = []


def bare(path: Path) -> int:
    """Typed decoding and batched counting in one process, and nothing else: what no validator can do without."""
    decode = msgspec.json.Decoder(_Example).decode
    tokenizer = quicktok.get_encoding(ENCODING)
    total = 0
    for lines in _blocks(path):
        texts = [message.content for line in lines for message in decode(line).messages if message.content]
        tokens, _ = tokenizer.encode_batch(texts)
        total += len(tokens)
    return total


def _blocks(path: Path) -> Iterator[list[bytes]]:
    with path.open("rb") as file:
        while lines := file.readlines(BLOCK):
            yield lines


def check(path: Path, workers: int | None = None) -> None:
    report = drytune.check(path, MODEL, workers=workers)
    assert report.ok, report.errors[:3]


def in_child(work: Callable[[], object], memory: list[float] | None = None) -> float:
    """Seconds that `work` takes in a process of its own, whose modules are loaded already.

    Args:
        work: To be done.
        memory: Gets the peak in MB, the sum of the proportional set sizes of the process and its children: pages
            that they share count once. Looking slows the work, so that the seconds of such a run mean nothing.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        start = time.perf_counter()
        try:
            work()
            os.write(writer, f"{time.perf_counter() - start}".encode())
        finally:
            os._exit(0)
    os.close(writer)
    while memory is not None and os.waitpid(child, os.WNOHANG) == (0, 0):
        memory.append(sum(map(_memory, _family(child))))
        time.sleep(0.05)
    if memory is None:
        os.waitpid(child, 0)
    seconds = float(os.read(reader, 64))
    os.close(reader)
    return seconds


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in _family(int(child)))]


def _memory(pid: int) -> float:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    sizes = [line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")]
    return int(sizes[0]) / 1024 if sizes else 0.0


def bench_check(megabytes: float, times: int) -> None:
    """One size, each figure the best of so many runs; all in turn, so that a busy machine is busy for all."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.jsonl"
        datasets.write_dataset(path, megabytes)
        size = path.stat().st_size / 1e6
        with path.open("rb") as file:
            sample = file.read(4 << 20).splitlines()[:-1]
        sampled = sum(map(len, sample)) / 1e6
        reference_encoding(ENCODING)
        quicktok.get_encoding(ENCODING)  # all of them find their tables ready
        slow, plain, ours, one, memory = [], [], [], [], []
        for _ in range(times):
            slow.append(in_child(lambda: cookbook(sample)) / sampled)
            plain.append(in_child(lambda: bare(path)) / size)
            ours.append(in_child(lambda: check(path)) / size)
            one.append(in_child(lambda: check(path, 1)) / size)
        in_child(lambda: check(path), memory)
    best = min(ours)
    print(
        f"check, {size:.0f} MB: {1 / best:.0f} MB/s, {max(memory):.0f} MB of memory at most;"
        f" {min(slow) / best:.1f} times as fast as the cookbook's script ({1 / min(slow):.1f} MB/s),"
        f" {best / min(plain):.2f} times the bare cost ({1 / min(plain):.0f} MB/s);"
        f" in one process {1 / min(one):.0f} MB/s, {min(one) / min(plain):.2f} times it"
    )
