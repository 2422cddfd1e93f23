"""Backends that answer in this process: a simulator, or a recording. Nothing is sent, and nobody waits."""

from __future__ import annotations

import threading
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from drytune.backends.backend import Backend
from drytune.backends.endpoint import Endpoint
from drytune.errors import UsageError
from drytune_simulator.clock import AdvancingClock, Clock, SystemClock

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from drytune.handlers.sessions import Replaying
    from drytune.keeping.opening import KeptModel
    from drytune_simulator import Handler, Simulator

__all__ = ["Replayed", "Simulated"]


_Client = TypeVar("_Client", "OpenAI", "AsyncOpenAI")


class _InProcess(Backend):
    """What is the same in both.

    Args:
        endpoint, words: As of `Backend`.
        clock: Tells the time there.
    """

    def __init__(self, endpoint: Endpoint, words: str, clock: Clock) -> None:
        self.endpoint = endpoint
        self.words = words
        self.sleep = _nobody_waits
        self._clock = clock
        self._opening = threading.Lock()

    def client(self, max_retries: int = 2) -> OpenAI:
        """A client with a key that opens nothing."""
        from drytune.clients import simulated

        return _alone(simulated(self._asked(), api_key=self._key(), max_retries=max_retries))

    def async_client(self, max_retries: int = 2) -> AsyncOpenAI:
        """As `client`."""
        from drytune.clients import async_simulated

        return _alone(async_simulated(self._asked(), api_key=self._key(), max_retries=max_retries))

    @property
    def clock(self) -> Clock:
        """That of a simulator moves on at each look at a job; a recording's is the wall clock."""
        return self._clock

    @abstractmethod
    def _asked(self) -> Handler:
        """What answers, opened when it is first asked."""

    @abstractmethod
    def _key(self) -> str: ...


class Simulated(_InProcess):
    """A simulator in this process: nothing is sent anywhere, trained or billed.

    Args:
        handler: Answers; by default a `Simulator` as ``drytune serve`` has it, made when it is first asked.
        data: Directory of its state, as of ``drytune serve --data``; None for memory.
        seed: Of ids, losses and answers.
        clock: Of `handler`; by default its attribute `clock`, and if it has none, the wall clock.
        note: Said behind the words.
    """

    def __init__(
        self,
        handler: Handler | None = None,
        *,
        data: Path | None = None,
        seed: int = 0,
        clock: Clock | None = None,
        note: str = "",
    ) -> None:
        if clock is None:
            clock = AdvancingClock(SystemClock()) if handler is None else _clock_of(handler)
        words = f"simulated: nothing is sent, trained or billed{note}"
        super().__init__(Endpoint(backend="simulated"), words, clock)
        self._handler = handler
        self._data = data
        self._seed = seed
        self._own: Simulator | None = None

    def close(self) -> None:
        """Let go of the simulator's state, if the simulator was made here."""
        with self._opening:
            own, self._own = self._own, None
        if own is not None:
            own.close()

    def _asked(self) -> Handler:
        if self._handler is not None:
            return self._handler
        with self._opening:
            if self._own is None:
                self._own = _simulator(self._data, self._seed, self._clock)
            return self._own

    def _key(self) -> str:
        from drytune.clients import SIMULATED_KEY

        return SIMULATED_KEY


class Replayed(_InProcess):
    """A recording that answers: nothing is sent anywhere.

    Args:
        file: A cassette, a HAR file, or the archive of a kept model; read when it is first asked.

    Raises:
        UsageError: There is no such file.
    """

    def __init__(self, file: Path) -> None:
        if not file.is_file():
            raise UsageError(f"{file}: there is no such recording; replayed:FILE names one that is there")
        words = f"replayed: {file} answers; nothing is sent, trained or billed"
        super().__init__(Endpoint(backend="replayed", recording=str(file)), words, SystemClock())
        self._file = file
        self._session: Replaying | KeptModel | None = None

    def close(self) -> None:
        """Let go of the recording; it begins anew for the next client."""
        with self._opening:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    def _asked(self) -> Handler:
        from drytune.keeping.opening import opened

        with self._opening:
            if self._session is None:
                self._session = opened(self._file)
            return self._session.handler

    def _key(self) -> str:
        from drytune.clients import REPLAYED_KEY

        return REPLAYED_KEY


def _simulator(data: Path | None, seed: int, clock: Clock) -> Simulator:
    """The simulator that ``drytune serve`` would have."""
    from drytune_simulator import Simulator, Store, StoreError

    if data is None:
        return Simulator(clock=clock, seed=seed)
    try:
        for directory in (data.parent, data):  # for their owner only: training files are in there
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Simulator(clock=clock, seed=seed, store=Store(data))
    except (OSError, StoreError) as error:
        raise UsageError(f"the simulated platform cannot be kept in {data}: {error}") from error


def _clock_of(handler: Handler) -> Clock:
    clock: Clock | None = getattr(handler, "clock", None)
    return SystemClock() if clock is None else clock


def _nobody_waits(seconds: float) -> None:
    """Time that only a live API takes."""


def _alone(client: _Client) -> _Client:
    """`client`, with copies that take nothing from the environment either.

    The SDK looks into the environment where it is given None, also when it copies a client; a copy of one that has
    an empty name keeps that, and an empty header is as none to a simulator.
    """
    client.organization = ""
    client.project = ""
    return client
