"""A program that forks processes which share a store, and says what became of it; run by the tests beside it.

    python processes.py together DIRECTORY [URL]
    python processes.py killed ROUNDS DIRECTORY [URL]

It forks, rather than starting Python anew, so that a process lives only for as long as it works.
"""

import hashlib
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from drytune_simulator import ids
from drytune_simulator.store import Row, Store

Say = Callable[[str], None]


class Child:
    """A forked process that runs `work` and says lines."""

    def __init__(self, work: Callable[[Say], None]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            code = 1
            try:
                work(lambda line: os.write(writing, line.encode() + b"\n") and None)
                code = 0
            finally:  # whatever it was: this process must not go on as if it were its parent
                if code:
                    traceback.print_exc()
                os._exit(code)
        os.close(writing)
        self._pipe = reading
        self._data = b""

    def lines(self) -> Iterator[str]:
        """What it says, until it ends; whoever stops listening may go on later."""
        while True:
            line, whole, rest = self._data.partition(b"\n")
            if whole:
                self._data = rest
                yield line.decode()
                continue
            data = os.read(self._pipe, 1 << 16)
            if not data:
                return
            self._data += data

    def kill(self) -> list[str]:
        """End it at once; gives what it had said until then."""
        os.kill(self.pid, signal.SIGKILL)
        return list(self.lines())

    def end(self) -> int:
        """Wait for its end; its exit code, negative if a signal ended it."""
        os.close(self._pipe)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def opened(directory: str, url: str | None) -> Store:
    return Store(Path(directory), database_url=url)


def new(scope: str, number: int, blob: str | None = None, **document: object) -> Row:
    return Row(
        kind="file",
        scope=scope,
        id=f"{scope}-{number}",
        seq=number,
        visible_at=1.0,
        document=document,
        blob=blob,
    )


PROCESSES, TIMES = 4, 40


def together(directory: str, url: str | None) -> dict[str, object]:
    """Four processes count, add, claim, and put and delete the same contents, all at once."""
    store = opened(directory, url)
    store.insert([new("sum", 0, total=0)])
    store.insert([new("task", number) for number in range(TIMES)])
    store.close()

    def work(me: int) -> Callable[[Say], None]:
        def run(say: Say) -> None:
            mine = opened(directory, url)
            for turn in range(TIMES):
                say(f"number {mine.number('counted', 'all')}")
                with mine.transaction():
                    row = mine.get("file", "sum", "sum-0", 9.0)
                    mine.update(new("sum", 0, total=row.document["total"] + 1))
                task = mine.get("file", "task", f"task-{(turn + 10 * me) % TIMES}", 9.0)
                if task is not None and mine.claim(task, 99.0):
                    say(f"task {task.id}")
                content = b"shared content %d" % (turn % 3)
                kept = new(f"me{me}", turn, mine.blobs.put(content))
                mine.insert([kept])
                if mine.blobs.get(kept.blob) != content:
                    say("lost content")
                mine.delete("file", kept.scope, [kept.id])
            mine.close()

        return run

    children = [Child(work(number)) for number in range(PROCESSES)]
    said = [line for child in children for line in child.lines()]
    codes = [child.end() for child in children]
    store = opened(directory, url)
    total = store.get("file", "sum", "sum-0", 9.0).document["total"]
    left = sum(1 for path in Path(directory).rglob("*") if len(path.name) == 64)
    store.close()
    return {"said": said, "codes": codes, "total": total, "contents left": left}


def killed(rounds: str, directory: str, url: str | None) -> dict[str, object]:
    """Processes write and are killed at any moment, two at a time; what they acknowledged is looked for."""
    acknowledged = 0
    for number in range(int(rounds)):
        chance = [ids.integer(1 << 30, "killed", number, which) for which in range(4)]
        victims = [Child(victim(directory, url, f"r{number}v{which}")) for which in range(2)]
        for which, child in enumerate(victims):
            said: list[str] = []
            wanted = chance[which] % 12  # 0: while it opens the store, which the first makes
            for line in child.lines():
                said.append(line)
                if len(said) >= wanted:
                    break
            select.select([], [], [], chance[2 + which] % 4000 / 1e6)
            said += child.kill()
            assert child.end() == -signal.SIGKILL, "it ended before it was killed"
            scope = f"r{number}v{which}"
            store = opened(directory, url)
            check(store, scope, said)
            store.close()
            acknowledged += len(said)
    return {"acknowledged": acknowledged}


def content(scope: str, number: int) -> bytes:
    """Small ones, large ones, and some that both victims put at about the same time."""
    place = scope.partition("v")[0] if number % 2 == 0 else scope
    return f"{place} {number}\n".encode() * (1 if number % 3 == 0 else 80_000)


def victim(directory: str, url: str | None, scope: str) -> Callable[[Say], None]:
    """Writes, and says each time what has been committed, until it is killed."""

    def run(say: Say) -> None:
        store = opened(directory, url)
        store.insert([new(scope, -1, total=50), new(scope, -2, total=50)])
        say("made")
        number = 0
        while True:
            data = content(scope, number)
            kept = store.blobs.put_chunks(data[at : at + 65_536] for at in range(0, len(data), 65_536))
            store.insert([new(scope, number, kept.key)])
            say(f"+{number}")
            with store.transaction():
                store.update(new(scope, -1, total=50 - number))
                store.update(new(scope, -2, total=50 + number))
            say(f"={number}")
            if number >= 2:
                store.delete("file", scope, [f"{scope}-{number - 2}"])
                say(f"-{number - 2}")
            number += 1

    return run


def check(store: Store, scope: str, said: list[str]) -> None:
    """All that was said holds, at most one step more was done, and every row has its content."""
    rows = {row.seq: row for row in store.scan("file", scope, 9.0)}
    pair = [rows.pop(seq).document["total"] for seq in (-1, -2) if seq in rows]
    assert len(pair) in {0, 2}, pair
    assert pair or not said, "what was made is lost"
    assert sum(pair) in {0, 100}, pair
    there, moved = set(), 0
    for line in said:
        if line[0] == "+":
            there.add(int(line[1:]))
        elif line[0] == "-":
            there.remove(int(line[1:]))
        elif line[0] == "=":
            moved = int(line[1:])
    more = pair[1] - 50 - moved if pair else 0
    assert len(there ^ rows.keys()) + more <= 1, (said, sorted(rows), pair)
    for number, row in rows.items():
        data = store.blobs.get(row.blob)
        assert data == content(scope, number)
        assert row.blob == hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    wanted = {"together": 1, "killed": 2}[command]
    arguments += [None] * (wanted + 1 - len(arguments))
    print(json.dumps({"together": together, "killed": killed}[command](*arguments)))
