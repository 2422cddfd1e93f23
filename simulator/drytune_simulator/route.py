"""What is known of an operation: where it is, what it takes, what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from drytune_simulator.http import Request, Response
from drytune_simulator.paths import is_variable
from drytune_simulator.world import Call, World

__all__ = ["Operation", "Route"]

Operation = Callable[[World, Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation that is answered.

    Attributes:
        method: In capitals.
        path: Its pattern; ``{file_id}`` stands for any one segment.
        name: As the official SDK calls it, e.g. ``fine_tuning.jobs.list_events``; unique.
        operation: What answers.
        summary: What it does, in a sentence.
        answer: The type of a JSON answer; `bytes` for the content of a file, None where there is only a refusal.
        body: The type of a JSON body, or None.
        query: The type of the query, or None if none is looked at.
        form: The type of a multipart form, or None.
        stream: The type of a server-sent event, or several of them, where the answer may come in such.
        quick: Whether it takes so little time that a server may answer in its event loop; a function where it
            depends on the request.
        refusals: Names in `errors.REFUSALS` of what it refuses besides what every operation may.
        admin: Whether only an admin key may call it.
        refused: Whether it only ever refuses, as the platform does.
        note: What of it is not simulated.
    """

    method: str
    path: str
    name: str
    operation: Operation
    summary: str
    answer: Any = None
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    form: type[msgspec.Struct] | None = None
    stream: Any = None
    quick: bool | Callable[[World, Request], bool] = True
    refusals: tuple[str, ...] = ()
    admin: bool = False
    refused: bool = False
    note: str = ""

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the path's variables, in order."""
        return tuple(segment[1:-1] for segment in self.path.split("/") if is_variable(segment))
