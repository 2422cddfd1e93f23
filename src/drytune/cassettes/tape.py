"""An open recording: exchanges come in, nothing secret gets out to the disk, and in the end it is a cassette."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import msgspec

from drytune.cassettes.bodies import FORM_TYPE, is_form, uploaded
from drytune.cassettes.errors import CassetteError, NotKept, SecretLeft
from drytune.cassettes.files import save
from drytune.cassettes.journal import Journal
from drytune.cassettes.model import Asked, Cassette, Exchange, Header, content_type_of
from drytune.cassettes.recovery import merged, recover
from drytune.cassettes.redaction import Redactor, places
from drytune.errors import DrytuneError, UsageError
from drytune_simulator.clock import Clock, SystemClock
from drytune_simulator.version import __version__

__all__ = ["Redacts", "Tape", "recover"]

_log = logging.getLogger("drytune.cassettes")
_SYNCED_EVERY: Final = 1.0
"""Seconds: how much of a recording a machine without power may lose. (A killed process loses nothing.)"""


class Redacts(Protocol):
    """What takes the secrets out, at the least; `drytune.cassettes.redaction.Redactor` does more for a `Tape`."""

    def exchange(self, exchange: Exchange) -> Exchange:
        """The same without secrets."""


class Tape:
    """A recording into a cassette file.

    The file is written when the tape is sealed: by `seal`, by `close`, at the end of a ``with``, or, if nobody
    does any of it, when the tape is let go of or the process ends. Until then the file is as it was, and what was
    added is beside it, in ``FILE.part``. Several threads may use it. A process that was forked off may add
    exchanges, too, and seals nothing.

    Args:
        path: The cassette; a file that is there is replaced.
        header: Where it comes from; ``recorded_at``, ``drytune`` and ``uploads`` are filled in.
        redactor: Takes the secrets out of the header and every exchange, before any of it touches the disk.
        keep_uploads: Whether the contents of uploaded files are kept, or only their hashes.
        before: Exchanges that the cassette has already, if it goes on with what is in the file. Then the times of
            new ones (`Exchange.at`) follow theirs.
        finish: Makes of the cassette, as it would be written, the one that is; a function that holds not the tape.
        clock: What tells the time.

    Raises:
        UsageError: Another recording into that file is going on; or one was cut off, and is not recovered yet.
        NotKept: There can be no file.
    """

    def __init__(
        self,
        path: Path | str,
        header: Header | None = None,
        *,
        redactor: Redacts,
        keep_uploads: bool = False,
        before: Iterable[Exchange] = (),
        finish: Callable[[Cassette], Cassette] | None = None,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or SystemClock()
        header = header or Header()
        began = datetime.fromtimestamp(clock.now(), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        header = msgspec.structs.replace(
            header,
            recorded_at=header.recorded_at or began,
            drytune=header.drytune or __version__,
            uploads="kept" if keep_uploads else "hashed",
        )
        self.path = Path(path)
        self._state = _State(self.path, header, redactor, tuple(before), clock, keep_uploads=keep_uploads)
        self._state.finish = finish
        self._finalizer = weakref.finalize(self, _seal_what_is_open, self._state)

    @property
    def header(self) -> Header:
        """Where the cassette comes from. It may be replaced until the tape is sealed."""
        return self._state.header

    @header.setter
    def header(self, header: Header) -> None:
        self._state.describe(header)

    @property
    def added(self) -> int:
        """How many exchanges were added."""
        return self._state.added

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange, redacted. When this returns, it survives the end of the process.

        Never raises, so that whoever asked gets the answer: what could not be kept is logged, and told by `seal`.
        """
        self._state.add(exchange)

    def seal(self) -> Cassette:
        """Write the cassette, in the order in which its requests were asked.

        Raises:
            SecretLeft: Something that looks like a secret is left in an exchange. The file is as it was; what has
                no secret in it can be had with `recover`.
            NotKept: The disk took not all of it. The file is as it was; what it took can be had with `recover`.
            UsageError: It is sealed already.
        """
        return self._state.seal()

    def close(self) -> None:
        """Seal, if anything was added and nobody has; raises what `seal` does. Once more, it does nothing."""
        self._state.close()

    def discard(self) -> None:
        """Forget what was added: the file stays as it was. Once sealed, it does nothing."""
        self._state.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _State:
    """All of a tape, so that it can be sealed when the tape itself is gone."""

    def __init__(
        self,
        path: Path,
        header: Header,
        redactor: Redacts,
        before: tuple[Exchange, ...],
        clock: Clock,
        *,
        keep_uploads: bool,
    ) -> None:
        self.header = _clean_header(header, redactor)
        self.added = 0
        self.finish: Callable[[Cassette], Cassette] | None = None
        self._path = path
        self._redactor = redactor
        self._before = before
        if isinstance(redactor, Redactor):
            redactor.after(before)
        self._later_by = max((one.at or 0.0 for one in before), default=0.0)
        self._clock = clock
        self._keep_uploads = keep_uploads
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._journal = Journal(path)
        self._is_open = True
        self._is_described = False
        self._synced = clock.now()
        self._waiting: list[Exchange] = []  # for room on the disk
        self._refused: list[tuple[bool, str]] = []  # whether for a secret, and why

    def describe(self, header: Header) -> None:
        with self._lock:
            self.header = _clean_header(header, self._redactor)
            self._is_described = False

    def add(self, exchange: Exchange) -> None:
        try:
            exchange = self._clean(exchange)
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked gets the answer
            self._refuse(error)
            return
        with self._lock:
            if not self._is_open:
                _log.warning("%s is sealed: an exchange that ended later is not in it", self._path)
                return
            self.added += 1
            self._waiting.append(exchange)
            try:
                self._write()
            except OSError as error:
                if len(self._waiting) == 1:
                    _log.warning("%s cannot be written: %s", self._journal.path, error.strerror or error)

    def _clean(self, exchange: Exchange) -> Exchange:
        """What may touch the disk."""
        asked, told, at = self._asked(exchange.request), exchange.response, exchange.at
        told = msgspec.structs.replace(
            told,
            wait=_seconds(told.wait),
            chunks=tuple((size, _seconds(delay)) for size, delay in told.chunks),
        )
        at = None if at is None else _seconds(at + self._later_by)
        return self._redacted(Exchange(request=asked, response=told, at=at), self.added + 1)

    def _redacted(self, exchange: Exchange, number: int) -> Exchange:
        exchange = self._redactor.exchange(exchange)
        also = (self._redactor.also,) if isinstance(self._redactor, Redactor) else ()
        found = list(map(str, places(exchange, number, *also)))
        if found:
            raise SecretLeft(f"Something looks like a secret: {'; '.join(found[:3])}.")
        return exchange

    def _whole(self) -> Cassette:
        """The cassette, redacted once more: a key may have been learnt after a text with it had come."""
        made = merged(self._path, self.header, self._before, self._journal.recorded().exchanges)
        made = self._all_redacted(made)
        return made if self.finish is None else self._all_redacted(self.finish(made))

    def _all_redacted(self, made: Cassette) -> Cassette:
        try:
            exchanges = tuple(self._redacted(one, number) for number, one in enumerate(made.exchanges, 1))
        except SecretLeft as error:
            msg = f"{error} {self._path} is as it was; {self._others()}."
            raise SecretLeft(msg) from None
        return msgspec.structs.replace(
            made, header=_clean_header(made.header, self._redactor), exchanges=exchanges
        )

    def _asked(self, request: Asked) -> Asked:
        """An upload without its files, whoever made it."""
        headers = request.headers
        content_type = content_type_of(headers)
        if request.parts is not None or not is_form(content_type):
            return request
        parts, form = uploaded(content_type, request.body)
        if self._keep_uploads:
            return msgspec.structs.replace(request, parts=parts)
        headers = tuple(
            (name, FORM_TYPE) if name == "content-type" else (name, value) for name, value in headers
        )
        return msgspec.structs.replace(request, headers=headers, body=form, parts=parts)

    def _refuse(self, error: Exception) -> None:
        with self._lock:
            self.added += 1
            # not the error itself: its traceback, and another's own words, may hold what must not be kept
            text = str(error) if isinstance(error, DrytuneError) else f"it failed with {type(error).__name__}"
            self._refused.append((isinstance(error, SecretLeft), text))
        _log.warning("an exchange is not kept in %s: %s", self._path, text)

    def _write(self) -> None:
        if not self._is_described:
            self._journal.begin(self.header, len(self._before))
            self._is_described = True
        while self._waiting:
            self._journal.append(self._waiting[0])
            del self._waiting[0]
        now = self._clock.now()
        if now - self._synced >= _SYNCED_EVERY:
            self._journal.sync()
            self._synced = now

    def seal(self) -> Cassette:
        with self._lock:
            if not self._is_open or os.getpid() != self._process:
                msg = f"The recording into {self._path} is sealed already, or is another process's to seal."
                raise UsageError(msg)
            return self._seal()

    def close(self) -> None:
        with self._lock:
            if not self._is_open:
                return
            if os.getpid() != self._process:
                self._is_open = False
                self._journal.let_go()
            elif self.added or not self._journal.is_empty:
                self._seal()
            else:
                self._is_open = False
                self._journal.close()

    def discard(self) -> None:
        with self._lock:
            if self._is_open and os.getpid() == self._process:
                self._is_open = False
                self._journal.remove()
                self._journal.close()

    def _seal(self) -> Cassette:
        self._is_open = False
        try:
            self._write()
            self._tell_refused()
            cassette = self._whole()
            save(self._path, cassette)
            self._journal.remove()
        except OSError as error:
            msg = (
                f"{self._journal.path} cannot be written: {error.strerror or error}. {self._path} is as it was, "
                f"and {len(self._waiting)} of {self.added} exchanges are lost; {self._others()}."
            )
            raise NotKept(msg) from error
        except NotKept as error:
            msg = f"{error} All {self.added} exchanges are safe; {self._others()}."
            raise NotKept(msg) from error
        finally:
            self._journal.close()
        return cassette

    def _tell_refused(self) -> None:
        if not self._refused:
            return
        for_a_secret, text = self._refused[0]
        more = f" So it is with {len(self._refused) - 1} more." if len(self._refused) > 1 else ""
        msg = (
            f"{text.rstrip('.')}.{more} {self._path} is as it was, and none of it is there; {self._others()}."
        )
        raise (SecretLeft if for_a_secret else CassetteError)(msg)

    def _others(self) -> str:
        into = " --into OTHER" if self._path.exists() and not self._before else ""
        return f"make a cassette of what was kept with `drytune cassette recover {self._path}{into}`"

    def end(self) -> None:
        """Nobody holds the tape any more, or the process ends."""
        try:
            self.close()
        except DrytuneError as error:  # nobody is there to whom it could be raised
            _log.error("%s", error)


def _clean_header(header: Header, redactor: Redacts) -> Header:
    return redactor.header(header) if isinstance(redactor, Redactor) else header


def _seconds(value: float) -> float:
    """As a cassette has them: microseconds are enough, and whatever a clock does, time does not go backwards."""
    return round(min(max(0.0, value), 1e9), 6)


def _seal_what_is_open(state: _State) -> None:
    state.end()
