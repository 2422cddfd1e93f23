"""When a recording answers, and when a real platform does: the modes of VCR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, get_args

import msgspec

from drytune.cassettes.model import Cassette, Exchange
from drytune.cassettes.redaction import Redactor
from drytune.errors import UsageError
from drytune.handlers.addresses import DEFAULT_BASE_URL
from drytune_simulator import Handler
from drytune_simulator.clock import Clock

__all__ = ["MODES", "Mode", "check_mode", "recorded"]

Mode = Literal["none", "once", "new_episodes", "all"]
"""What asks the platform:

| mode           | what was recorded  | what was not                                    |
|----------------|--------------------|-------------------------------------------------|
| `none`         | is replayed        | is refused                                      |
| `once`         | is replayed        | is refused; is asked and kept if nothing was    |
| `new_episodes` | is replayed        | is asked and kept                               |
| `all`          | is asked and kept  | is asked and kept                               |
"""

MODES: Final = get_args(Mode)


def check_mode(mode: str, *, has_upstream: bool, is_empty: bool) -> Literal["replay", "mixed", "live"]:
    """What a mode comes to: nothing is asked, what is missing is asked, or all is asked.

    Raises:
        UsageError: There is no such mode, or it asks a platform and there is none to be asked.
    """
    if mode not in MODES:
        msg = f"a mode of replay is one of {', '.join(MODES)}, not {mode!r}"
        raise UsageError(msg)
    if mode in {"new_episodes", "all"} and not has_upstream:
        msg = f"mode {mode!r} asks a platform: give an upstream"
        raise UsageError(msg)
    if mode == "all" or (mode == "once" and is_empty and has_upstream):
        return "live"
    return "mixed" if mode == "new_episodes" else "replay"


def recorded(
    upstream: Handler,
    record: Callable[[Exchange], None],
    cassette: Cassette,
    redactor: Redactor,
    clock: Clock | None,
) -> Handler:
    """`upstream`, and each exchange with it is given to `record` as one that was asked after all of `cassette`."""
    from drytune.handlers.recording import recording

    after = max((exchange.at or 0.0 for exchange in cassette.exchanges), default=0.0)

    def add(exchange: Exchange) -> None:
        record(msgspec.structs.replace(exchange, at=after + (exchange.at or 0.0)))

    source = cassette.header.source or DEFAULT_BASE_URL
    return recording(
        upstream,
        add,
        base_url=source,
        keep_uploads=cassette.header.uploads == "kept",
        clock=clock,
        redactor=redactor,
    )
