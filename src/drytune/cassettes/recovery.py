"""What becomes of a recording in the end: a cassette, also if its process was killed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from drytune.cassettes.checksum import digest
from drytune.cassettes.files import load, save
from drytune.cassettes.journal import Journal, Recorded
from drytune.cassettes.model import Cassette, Exchange, Header
from drytune.errors import UsageError

__all__ = ["merged", "recover"]

_CUT_OFF: Final = "The recording was cut off; this is what was there by then."


def recover(path: Path | str, *, into: Path | str | None = None, overwrite: bool = False) -> Cassette:
    """Make the cassette of a recording that was cut off: all that was in ``FILE.part``, which is removed then.

    Args:
        path: The cassette that was recorded into. If the recording went on with it, what it has stays.
        into: Where the cassette goes; by default to `path`.
        overwrite: Whether a file that is there, and that the recording did not go on with, may be replaced.

    Raises:
        UsageError: No recording into that file was cut off, or it is still going on; or there is a file already.
        CassetteError: What it left is damaged, or the cassette that it went on with is.
        SecretLeft: Something that looks like a secret is in it.
        NotKept: The disk took it not. The file and what was left are as they were.
    """
    path = Path(path)
    journal = Journal(path, left_behind=True)
    try:
        recorded = journal.recorded()
        if not recorded.exchanges:  # it ended before anything was asked
            journal.remove()
            msg = (
                f"There is nothing to recover: the recording into {path} was cut off before it had anything."
            )
            raise UsageError(msg)
        cassette = _made(path, recorded, None if into is None else Path(into), overwrite=overwrite)
        journal.remove()
        return cassette
    finally:
        journal.close()


def _made(path: Path, recorded: Recorded, into: Path | None, *, overwrite: bool) -> Cassette:
    """The cassette, which is written then."""
    header, before, added = recorded
    there = load(path) if before else Cassette()
    if into is None and path.exists() and (is_sealed := _sealed(path, before, added)) is not None:
        return is_sealed
    target = into or path
    goes_on = before > 0 and target.exists() and path.exists() and target.samefile(path)
    if not overwrite and not goes_on and _holds_something(target):
        msg = (
            f"{target} is there already, and the recording that was cut off did not go on with it: recover it "
            f"into another file (--into OTHER), or say that {target} may be replaced (--overwrite)."
        )
        raise UsageError(msg)
    header = header if header.note else msgspec.structs.replace(header, note=_CUT_OFF)
    cassette = merged(target, header, there.exchanges, added)
    save(target, cassette)
    return cassette


def _holds_something(file: Path) -> bool:
    """Whether there is a file, and not only a cassette without exchanges."""
    if not file.exists():
        return False
    try:
        return bool(load(file, strict=False).exchanges)
    except UsageError:
        return True


def _sealed(path: Path, before: int, added: list[Exchange]) -> Cassette | None:
    """The cassette, if all was written already and only the journal was not yet removed."""
    try:
        there = load(path)
    except UsageError:
        return None
    made = merged(path, there.header, there.exchanges[:before], added)
    return there if digest(made.exchanges) == digest(there.exchanges) else None


def merged(path: Path, header: Header, before: Iterable[Exchange], added: list[Exchange]) -> Cassette:
    """The cassette of a recording.

    Args:
        path: Where it goes.
        header: Where it comes from.
        before: What was in it, which stays in its order.
        added: What came, which is put in the order in which it was asked.
    """
    added = sorted(added, key=lambda one: float("inf") if one.at is None else one.at)
    return Cassette(header=header, exchanges=(*before, *added), name=str(path))
