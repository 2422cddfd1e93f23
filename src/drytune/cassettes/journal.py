"""The file beside a cassette in which a recording grows: each exchange is a line of JSON, written when it ended.

A process that is killed leaves it there, and `drytune.cassettes.tape.recover` makes the cassette of it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

import msgspec

from drytune.cassettes.errors import CassetteError, NotKept
from drytune.cassettes.model import Exchange, Header
from drytune.errors import UsageError

__all__ = ["Journal", "Recorded", "part_of", "read_journal"]

_fcntl: ModuleType | None
try:
    import fcntl as _fcntl
except ImportError:  # Windows
    _fcntl = None

_FORM: Final = 1


def part_of(path: Path) -> Path:
    """Where the recording into the cassette `path` grows."""
    return path.with_name(path.name + ".part")


class _Begun(msgspec.Struct, frozen=True, tag="begun", tag_field="kind"):
    """What is known of the cassette; of several such lines the last one counts."""

    form: int
    header: Header
    before: int


class _Kept(msgspec.Struct, frozen=True, tag="kept", tag_field="kind"):
    exchange: Exchange


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Begun | _Kept).decode


class Recorded(NamedTuple):
    """What a journal holds.

    Attributes:
        header: Of the cassette that it should become.
        before: How many exchanges that cassette had before.
        exchanges: That came after them, in the order in which they ended.
    """

    header: Header
    before: int
    exchanges: list[Exchange]


class Journal:
    """The open journal of one recording; as long as it is open nobody else can open it.

    Raises:
        UsageError: Another recording into that cassette is going on, or one was cut off and left its journal.
        NotKept: There can be no file.
    """

    def __init__(self, path: Path, *, left_behind: bool = False) -> None:
        """Open the journal of the cassette `path`; one that was left behind, only if `left_behind`."""
        self.path = part_of(path)
        self._of = path
        self._file = self._locked(create=not left_behind)
        if not left_behind and not self.is_empty:
            self.close()
            msg = (
                f"An earlier recording into {path} was cut off, and {self.path.name} beside it holds what it had: "
                f"make the cassette of it with `drytune cassette recover {path}`, or delete {self.path}."
            )
            raise UsageError(msg)

    def _locked(self, *, create: bool) -> int:
        while True:
            try:
                if create:
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                file = os.open(self.path, os.O_RDWR | os.O_APPEND | (os.O_CREAT if create else 0), 0o666)
            except FileNotFoundError as error:
                msg = f"There is nothing to recover: no recording into {self._of} was cut off."
                raise UsageError(msg) from error
            except OSError as error:
                msg = f"Nothing can be recorded into {self._of}: {self.path} cannot be written ({error.strerror})."
                raise NotKept(msg) from error
            try:
                if _fcntl is not None:
                    _fcntl.flock(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
            except OSError as error:
                os.close(file)
                msg = f"Another recording into {self._of} is going on: wait for its end, or choose another file."
                raise UsageError(msg) from error
            # whoever held the lock until now may have sealed its cassette and removed this very file
            with suppress(OSError):
                if os.path.samestat(os.fstat(file), self.path.stat()):
                    return file
            os.close(file)

    def begin(self, header: Header, before: int) -> None:
        """Write what is known of the cassette.

        Raises:
            OSError: The disk takes it not.
        """
        self._append(_encode(_Begun(_FORM, header, before)))

    def append(self, exchange: Exchange) -> None:
        """Write an exchange; when this returns, it survives the end of this process.

        Raises:
            OSError: The disk takes it not; nothing of it stays in the file.
        """
        self._append(_encode(_Kept(exchange)))

    def sync(self) -> None:
        """Wait until the disk has it: then it survives the end of the machine, too.

        Raises:
            OSError: It has not.
        """
        os.fsync(self._file)

    def recorded(self) -> Recorded:
        """What it holds.

        Raises:
            CassetteError: It is damaged other than by the end of its process, or a newer drytune wrote it.
        """
        return read_journal(self.path.read_bytes(), str(self.path))

    def remove(self) -> None:
        """Delete the file, and close it."""
        # first the file and then the lock, or another recording could begin in between
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self.close()
        if _fcntl is None:  # where no file can be deleted that is open
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def let_go(self) -> None:
        """Close the file in a process that was forked off; the journal is another one's."""
        os.close(self._file)
        self._file = -1

    @property
    def is_empty(self) -> bool:
        """Whether nothing was recorded, by any process."""
        return not os.fstat(self._file).st_size

    def close(self) -> None:
        """Let go of the file, which stays if there is anything in it."""
        if self._file < 0:
            return
        if self.is_empty:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1

    def _append(self, line: bytes) -> None:
        data = memoryview(line + b"\n")
        size = os.fstat(self._file).st_size
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except BaseException:
            os.ftruncate(self._file, size)  # half a line would spoil the next one
            raise


def read_journal(data: bytes, name: str) -> Recorded:
    """What the bytes of a journal say; its last line may be cut off.

    Raises:
        CassetteError: A line before the last is damaged, or a newer drytune wrote it.
    """
    lines: Sequence[bytes] = data.split(b"\n")
    header, before, exchanges = Header(), 0, []
    # what follows the end of the last line was cut off, or is nothing
    for number, line in enumerate(lines[:-1], 1):
        try:
            entry = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            msg = f"{name}, line {number} is damaged: {error}. Delete that line to recover the others."
            raise CassetteError(msg) from error
        if isinstance(entry, _Kept):
            exchanges.append(entry.exchange)
            continue
        if entry.form > _FORM:
            msg = f"{name} was written by a newer drytune: upgrade drytune to recover it."
            raise CassetteError(msg)
        header, before = entry.header, entry.before
    return Recorded(header, before, exchanges)
