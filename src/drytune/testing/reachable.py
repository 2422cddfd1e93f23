"""How clients reach a Handler of the kit: its own, those that the code under test builds, other processes."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from drytune.clients import async_simulated, simulated
from drytune.errors import UsageError
from drytune.testing.environment import variables
from drytune.testing.interception import Addresses, intercepting
from drytune.testing.listener import Listener
from drytune.testing.sleeping import skipping_sleeps
from drytune_simulator import Clock, Handler, Request, Response
from drytune_simulator.wrapping import Wrapper, close_body

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from drytune.testing.unanswered import NoWayOut

__all__ = ["Reachable"]


class Reachable(ABC):
    """A Handler with its clients.

    Args:
        key: What they send.
        base_url: An address at which it answers beside those of OpenAI and its own.
        clock: Is moved by the pauses that are skipped.
        skip_sleeps: Whether pauses are skipped while it serves.

    Attributes:
        key: The API key of its clients. It opens nothing.
        base_url: As given.
        door: As the Handler itself, but what nothing answers is raised at once: for clients in this process.
    """

    def __init__(self, *, key: str, base_url: str | None, clock: Clock, skip_sleeps: bool) -> None:
        self.key = key
        self.base_url = base_url
        self._clock = clock
        self._skip_sleeps = skip_sleeps
        self._process = os.getpid()
        self._aside: set[str] = set()
        self._listener: Listener | None = None
        self.door: Handler = _Door(self)

    @abstractmethod
    def __call__(self, request: Request) -> Response:
        """Answer `request`; what nothing answers is refused."""

    @abstractmethod
    def ask(self, request: Request) -> tuple[Response, NoWayOut | None]:
        """The answer to `request`, and what is wrong if it is none."""

    @property
    def url(self) -> str:
        """The base URL of a real server on a free port of this machine; it begins with the first connection.

        Raises:
            UsageError: This is a forked process, and its parent had not asked for the URL.
        """
        if self._listener is None and self.is_elsewhere:
            msg = (
                "a simulator is asked in a forked process; ask for its `url` before, or enter it as a context"
            )
            raise UsageError(msg)
        if self._listener is None:
            self._listener = Listener(self)
        return self._listener.url

    @property
    def environment(self) -> dict[str, str | None]:
        """The variables with which ``OpenAI()`` finds it, in any process; None for what must not be there."""
        return variables(self.url, self.key)

    @property
    def is_elsewhere(self) -> bool:
        """Whether this is a fork of the process that it lives in."""
        return os.getpid() != self._process

    def client(self, *, api_key: str | None = None, max_retries: int = 2) -> OpenAI:
        """An `openai.OpenAI` that is answered in this process.

        Args:
            api_key: Clients with different keys see different files, jobs and models.
            max_retries: As for `openai.OpenAI`.
        """
        return simulated(self.door, api_key=api_key or self.key, max_retries=max_retries)

    def async_client(self, *, api_key: str | None = None, max_retries: int = 2) -> AsyncOpenAI:
        """The same as an `openai.AsyncOpenAI`."""
        return async_simulated(self.door, api_key=api_key or self.key, max_retries=max_retries)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Inside of it, clients of this process that ask at the API's address are answered here."""
        own = [self.url] if self.base_url is None else [self.url, self.base_url]
        with intercepting(self.door, Addresses(own), self._aside):
            if not self._skip_sleeps:
                yield
                return
            with skipping_sleeps(self._clock):
                yield

    def step_aside(self, family: str) -> None:
        """Leave clients of ``httpx`` or ``httpx2`` to what mocks that library, and answers by this simulator."""
        self._aside.add(family)

    def unreach(self) -> None:
        """Let go of the port."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()


class _Door(Wrapper):
    """Raises at once what the Handler would only note."""

    def __init__(self, reached: Reachable) -> None:
        super().__init__(reached)
        self._reached = reached

    @cached_property
    def _elsewhere(self) -> Handler:
        """In a forked process: over the wire, since what is done to a copy nobody sees."""
        from drytune.handlers.upstream import Upstream

        return Upstream(self._reached.url)

    def __call__(self, request: Request) -> Response:
        if self._reached.is_elsewhere:
            return self._elsewhere(request)
        response, problem = self._reached.ask(request)
        if problem is not None:
            close_body(response.body)
            raise problem
        return response
