"""Uploads a file of so many megabytes, as the server's door hands it over, and tells what that took, as JSON.

Run as ``python upload_probe.py DIRECTORY MEGABYTES PURPOSE [parts]``. How much memory a process has needed at
most, only a process of its own can tell.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from drytune_simulator import Headers, ManualClock, Request, Simulator
from drytune_simulator.store import Store

KEY = {"authorization": "Bearer sk-test"}
LINE = (
    json.dumps({"messages": [{"role": "user", "content": "What comes after this? " * 20}] * 2}).encode()
    + b"\n"
)


def post(simulator, target, fields, name, chunks):
    """Send a form whose last part is a file, as a stream."""
    with tempfile.TemporaryFile() as stream:
        for field, value in fields.items():
            stream.write(f'--b\r\ncontent-disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode())
        stream.write(
            f'--b\r\ncontent-disposition: form-data; name="{name}"; filename="a.jsonl"\r\n\r\n'.encode()
        )
        for chunk in chunks:
            stream.write(chunk)
        stream.write(b"\r\n--b--\r\n")
        headers = Headers({**KEY, "content-type": "multipart/form-data; boundary=b"})
        began = time.perf_counter()
        response = simulator(Request("POST", target, headers, stream=stream))
        seconds = time.perf_counter() - began
    assert response.status == 200, response.body
    return json.loads(response.body), seconds


def ask(simulator, target, body):
    began = time.perf_counter()
    response = simulator(Request("POST", target, Headers(KEY), json.dumps(body).encode()))
    assert response.status == 200, response.body
    return json.loads(response.body), time.perf_counter() - began


def main(directory, megabytes, purpose, how="whole"):
    simulator = Simulator(clock=ManualClock(), store=Store(Path(directory)))
    lines = LINE * (2**20 // len(LINE))
    post(simulator, "/v1/files", {"purpose": purpose}, "file", [LINE])  # what is imported once is not counted
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = int(megabytes)
    if how == "whole":
        file, seconds = post(simulator, "/v1/files", {"purpose": purpose}, "file", [lines] * count)
    else:
        asked = {
            "filename": "a.jsonl",
            "purpose": purpose,
            "bytes": len(lines) * count,
            "mime_type": "text/jsonl",
        }
        upload, seconds = ask(simulator, "/v1/uploads", asked)
        ids = []
        for first in range(0, count, 32):
            some = [lines] * min(32, count - first)
            part, took = post(simulator, f"/v1/uploads/{upload['id']}/parts", {}, "data", some)
            ids.append(part["id"])
            seconds += took
        done, took = ask(simulator, f"/v1/uploads/{upload['id']}/complete", {"part_ids": ids})
        file, seconds = done["file"], seconds + took
    assert file["bytes"] == len(lines) * count
    response = simulator(Request("GET", f"/v1/files/{file['id']}/content", Headers(KEY)))
    assert sum(len(chunk.data) for chunk in response.body) == file["bytes"]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    simulator.close()
    print(json.dumps({"grown_mb": round(grown / 1024, 1), "seconds": round(seconds, 2)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
