"""Calls about files."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from drytune.testing.machine import expectations as expect
from drytune.testing.machine.agreement import agree
from drytune.testing.machine.bench import Bench, chosen, having
from drytune.testing.machine.contents import FLAWED, Content
from drytune.testing.machine.known import KnownFile
from drytune.testing.machine.tuner import can
from drytune_simulator.dataset.upload import inspect_upload

__all__ = ["FileRules"]

files = Bench.files


class FileRules(Bench):
    """Files are sent, good ones and others, and deleted."""

    @initialize(target=files, content=chosen("contents"))
    def begin(self, content: Content) -> Any:
        """There is a good file."""
        return self.sent(content)

    @rule(target=files, content=chosen("contents"))
    def upload(self, content: Content) -> Any:
        """A good file is sent."""
        if not can(self.tuner, "upload"):
            return self.sent(content)
        steps = []
        for side, step in self.each("upload", lambda _: [content.data, "t.jsonl"]):
            expect.uploading(step, side.platform, content.data)
            steps.append(step)
        agree(steps)
        return self.file_of(steps, content)

    @having("upload")
    @rule(
        target=files,
        what=st.sampled_from(sorted(FLAWED)),
        name=st.sampled_from(["t.jsonl", "t.jsonl", "t.csv"]),
    )
    def upload_flawed(self, what: str, name: str) -> Any:
        """A file is sent in which something is wrong."""
        content = FLAWED[what]
        refusal = inspect_upload(content.data, name)
        steps = []
        for side, step in self.each("upload", lambda _: [content.data, name]):
            why = "" if refusal is None else refusal.message
            expect.uploading(step, side.platform, content.data, refusal=why, may_refuse=True)
            steps.append(step)
        agree(steps)
        return self.file_of(steps, content)

    @having("delete_file")
    @rule(file=files)
    def delete_file(self, file: KnownFile) -> None:
        """A file is deleted, maybe a second time."""
        steps = []
        for number, (_, step) in enumerate(self.each("delete_file", lambda number: [file.ids[number]])):
            expect.deleting(step, file.ids[number])
            steps.append(step)
        if not file.deleted:
            agree(steps)
        file.deleted = file.ids[0] not in self.sides[0].truth.files
