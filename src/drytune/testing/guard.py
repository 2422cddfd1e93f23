"""No way out: while a test is watched, a connection to another machine fails before anything is sent.

    with watching("tests/test_app.py::test_upload", allowed=["postgres"]) as watch:
        ...                                   # raises Escape, which names the test and the URL
    assert not watch.escapes                  # also of what was swallowed, and of other threads

An audit hook sees Python's sockets, whichever client uses them, in all threads; what raises no audit event in
time is replaced for as long as somebody watches (`drytune.testing.guard_methods`). A name's look-up fails already:
no DNS server is asked. This machine's loopback is free, and so are Unix sockets.

What it cannot see: libraries that connect by themselves, in C (libpq, libcurl, gRPC), what is sent through a
connection that was there before, datagrams of uvloop to an address of their own each, and other processes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, socket
from typing import Any, Final

from drytune.testing.guard_hosts import Allowed, Host, host_of, is_near
from drytune.testing.guard_methods import Replaced
from drytune.testing.guard_telling import escape, escaped, named, url_from
from drytune.testing.unanswered import Escape

__all__ = ["Escape", "Watch", "current", "escaped", "install", "named", "url_from", "watching"]

_LEAVING: Final = frozenset({"AF_BLUETOOTH", "AF_CAN", "AF_PACKET"})
"""Other families of sockets that lead to other machines."""


class Watch:
    """What is watched, and what has been tried.

    Args:
        where: The test's name; empty outside of any test.
        allowed: Hosts that may be reached: names, patterns (``*.example.org``), addresses, networks; ``*`` is all.

    Attributes:
        escapes: What would have left this machine, in order.
        fixture_used: Whether the test has a simulator: what is told depends on it.

    Raises:
        UsageError: Something allowed is no host.
    """

    def __init__(self, where: str, allowed: Iterable[str] = ()) -> None:
        self.where = where
        self.escapes: list[Escape] = []
        self.fixture_used = False
        self._names: set[str] = set()
        self._addresses: set[str] = set()
        self.allowed = frozenset([allowed] if isinstance(allowed, str) else allowed)

    @property
    def allowed(self) -> frozenset[str]:
        """Hosts that may be reached, as they were given; others may be added by giving it anew."""
        return self._allowed

    @allowed.setter
    def allowed(self, hosts: frozenset[str]) -> None:
        self._hosts = Allowed(hosts - {"*"})
        self._all = "*" in hosts
        self._allowed = hosts
        if self in _WATCHES:
            _REPLACED.begin(names=self.names_allowed)

    @property
    def names_allowed(self) -> bool:
        """Whether a name may be permitted: the addresses that it is found at are, too."""
        return self._hosts.has_names

    def opens(self, address: Any, opened: socket) -> None:
        """Judge a socket's connection to that address; one that is refused is closed.

        Who has made it closes it after an OSError only, and pytest would warn of it in some later test.
        """
        __tracebackhide__ = True
        try:
            self.sends(address, opened)
        except Escape:
            opened.close()
            raise

    def sends(self, address: Any, opened: socket) -> None:
        """Judge a datagram of that socket."""
        __tracebackhide__ = True
        if not is_near(address):
            self.connects(address, opened.family)

    def connects(self, address: Any, family: int | None = None) -> None:
        """Judge a connection, or a datagram, to an address as sockets take it.

        Args:
            address: Of an internet socket: host and port. None is the one that the socket is connected to.
            family: The socket's; None if it is one of the internet's.
        """
        __tracebackhide__ = True
        if family is None or family in (AF_INET, AF_INET6):
            if isinstance(address, tuple) and len(address) > 1:
                self.connects_to(*address[:2])
        elif address is not None and not self._all and getattr(family, "name", "") in _LEAVING:
            self._refuse(Host(str(address)), None)

    def connects_to(self, target: Any, port: Any = None) -> None:
        """Judge a connection to that host."""
        __tracebackhide__ = True
        host = host_of(target)
        if not (self._all or host.is_here or host in self._hosts or self._is_found(host)):
            self._refuse(host, port)

    def looks_up(self, target: Any, port: Any = None) -> Callable[[Any], Any] | None:
        """Judge a look-up of that name. An address is looked up nowhere.

        Returns:
            What is to see the answer and gives it back, if the name is permitted and not this machine's.
        """
        __tracebackhide__ = True
        host = host_of(target)
        if self._all or host.is_here or host.packed is not None or host.is_own_name:
            return None
        if host not in self._hosts:
            self._refuse(host, port)
        self._names.add(host.name)
        return self._found

    def reverses(self, target: Any, _port: Any = None) -> None:
        """Judge the question for the name of that address."""
        __tracebackhide__ = True
        host = host_of(target[0] if isinstance(target, tuple) else target)
        if not (self._all or host.is_here or host.is_own_name or host in self._hosts or self._is_found(host)):
            self._refuse(host, None)

    def _found(self, answer: Any) -> Any:
        self._addresses.update(host_of(address[0]).name for *_, address in answer or ())
        return answer

    def _is_found(self, host: Host) -> bool:
        """Whether a permitted name is at that address: as was seen, or else as this machine has it now."""
        if host.packed is None or not self._names:
            return False
        if host.name not in self._addresses:
            from _socket import gaierror, getaddrinfo

            for name in sorted(self._names):
                try:
                    self._found(getaddrinfo(name, None))
                except gaierror:
                    continue
        return host.name in self._addresses

    def _refuse(self, host: Host, port: Any) -> None:
        __tracebackhide__ = True
        target = host.name
        if port:
            port = port.decode() if isinstance(port, bytes) else port
            target = f"[{target}]:{port}" if ":" in target else f"{target}:{port}"
        frame = sys._getframe(1)  # noqa: SLF001 - all that tells the URL
        error = escape(self.where, host.name, target, frame, fixture_used=self.fixture_used)
        self.escapes.append(error)
        raise error


_WATCHES: Final[list[Watch]] = []
_REPLACED: Final = Replaced(_WATCHES)
_INSTALLED: Final[list[bool]] = []


@contextmanager
def watching(where: str, allowed: Iterable[str] = ()) -> Iterator[Watch]:
    """Let nothing leave this machine, in this whole process, until the end of the block.

    Within another watch it is the inner one that counts.

    Args:
        where: The test's name, for what is told.
        allowed: Hosts that may be reached all the same: names, patterns, addresses, networks; ``*`` is all.

    Raises:
        UsageError: Something allowed is no host.
    """
    watch = Watch(where, allowed)
    install()
    _WATCHES.append(watch)
    _REPLACED.begin(names=watch.names_allowed)
    try:
        yield watch
    finally:
        _WATCHES.remove(watch)
        if not _WATCHES:
            _REPLACED.end()


def current() -> Watch | None:
    """The watch that counts now."""
    return _WATCHES[-1] if _WATCHES else None


def install() -> None:
    """Add the audit hook to this process, once; without a watch it lets everything pass."""
    if not _INSTALLED:
        _INSTALLED.append(True)
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    # called for each event of the process: nothing may be cheaper than turning away
    if event in _JUDGED and _WATCHES:
        __tracebackhide__ = True
        for watch in _WATCHES[-1:]:
            _JUDGED[event](watch, arguments)


def _connected(watch: Watch, arguments: tuple[Any, ...]) -> None:
    __tracebackhide__ = True
    watch.opens(arguments[1], arguments[0])


def _sent(watch: Watch, arguments: tuple[Any, ...]) -> None:
    __tracebackhide__ = True
    watch.sends(arguments[1], arguments[0])


def _looked_up(watch: Watch, arguments: tuple[Any, ...]) -> None:
    __tracebackhide__ = True
    watch.looks_up(*arguments[:2])


def _reversed(watch: Watch, arguments: tuple[Any, ...]) -> None:
    __tracebackhide__ = True
    watch.reverses(arguments[0])


def _imported(_watch: Watch, _arguments: tuple[Any, ...]) -> None:
    __tracebackhide__ = True
    _REPLACED.go_on()


_JUDGED: Final[dict[str, Callable[[Watch, tuple[Any, ...]], None]]] = {
    "socket.connect": _connected,
    "socket.sendto": _sent,
    "socket.sendmsg": _sent,
    "socket.getaddrinfo": _looked_up,
    "socket.gethostbyname": _looked_up,
    "socket.gethostbyaddr": _reversed,
    "socket.getnameinfo": _reversed,
    "import": _imported,
    "sys.set_asyncgen_hook_firstiter": _imported,  # an event loop begins to run
}
