"""What answers from a file: a recording as it was recorded, a kept model in its own name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from drytune.cassettes.files import load
from drytune.cassettes.model import Cassette
from drytune.handlers.modes import Mode
from drytune.handlers.sessions import Replaying
from drytune.keeping.kept import Kept

__all__ = ["KeptModel", "opened"]


class KeptModel:
    """An archive that answers, with what a `Replaying` has.

    Attributes:
        handler: Answers.
        count: How many exchanges were kept: none.
    """

    count: Final = 0

    def __init__(self, archive: Cassette, speed: float, redact: Iterable[str] = ()) -> None:
        self.handler = Kept(archive, speed=speed, redact=redact)

    def close(self) -> None:
        """Let go of what was stored in the meantime."""
        self.handler.close()

    discard = close


def opened(
    source: Path | str | Cassette, *, mode: Mode = "none", speed: float = 0.0, **settings: Any
) -> Replaying | KeptModel:
    """What answers from `source`.

    Args:
        source: A cassette, a HAR file, or the archive of a kept model.
        mode: When a platform is asked instead; an archive answers as one only in mode ``none``.
        speed: How many times as fast as recorded answers come; 0 is at once.
        settings: As of `Replaying`.

    Raises:
        UsageError: There is no such file or mode, or a setting makes no sense.
        CassetteError: The file is no cassette, or a damaged one.
    """
    if mode == "none":
        source = source if isinstance(source, Cassette) else load(source)
        if source.header.archive is not None:
            return KeptModel(source, speed, settings.get("redact", ()))
    return Replaying(source, mode=mode, speed=speed, **settings)
