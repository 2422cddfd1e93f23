"""Recordings from their beginning to their end: the file, what redacts, what keeps, and what is asked.

A `Recording` and a `Replaying` are what a client, a server and a test are built on: each has a `handler`, and is
closed when there is nothing more to ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from drytune.cassettes.errors import NotKept
from drytune.cassettes.files import load
from drytune.cassettes.model import Cassette, Exchange, Header
from drytune.cassettes.redaction import Redactor
from drytune.cassettes.tape import Tape
from drytune.errors import UsageError
from drytune.handlers.addresses import DEFAULT_BASE_URL
from drytune.handlers.matching.replacing import replaced, weakest
from drytune.handlers.modes import MODES, Mode
from drytune.handlers.recording import Recorder, recording
from drytune.handlers.replay import Replay
from drytune_simulator import Handler
from drytune_simulator.clock import Clock

__all__ = ["Recording", "Replaying", "asks"]


class Recording:
    """Every exchange with `upstream` is kept in a file.

    Args:
        file: Written when this is closed; until then it is as it was.
        upstream: What answers. It is not closed here.
        base_url: Under whose addresses exchanges are kept; by default the upstream's own, if it has one.
        keep_uploads: Keep the contents of uploaded files, rather than their hashes only.
        redact: Regular expressions of what else is secret.
        known: Keys, hidden wherever they stand if they have at least eight characters.
        overwrite: Whether a file that is there may be replaced.
        before: What the file has already, if this goes on with it; its header stays.
        old: What the file has already, if this takes its place; what is not asked again stays.
        title: One line: which scenario this is.
        sdk: What asks; by default what the requests say.
        clock: Tells the time; the wall clock by default.

    Attributes:
        handler: Answers, and keeps. (Before a server's door, put `drytune.handlers.upstream.Gateway` around it.)
        redactor: Hides what is secret.

    Raises:
        UsageError: The file is there, another recording into it is going on or was cut off, or a pattern is none.
        NotKept: There can be no file.
    """

    def __init__(
        self,
        file: Path | str,
        upstream: Handler,
        *,
        base_url: str | None = None,
        keep_uploads: bool = False,
        redact: Iterable[str] = (),
        known: Iterable[str] = (),
        overwrite: bool = False,
        before: Cassette | None = None,
        old: Cassette | None = None,
        title: str | None = None,
        sdk: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        path = Path(file)
        if before is None and path.exists() and not overwrite:
            msg = f"{path} is there already: say that it may be overwritten, or record into another file."
            raise UsageError(msg)
        is_real = bool(getattr(upstream, "waits", False))
        base_url = base_url or getattr(upstream, "base_url", None) or DEFAULT_BASE_URL
        self._header = Header(
            provenance="recorded" if is_real else "simulated",
            source=base_url if is_real else "the simulator of drytune",
            title=title,
            sdk=sdk,
        )
        self._before = before
        self._path = path
        self.redactor = _redactor(redact, known)
        for there in (before, old):
            if there is not None:
                self.redactor.after(there.exchanges)
        self._tape = Tape(
            path,
            self._header if before is None else before.header,
            redactor=self.redactor,
            keep_uploads=keep_uploads,
            before=() if before is None else before.exchanges,
            finish=None if old is None else partial(replaced, old),
            clock=clock,
        )
        self.handler: Recorder = recording(
            upstream,
            self._tape.add,
            base_url=base_url,
            keep_uploads=keep_uploads,
            clock=clock,
            redactor=self.redactor,
        )

    @property
    def count(self) -> int:
        """How many exchanges were kept."""
        return self.handler.kept

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange that did not pass through the handler."""
        self._tape.add(exchange)

    def close(self) -> None:
        """Write the file, if anything was asked; once more, it does nothing.

        Raises:
            SecretLeft: Something that looks like a secret is left. The file is as it was.
            NotKept: The disk refuses, or something could not be kept.
        """
        self.handler.close()
        if self.handler.kept:
            header = self._told()
            if header != self._tape.header:
                self._tape.header = header
        self._tape.close()
        problems, self.handler.problems = self.handler.problems, []
        if problems:
            msg = f"{self._path} lacks what was asked and answered: {'; '.join(problems)}."
            raise NotKept(msg)

    def discard(self) -> None:
        """Forget what was asked: the file stays as it was. Once closed, it does nothing."""
        self.handler.close()
        self._tape.discard()

    def _told(self) -> Header:
        """The header, now that it is known who asked and who answered."""
        told = self._tape.header
        provenance = self.handler.provenance or self._header.provenance
        sdk = self._header.sdk or self.handler.sdk
        if self._before is None or not self._before.exchanges:
            return msgspec.structs.replace(told, provenance=provenance, sdk=told.sdk or sdk)
        old = told.provenance or provenance
        if old == provenance:
            return msgspec.structs.replace(told, provenance=old)
        first = len(self._before.exchanges) + 1
        note = f"{told.note} " if told.note else ""
        note += f"From exchange {first} on it is {provenance}, before that it was {old}."
        return msgspec.structs.replace(told, provenance=weakest(old, provenance), note=note)


class Replaying:
    """What was recorded answers; in some modes a platform does, and that is kept in the file.

    Args:
        source: A file, or a cassette for mode ``none``.
        mode: When `upstream` is asked instead: see `drytune.handlers.modes.Mode`.
        upstream: The platform, for modes that ask one. It is not closed here.
        speed: How many times as fast as recorded answers come; 0 is at once.
        polls: With which look the end of a job is to be seen; None for that at which it was recorded.
        repeats: Whether what creates something may be asked more often than it was recorded.
        base_url, keep_uploads, redact, known, sdk, title, clock: As for `Recording`.

    Attributes:
        handler: The `Replay` that answers.

    Raises:
        UsageError: There is no such file or mode, or a setting makes no sense.
        CassetteError: The file is no cassette, or a damaged one.
    """

    def __init__(
        self,
        source: Path | str | Cassette,
        *,
        mode: Mode = "none",
        upstream: Handler | None = None,
        speed: float = 0.0,
        polls: int | None = None,
        repeats: bool = False,
        base_url: str | None = None,
        keep_uploads: bool = False,
        redact: Iterable[str] = (),
        known: Iterable[str] = (),
        sdk: str | None = None,
        title: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        redact, known = tuple(redact), tuple(known)
        keeps = asks(source, mode)
        cassette = _opened(source, mode)
        self._recording: Recording | None = None
        if keeps:
            if upstream is None:
                msg = f"mode {mode!r} asks a platform here: give an upstream, or a base URL and a key."
                raise UsageError(msg)
            self._recording = Recording(
                cassette.name,
                upstream,
                base_url=base_url,
                keep_uploads=keep_uploads,
                redact=redact,
                known=known,
                overwrite=True,
                before=cassette if mode == "new_episodes" and cassette.exchanges else None,
                old=cassette if mode == "all" and cassette.exchanges else None,
                title=title,
                sdk=sdk,
                clock=clock,
            )
        self.handler = Replay(
            cassette,
            mode=mode if keeps else "none",
            upstream=None if self._recording is None else self._recording.handler,
            speed=speed,
            polls=polls,
            repeats=repeats,
            redactor=_redactor(redact, known) if self._recording is None else self._recording.redactor,
            clock=clock,
        )

    @property
    def count(self) -> int:
        """How many exchanges were kept."""
        return 0 if self._recording is None else self._recording.count

    def close(self) -> None:
        """Write the file, if a platform was asked; raises what `Recording.close` does."""
        if self._recording is not None:
            self._recording.close()

    def discard(self) -> None:
        """Forget what was asked, as `Recording.discard` does."""
        if self._recording is not None:
            self._recording.discard()


def _redactor(redact: Iterable[str], known: Iterable[str]) -> Redactor:
    redactor = Redactor(patterns=redact)
    for key in known:  # not as `known` to it: keys like `x`, which local servers are asked with, are none
        redactor.learn(key)
    return redactor


def asks(source: Path | str | Cassette, mode: str) -> bool:
    """Whether a platform is asked in this mode, as the file is now.

    Raises:
        UsageError: There is no such mode, or it keeps what it asks and there is no file for that.
    """
    if mode not in MODES:
        msg = f"a mode of replay is one of {', '.join(MODES)}, not {mode!r}."
        raise UsageError(msg)
    if not isinstance(source, Cassette):
        return mode in {"new_episodes", "all"} or (mode == "once" and not Path(source).exists())
    if mode in {"new_episodes", "all"}:
        msg = f"mode {mode!r} keeps what it asks, so it needs a file, and not a cassette in memory."
        raise UsageError(msg)
    return False


def _opened(source: Path | str | Cassette, mode: Mode) -> Cassette:
    """The cassette as it is now."""
    if isinstance(source, Cassette):
        return source
    path = Path(source)
    if mode != "none" and not path.exists():
        return Cassette(name=str(path))
    return load(path)
