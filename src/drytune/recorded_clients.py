"""SDK clients that are bound to a recording: one that is being made, or one that is replayed.

Code that only sees the client need not change. Clients that record write their file when they are closed: at the
end of a ``with``, or by ``close()``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drytune.clients import NOWHERE, REPLAYED_KEY, SIMULATED_KEY, alone
from drytune.errors import UsageError
from drytune.transports import async_transport, family_of_openai, sync_transport
from drytune_simulator import Handler
from drytune_simulator.clock import Clock, wait

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from drytune.cassettes.model import Cassette
    from drytune.handlers.modes import Mode
    from drytune.handlers.sessions import Recording, Replaying
    from drytune.keeping.opening import KeptModel

__all__ = ["async_recording", "async_replayed", "recording", "replayed"]


def recording(
    file: Path | str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    upstream: Handler | None = None,
    keep_uploads: bool = False,
    redact: Iterable[str] = (),
    overwrite: bool = False,
    title: str | None = None,
    max_retries: int = 2,
    clock: Clock | None = None,
) -> OpenAI:
    """An `openai.OpenAI` client whose every exchange with the real API is kept in a file.

    What is asked costs what it costs. Keys, cookies and ids of organizations are taken out before anything
    touches the disk. The file is written when the client is closed; if the process is killed before that,
    ``drytune cassette recover FILE`` makes it of what was there. A client that an exception closes, at the end of
    a ``with``, cannot see it: what was asked by then is written, with `overwrite` in the place of a good file.

    Args:
        file: The cassette.
        base_url: Where to ask; by default ``OPENAI_BASE_URL``, or the SDK's own.
        api_key: By default ``OPENAI_API_KEY``.
        upstream: Asked instead: a `Simulator`, say. It is not closed with the client.
        keep_uploads: Keep the contents of uploaded files, rather than their hashes only.
        redact: Regular expressions of what else is secret.
        overwrite: Whether a file that is there may be replaced.
        title: One line for the file: which scenario this is.
        max_retries: As for `openai.OpenAI`; each try is kept.
        clock: Measures how long answers take; the wall clock by default.

    Raises:
        UsageError: The file is there, there is no key, or another setting cannot be.
        NotKept: There can be no file. (Closing the client raises it, too, and `SecretLeft`.)
    """
    settings: dict[str, Any] = {"keep_uploads": keep_uploads, "redact": redact, "clock": clock}
    platform = _Platform(base_url, api_key, upstream)
    return platform.client(
        platform.recording(file, overwrite=overwrite, title=title, **settings), max_retries
    )


def async_recording(
    file: Path | str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    upstream: Handler | None = None,
    keep_uploads: bool = False,
    redact: Iterable[str] = (),
    overwrite: bool = False,
    title: str | None = None,
    max_retries: int = 2,
    clock: Clock | None = None,
) -> AsyncOpenAI:
    """The same as `recording`, as an `openai.AsyncOpenAI` client."""
    settings: dict[str, Any] = {"keep_uploads": keep_uploads, "redact": redact, "clock": clock}
    platform = _Platform(base_url, api_key, upstream)
    return platform.async_client(
        platform.recording(file, overwrite=overwrite, title=title, **settings), max_retries
    )


def replayed(
    source: Path | str | Cassette,
    *,
    mode: Mode = "none",
    upstream: Handler | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    speed: float = 0.0,
    polls: int | None = None,
    repeats: bool = False,
    keep_uploads: bool = False,
    redact: Iterable[str] = (),
    max_retries: int = 2,
    clock: Clock | None = None,
) -> OpenAI:
    """An `openai.OpenAI` client that is answered from a recording, without a network and without a key.

    Args:
        source: A cassette of drytune or vcrpy, a HAR file, the archive of a kept model, or a `Cassette` in memory.
        mode: ``none`` asks nobody: what was not recorded is an error that names the nearest recording.
            ``new_episodes`` asks the real API for what is missing, ``once`` does so only if there is no file yet,
            and ``all`` asks it for everything; what they ask is kept in the file when the client is closed.
        upstream: Of these modes, what to ask, as for `recording`.
        base_url: Of these modes, where to ask, as for `recording`.
        api_key: By default `REPLAYED_KEY`, or, where somebody is asked, as for `recording`.
        speed: How many times as fast as recorded answers and streams come; 0 is at once.
        polls: With which look the end of a job is to be seen, 1 for the first; by default that at which it was
            recorded.
        repeats: Whether what creates something may be asked more often than it was recorded.
        keep_uploads: As for `recording`.
        redact: As for `recording`.
        max_retries: As for `openai.OpenAI`.
        clock: Tells how much time has passed where `speed` is not 0, and measures what is recorded.

    Raises:
        UsageError: There is no such file, it is no cassette, or a setting cannot be.
    """
    settings: dict[str, Any] = {"keep_uploads": keep_uploads, "redact": redact, "clock": clock}
    settings |= {"speed": speed, "polls": polls, "repeats": repeats}
    platform = _Platform(base_url, api_key, upstream)
    return platform.client(platform.replaying(source, mode, **settings), max_retries)


def async_replayed(
    source: Path | str | Cassette,
    *,
    mode: Mode = "none",
    upstream: Handler | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    speed: float = 0.0,
    polls: int | None = None,
    repeats: bool = False,
    keep_uploads: bool = False,
    redact: Iterable[str] = (),
    max_retries: int = 2,
    clock: Clock | None = None,
) -> AsyncOpenAI:
    """The same as `replayed`, as an `openai.AsyncOpenAI` client."""
    settings: dict[str, Any] = {"keep_uploads": keep_uploads, "redact": redact, "clock": clock}
    settings |= {"speed": speed, "polls": polls, "repeats": repeats}
    platform = _Platform(base_url, api_key, upstream)
    return platform.async_client(platform.replaying(source, mode, **settings), max_retries)


class _Platform:
    """Whom a client asks in the end: a real API, the handler that stands for one, or nobody."""

    def __init__(self, base_url: str | None, api_key: str | None, upstream: Handler | None) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._upstream = upstream
        self._is_real = True
        self._own = ExitStack()

    def recording(self, file: Path | str, **settings: Any) -> Recording:
        """What is asked, and kept in `file`."""
        from drytune.handlers.sessions import Recording

        with ExitStack() as unless_open:
            unless_open.enter_context(self._own)
            session = Recording(file, **self._asked(), **settings)
            unless_open.pop_all()
        return session

    def replaying(self, source: Path | str | Cassette, mode: Mode, **settings: Any) -> Replaying | KeptModel:
        """What answers from `source`, and what is asked where it does not."""
        from drytune.handlers.sessions import asks
        from drytune.keeping.opening import opened

        with ExitStack() as unless_open:
            unless_open.enter_context(self._own)
            session = opened(
                source, mode=mode, **(self._asked() if asks(source, mode) else self._alone()), **settings
            )
            unless_open.pop_all()
        return session

    def client(self, session: Recording | Replaying | KeptModel, max_retries: int) -> OpenAI:
        """A client that asks `session`, and closes it with itself."""
        import openai

        transport = sync_transport(session.handler, sleep=wait, on_close=self._closing(session))
        http = family_of_openai().Client(transport=transport, trust_env=False)
        client = openai.OpenAI(**self._settings(), max_retries=max_retries, http_client=http)
        return client if self._is_real else alone(client)

    def async_client(self, session: Recording | Replaying | KeptModel, max_retries: int) -> AsyncOpenAI:
        """As `client`."""
        import anyio
        import openai

        transport = async_transport(session.handler, sleep=anyio.sleep, on_close=self._closing(session))
        http = family_of_openai().AsyncClient(transport=transport, trust_env=False)
        client = openai.AsyncOpenAI(**self._settings(), max_retries=max_retries, http_client=http)
        return client if self._is_real else alone(client)

    def _asked(self) -> dict[str, Any]:
        """For a session that asks a platform."""
        import openai

        from drytune.handlers.addresses import DEFAULT_BASE_URL
        from drytune.handlers.upstream import Upstream

        self._is_real = self._upstream is None or bool(getattr(self._upstream, "waits", False))
        if not self._is_real:
            self._api_key = self._api_key or SIMULATED_KEY
        self._api_key = self._api_key or os.environ.get("OPENAI_API_KEY")
        if not self._api_key:
            msg = "there is no API key to ask with: give api_key, or set OPENAI_API_KEY."
            raise UsageError(msg)
        upstream = self._upstream
        if upstream is None:
            self._base_url = self._base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL
            upstream = Upstream(self._base_url, family=family_of_openai())
            self._own.callback(upstream.close)
        self._base_url = self._base_url or getattr(upstream, "base_url", DEFAULT_BASE_URL)
        return {
            "upstream": upstream,
            "base_url": self._base_url,
            "known": (self._api_key,),
            "sdk": f"openai-python {openai.__version__}",
        }

    def _alone(self) -> dict[str, Any]:
        """For a session that asks nobody."""
        self._is_real = False
        self._api_key = self._api_key or REPLAYED_KEY
        self._base_url = self._base_url or NOWHERE
        return {}

    def _settings(self) -> dict[str, Any]:
        return {"api_key": self._api_key, "base_url": self._base_url}

    def _closing(self, session: Recording | Replaying | KeptModel) -> Callable[[], None]:
        def close() -> None:
            with self._own:
                session.close()

        return close
