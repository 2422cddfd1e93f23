"""Processes that run and resume: each is forked off one that has everything imported, and can be killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("program.py")


class Clients:
    """Starts clients, one at a time.

    Args:
        place: Where results are written.
        environment: Of the processes.
    """

    def __init__(self, place: Path, environment: Mapping[str, str]) -> None:
        self._place = place
        self._log = (place / "clients.log").open("a")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._log, "text": True}
        self._parent = subprocess.Popen([sys.executable, PROGRAM], env=dict(environment), cwd=place, **pipes)
        self._pid: int | None = None

    def perform(self, **order: Any) -> dict[str, Any] | None:
        """Have a new process do something (`program.main` says what); None if it was killed."""
        result = self._place / "result.json"
        result.unlink(missing_ok=True)
        self._say({**order, "result": str(result)})
        self._pid = int(self._hear())
        status = int(self._hear())
        self._pid = None
        if status == -signal.SIGKILL:
            return None
        assert status == 0, f"{status}: {(self._place / 'clients.log').read_text()[-3000:]}"
        told: dict[str, Any] = json.loads(result.read_text())
        return told

    def kill(self) -> None:
        """``kill -9`` of the client that is at work."""
        if self._pid is not None and self._pid > 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process that they are forked off."""
        self.kill()
        self._parent.stdin.close()
        self._parent.kill()
        self._parent.wait(10)
        self._parent.stdout.close()
        self._log.close()

    def _say(self, order: object) -> None:
        self._parent.stdin.write(json.dumps(order) + "\n")
        self._parent.stdin.flush()

    def _hear(self) -> str:
        line = self._parent.stdout.readline()
        assert line, (self._place / "clients.log").read_text()[-3000:]
        return line
