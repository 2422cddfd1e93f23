"""Public methods that connect or look up before any audit event, or without one: their targets are judged first.

`socket.socket.connect` looks a name up before its event is raised; uvloop, pycares (which aiohttp looks names up
with, where aiodns is) and asyncio's proactor on Windows raise none. While something is watched, these methods are
replaced by ones that judge their target and then do what they did; afterwards they are put back.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from drytune.testing.guard import Watch

__all__ = ["Replaced"]


class _Method(NamedTuple):
    """A method, and where its target is: the position is counted after self."""

    module: str
    owner: str
    name: str
    position: int
    keyword: str
    judged: str = "connects"


_AT_ONCE: Final = (
    _Method("socket", "socket", "connect", 0, "", "opens"),
    _Method("socket", "socket", "connect_ex", 0, "", "opens"),
    _Method("socket", "socket", "sendto", -1, "", "sends"),
    _Method("socket", "socket", "sendmsg", 3, "", "sends"),
)
_WHERE_IMPORTED: Final = (
    _Method("uvloop", "Loop", "create_connection", 1, "host", "connects_to"),
    _Method("uvloop", "Loop", "create_datagram_endpoint", 2, "remote_addr"),
    _Method("uvloop", "Loop", "sock_connect", 1, "address"),
    _Method("uvloop", "Loop", "getaddrinfo", 0, "host", "looks_up"),
    _Method("uvloop", "Loop", "getnameinfo", 0, "sockaddr", "reverses"),
    _Method("pycares", "Channel", "getaddrinfo", 0, "host", "looks_up"),
    _Method("pycares", "Channel", "gethostbyname", 0, "name", "looks_up"),
    _Method("pycares", "Channel", "query", 0, "name", "looks_up"),
    _Method("pycares", "Channel", "search", 0, "name", "looks_up"),
    _Method("pycares", "Channel", "gethostbyaddr", 0, "addr", "reverses"),
    _Method("pycares", "Channel", "getnameinfo", 0, "address", "reverses"),
    _Method("asyncio.windows_events", "IocpProactor", "connect", 1, "address"),
    _Method("asyncio.windows_events", "IocpProactor", "sendto", 3, "addr"),
)
_FOR_NAMES: Final = (_Method("socket", "", "getaddrinfo", 0, "host", "looks_up"),)
"""Where a permitted name is found: the connection that follows asks for an address."""

_MISSING: Final = object()


class Replaced:
    """The methods that are replaced at the moment.

    Args:
        watches: What is watched, the innermost last; read at each call.
    """

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = watches
        self._lock = RLock()
        self._done: list[tuple[Any, str, Any, Any]] = []
        self._pending: set[str] = set()
        self._names = False

    def begin(self, *, names: bool) -> None:
        """Replace what there is; more than once is the same as once.

        What somebody has put in place since, or put back, is judged from the next time on.

        Args:
            names: Whether names may be permitted, so that one has to see where they are.
        """
        with self._lock:
            if not self._done:
                self._pending = {method.module for method in _WHERE_IMPORTED}
            self._replace(_AT_ONCE)
            self._names = self._names or names
            if self._names:
                self._replace(_FOR_NAMES)
        self.go_on()

    def go_on(self) -> None:
        """Replace what has been imported in the meantime."""
        for name in tuple(self._pending):
            if name in sys.modules:
                with self._lock:
                    self._pending.discard(name)
                    if not self._replace([method for method in _WHERE_IMPORTED if method.module == name]):
                        self._pending.add(name)

    def end(self) -> None:
        """Put everything back that nobody else has replaced since."""
        with self._lock:
            done, self._done, self._pending, self._names = self._done, [], set(), False
            for owner, name, before, ours in reversed(done):
                if vars(owner).get(name) is not ours:
                    continue
                if before is _MISSING:
                    delattr(owner, name)
                else:
                    setattr(owner, name, before)

    def _replace(self, methods: Sequence[_Method]) -> bool:
        """Whether the module was there already: one that is being imported is not yet."""
        for method in methods:
            module = sys.modules[method.module]
            owner = getattr(module, method.owner, None) if method.owner else module
            if owner is None:
                return False
            original = getattr(owner, method.name, None)
            is_ours = any(original is one for *_, one in self._done)
            if original is not None and not is_ours:  # other versions have other methods
                ours = _judging(original, method, self._watches)
                self._done.append((owner, method.name, vars(owner).get(method.name, _MISSING), ours))
                setattr(owner, method.name, ours)
        return True


def _judging(original: Callable[..., Any], method: _Method, watches: Sequence[Watch]) -> Callable[..., Any]:
    first = 1 if method.owner else 0
    position = method.position + first if method.position >= 0 else method.position

    def given(arguments: tuple[Any, ...], named: dict[str, Any], further: int, keyword: str) -> Any:
        at = position + further
        return arguments[at] if -len(arguments) <= at < len(arguments) else named.get(keyword)

    @wraps(original)
    def judged(*arguments: Any, **named: Any) -> Any:
        __tracebackhide__ = True
        permitted = None
        for watch in watches[-1:]:
            target = given(arguments, named, 0, method.keyword)
            if method.owner == "socket":
                beside = arguments[0]
            else:
                beside = given(arguments, named, 1, "port") if method.keyword == "host" else None
            permitted = getattr(watch, method.judged)(target, beside)
        answer = original(*arguments, **named)
        if permitted is None:
            return answer
        return _awaited(answer, permitted) if hasattr(answer, "__await__") else permitted(answer)

    return judged


async def _awaited(answer: Awaitable[Any], permitted: Callable[[Any], Any]) -> Any:
    return permitted(await answer)
