"""One abstraction of whom a client asks: a live API, a simulator in this process, or a recording."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from drytune.backends.access import Access
from drytune.backends.endpoint import Endpoint
from drytune.errors import DrytuneError
from drytune.profiles import Profile
from drytune_simulator.clock import Clock, SystemClock

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["Backend", "Live"]


class Backend(ABC):
    """Whom clients ask, and all that a workflow has to know about that.

    Its clients ask the same: what one uploads to a simulator, another sees. Close it when its clients are done.

    Attributes:
        endpoint: Which API, as a plan and a journal keep it.
        profile: What the project says about it; None if it is not a live one.
        sleep: Called with the seconds of a pause; None for real time.
        words: Which it is, in words for a terminal.
    """

    endpoint: Endpoint
    profile: Profile | None = None
    sleep: Callable[[float], object] | None = None
    words: str

    @abstractmethod
    def client(self, max_retries: int = 2) -> OpenAI:
        """A client of it, which whoever asked for it closes.

        Args:
            max_retries: As for `openai.OpenAI`.

        Raises:
            UsageError: There is no key, the recording cannot be read, or the state not be kept.
        """

    @abstractmethod
    def async_client(self, max_retries: int = 2) -> AsyncOpenAI:
        """As `client`."""

    @property
    @abstractmethod
    def clock(self) -> Clock:
        """Tells the time there."""

    @property
    def known(self) -> tuple[str, ...]:
        """The keys in use, which must not be told to anybody; empty if there are none."""
        return ()

    @property
    def is_live(self) -> bool:
        """Whether what is asked costs money."""
        return self.endpoint.backend == "live"

    def close(self) -> None:  # noqa: B027 - a live one holds nothing
        """Let go of what it holds."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} backend: {self.words}>"  # and no key


class Live(Backend):
    """A real API, or any that is like it.

    Args:
        access: Which, and the way to its key. That is looked for when the first client is made, so that a plan
            needs none.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._key: str | None = None
        self._clock = SystemClock()
        self.endpoint = access.endpoint
        self.profile = access.profile
        self.words = f"live: {access.words}"

    def client(self, max_retries: int = 2) -> OpenAI:
        """A client with the key."""
        from drytune.backends.live import client_of

        return client_of(self._access, self._found(), max_retries)

    def async_client(self, max_retries: int = 2) -> AsyncOpenAI:
        """As `client`."""
        from drytune.backends.live import async_client_of

        return async_client_of(self._access, self._found(), max_retries)

    @property
    def clock(self) -> Clock:
        """The wall clock."""
        return self._clock

    @property
    def known(self) -> tuple[str, ...]:
        """The key, if there is one, and what else the SDK may send that is secret."""
        try:
            key: str | None = self._found()
        except DrytuneError:  # without a key nothing is sent, and whoever wants a client is told
            key = None
        return self._access.secrets(key)

    def _found(self) -> str:
        if self._key is None:
            self._key = self._access.key()
        return self._key
