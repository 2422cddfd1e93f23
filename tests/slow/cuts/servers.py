"""`drytune serve` with its state in a directory, in a process of its own that is killed and started anew."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_OPTIONS = ("--speed", "poll", "--concurrent-jobs", "0", "--max-upload-bytes", "2000000")


class Served:
    """A server; the first start chooses its port, and all later ones keep it.

    Args:
        place: Where its state and its log are.
        environment: Of the process.
    """

    def __init__(self, place: Path, environment: Mapping[str, str]) -> None:
        self._place = place
        self._environment = dict(environment)
        self._process: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()
        self.port = 0
        self.starts = 0

    def start(self) -> None:
        """Start it, if it does not run; what it had acknowledged is there again."""
        with self._turn:
            self._start()

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        command = [
            sys.executable,
            *("-m", "drytune", "serve", "--port", str(self.port)),
            *("--data", str(self._place / "server"), *_OPTIONS),
        ]
        if self._process is not None:
            self._process.stdout.close()
        with (self._place / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, cwd=self._place, stdout=subprocess.PIPE, stderr=log, text=True
            )
        told = self._process.stdout.readline().strip()
        assert told, (self._place / "server.log").read_text()[-2000:]
        self.port = int(told.rpartition(":")[2].partition("/")[0])
        self.starts += 1

    def kill(self) -> None:
        """``kill -9``, in whatever it is doing."""
        with self._turn:
            if self._process is None:
                return
            if self._process.poll() is None:
                os.kill(self._process.pid, signal.SIGKILL)
                self._process.wait()
            self._process.stdout.close()
            self._process = None

    def ask(self, method: str, path: str, key: str, body: object = None) -> Any:
        """What it answers when it is asked directly, past the door."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            data = json.loads(response.read())
        finally:
            connection.close()
        assert response.status == 200, data
        return data
