"""What a server is started with."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

import msgspec

from drytune_simulator.bodies import Bounds
from drytune_simulator.profile import Profile

__all__ = ["BadSetting", "Settings"]


class BadSetting(Exception):  # noqa: N818 - what it is
    """A setting that cannot be; the text says which, why, and what may be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that a server is started with; the same settings make the same server in any process.

    Attributes:
        data: Directory of the state; None for memory, or for a database of its own.
        database_url: SQLAlchemy's URL of a database, with its password.
        files_url: fsspec's URL of the place for the contents of files.
        speed: How jobs move: ``manual``, ``instant``, ``poll``, ``real``, or how many times real time.
        seed: Of ids and losses.
        profile: What the platform allows, who may call, whom it calls.
        as_of: The day whose catalog applies.
        faults: Each as one line of text.
        faults_file: A TOML file of faults and scenarios.
        scenarios: Each as one line of text.
        answers_file: A TOML file of scripted answers.
        browsers: Whether a web page may call the server.
        host: What it listens on, if only this machine reaches it: requests to the control API have to name it, or
            loopback, as their host. None lets them name any.
        bounds: How much of a request is taken, and how long is waited for it.
        threads: In which what takes long is answered.
        workers: How many processes there are, each with these settings.
        patience: Seconds that what is being answered has when the server stops.
        log_format: ``text`` or ``json``.
        verbose: Whether each request is logged.
    """

    data: Path | None = None
    database_url: str | None = None
    files_url: str | None = None
    speed: str = "poll"
    seed: int = 0
    profile: Profile = Profile()
    as_of: dt.date | None = None
    faults: tuple[str, ...] = ()
    faults_file: Path | None = None
    scenarios: tuple[str, ...] = ()
    answers_file: Path | None = None
    browsers: bool = False
    host: str | None = None
    bounds: Bounds = Bounds()
    threads: int = 16
    workers: int = 1
    patience: float = 5.0
    log_format: Literal["text", "json"] = "text"
    verbose: bool = False

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Settings(data={self.data}, speed={self.speed!r}, seed={self.seed}, as_of={self.as_of})"

    @property
    def kept(self) -> str:
        """Where the state is, in words, without a password."""
        if self.database_url is not None:
            return f"a {self.database_url.partition(':')[0].partition('+')[0]} database"
        return "memory" if self.data is None else str(self.data)
