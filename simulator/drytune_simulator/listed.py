"""What the control API lists: faults, scenarios, scripted answers; each is added, replaced and removed alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from drytune_simulator.errors import refuse
from drytune_simulator.faults.roster import Roster
from drytune_simulator.faults.words import shown
from drytune_simulator.http import Request
from drytune_simulator.moving import bad

__all__ = ["Answer", "Listed", "json_of"]

_LARGEST_BODY: Final = 1024 * 1024

Answer = Callable[[Request], object]


class Listed:
    """A roster as a resource: list, add, replace, remove.

    Args:
        kind: What one of them is called.
        roster: All of them.
        of: Makes one of a table; the second argument is what the sentence of an error begins with.
        read: Makes one of a line of text; None where there is no such form.
        options: How a server is started with them.
        workers: How many processes the server has.
    """

    def __init__(
        self,
        kind: str,
        roster: Roster[Any, Any],
        of: Callable[[object, str], Any],
        read: Callable[[str], Any] | None,
        *,
        options: str,
        workers: int,
    ) -> None:
        self._kind = kind
        self._of = of
        self._read = read
        self._options = options
        self._workers = workers
        self.roster = roster
        self.initial = roster.items

    @property
    def methods(self) -> dict[str, Answer]:
        """What is done by which method."""
        return {"GET": self.show, "POST": self.add, "PUT": self.replace, "DELETE": self.clear}

    def show(self, request: Request) -> object:  # noqa: ARG002 - the signature of all answers
        """List them."""
        return {"object": "list", "data": self.roster.state(), "workers": self._workers}

    def add(self, request: Request) -> object:
        """Add one or several."""
        self.check_alone()
        labels = self.roster.add(*self._items(json_of(request)))
        return {"object": "list", "data": [row for row in self.roster.state() if row["id"] in labels]}

    def replace(self, request: Request) -> object:
        """Have these instead."""
        self.check_alone()
        value = json_of(request)
        if not isinstance(value, list):
            raise bad(f"the body is {shown(value)}; it must be a list of {self._kind}s")
        self.roster.replace(self._items(value))
        return self.show(request)

    def clear(self, request: Request) -> object:
        """Have none."""
        self.check_alone()
        self.roster.clear()
        return self.show(request)

    def remove(self, label: str) -> object:
        """Have all but this one."""
        self.check_alone()
        if not self.roster.remove(label):
            raise refuse("control-not-found", problem=f"There is no {self._kind} {shown(label)}.")
        return {"object": f"drytune.{self._kind}", "id": label, "deleted": True}

    def reset(self) -> None:
        """Have those of the start, and count anew."""
        self.roster.replace(self.initial)

    def check_alone(self) -> None:
        """Refuse to change what other processes have as well.

        Raises:
            ApiError: 409.
        """
        if self._workers > 1:
            instead = f"start it with {self._options}, or with --workers 1"
            raise refuse(
                "control-of-one-worker", workers=self._workers, what=f"the {self._kind}s", instead=instead
            )

    def _items(self, value: object) -> list[Any]:
        tables = value if isinstance(value, list) else [value]
        return [self._item(table, number) for number, table in enumerate(tables, 1)]

    def _item(self, table: object, number: int) -> Any:
        if self._read is not None and isinstance(table, dict) and set(table) == {"text"}:
            text = table["text"]
            if isinstance(text, str):
                return self._read(text)
        return self._of(table, f"{self._kind} {number}")


def json_of(request: Request) -> object:
    """The JSON of a request to the control API.

    Raises:
        ApiError: 400 or 413, it is none, or too large.
    """
    if request.stream is not None or len(request.body) > _LARGEST_BODY:
        raise refuse("body-too-large", limit=_LARGEST_BODY)
    try:
        return msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("bad-json", reason=str(error)) from error
