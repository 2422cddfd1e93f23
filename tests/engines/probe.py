"""What the engine does to a process of its own; run by test_local_engine.py."""

import os
import signal
import struct
import sys
import threading

import msgspec

from drytune.engines import Interrupted, inspect, local, pool
from drytune.engines.pool import start_method
from drytune.errors import DrytuneError
from drytune.sources import LocalFile, find_sources
from drytune_simulator.dataset.lens import Lens

MAIN = os.getpid()


class Deadly(msgspec.Struct, frozen=True):
    """A file at which every process dies but the first."""

    file: LocalFile
    shared: bool = True
    splittable: bool = True

    @property
    def name(self):
        return self.file.name

    @property
    def size(self):
        return self.file.size

    def open(self):
        if os.getpid() != MAIN:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.file.open()


def half_sent(connection, inherited) -> None:
    """A worker that is killed while it sends what it found."""
    connection.recv()
    os.write(connection.fileno(), struct.pack("!i", 1000) + b"half of it")
    os.kill(os.getpid(), signal.SIGKILL)


def to_all(done: int, total: int | None) -> None:
    if done:
        os.killpg(0, signal.SIGINT)


def to_this_one(done: int, total: int | None) -> None:
    if done:
        os.kill(MAIN, signal.SIGKILL)


def main(what: str, path: str, thread: str = "") -> int:
    local.SMALL_BYTES = 1
    (source,) = find_sources([path])
    if thread:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    if what == "half sent":
        pool.serve = half_sent
    print(start_method(), end=": ", flush=True)
    try:
        facts = inspect(
            Deadly(source) if what == "killed" else source,
            Lens("o200k_base"),
            workers=2,
            progress={"interrupted": to_all, "orphaned": to_this_one}.get(what),
        )
    except Interrupted as interrupted:
        print(interrupted)
        return 130
    except DrytuneError as error:
        print(f"{type(error).__name__}: {error}")
        return 0
    print(f"{facts.lines} lines, {facts.tokens.total} tokens")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
