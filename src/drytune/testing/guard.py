"""No way out: while a test is watched, a connection to another machine fails before anything is sent.

    with watching("tests/test_app.py::test_upload", allowed=["postgres"]) as watch:
        ...                                   # raises Escape, which names the test and the URL
    assert not watch.escapes                  # also of what was swallowed, and of other threads

An audit hook sees Python's sockets, whichever client uses them, in all threads; what raises no audit event in
time is replaced for as long as somebody watches (`drytune.testing.guard_methods`). A name's look-up fails already:
no DNS server is asked. This machine's loopback is free, but for the proxies that the environment names there, and
so are Unix sockets.

What it cannot see: libraries that connect by themselves, in C (libpq, libcurl, gRPC), what is sent through a
connection that was there before, datagrams of uvloop to an address of their own each, event loops derived from
``uvloop.loop.Loop``, proxies on loopback that only the program knows of, and other processes but forked ones. Who
keeps `socket.socket.connect` from before, or uses `_socket`, has a name looked up; the connection is refused.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from socket import AF_INET, AF_INET6, socket
from typing import Any, Final
from weakref import ref

from drytune.testing.guard_hosts import Allowed, Host, checked_hosts, host_of, is_near
from drytune.testing.guard_methods import Replaced
from drytune.testing.guard_proxies import proxies, proxy_at
from drytune.testing.guard_telling import Attempt, escape, escaped, named, url_from
from drytune.testing.unanswered import Escape

__all__ = [
    "Escape",
    "Watch",
    "checked_hosts",
    "current",
    "escaped",
    "install",
    "named",
    "url_from",
    "watching",
]

_STAYING: Final = frozenset(
    {"AF_ALG", "AF_KEY", "AF_NETLINK", "AF_ROUTE", "AF_SECURITY", "AF_SYSTEM", "AF_UNIX", "AF_UNSPEC"}
)
"""Families of sockets that lead to other processes or the kernel; all others to other machines, or the host's."""

_FOUND: Final[dict[str, set[str]]] = {}
"""Where names were found that some watch permitted: what one test has looked up the next one connects to."""


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
        self._beginner = threading.get_ident()
        self._threads = [ref(thread) for thread in threading.enumerate()]
        self._proxies = proxies()
        self.allowed = frozenset(allowed if not isinstance(allowed, str) else [allowed])

    @property
    def allowed(self) -> frozenset[str]:
        """Hosts that may be reached, as they were given; others may be added by giving it anew."""
        return self._allowed

    @allowed.setter
    def allowed(self, hosts: frozenset[str]) -> None:
        hosts = checked_hosts(hosts)
        self._hosts = Allowed(hosts - {"*"})
        self._all = "*" in hosts
        self._allowed = hosts
        if self in _WATCHES:
            _REPLACED.begin(names=self.names_allowed)

    @property
    def names_allowed(self) -> bool:
        """Whether a name may be permitted: the addresses that it is found at are, too."""
        return self._hosts.has_names

    def opens(self, address: Any, opened: socket, *, looked_up: bool = False) -> None:
        """Judge a socket's connection to that address; one that is refused is closed.

        Who has made it closes it after an OSError only, and pytest would warn of it in some later test.

        Args:
            address: As sockets take it.
            opened: The socket.
            looked_up: Whether a name in it has been looked up by now.
        """
        __tracebackhide__ = True
        try:
            self.connects(address, opened.family, looked_up=looked_up)
        except Escape:
            opened.close()
            raise

    def sends(self, address: Any, opened: socket, *, looked_up: bool = False) -> None:
        """Judge a datagram of that socket."""
        __tracebackhide__ = True
        if not is_near(address):
            self.connects(address, opened.family, looked_up=looked_up)

    def connects(self, address: Any, family: int | None = None, *, looked_up: bool = False) -> None:
        """Judge a connection, or a datagram, to an address as sockets take it.

        Args:
            address: Of an internet socket: host and port. None is the one that the socket is connected to.
            family: The socket's; None if it is one of the internet's.
            looked_up: Whether a name in it has been looked up by now.
        """
        __tracebackhide__ = True
        if family is None or family in (AF_INET, AF_INET6):
            if isinstance(address, tuple) and len(address) > 1:
                self.connects_to(*tuple.__getitem__(address, slice(2)), looked_up=looked_up)
        elif address is not None and not self._all:
            kind = getattr(family, "name", "") or f"address family {family}"
            if kind not in _STAYING:
                self._refuse(Host(f"{kind} {address}"), None, entry="*")

    def connects_to(self, target: Any, port: Any = None, *, looked_up: bool = False) -> None:
        """Judge a connection to that host."""
        __tracebackhide__ = True
        if self._all:
            return
        host = host_of(target)
        if host.is_here:
            proxy = self._proxy(host, port)
            if proxy is not None and not self._hosts.has_proxy(host, port):
                self._refuse(host, port, entry=f"{host.name or 'localhost'}:{port}")
        elif not (host in self._hosts or self._is_found(host)):
            self._refuse(host, port, looked_up=looked_up and host.packed is None)

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
        return partial(_seen, _FOUND.setdefault(host.name, set()))

    def reverses(self, target: Any, _port: Any = None) -> None:
        """Judge the question for the name of that address."""
        __tracebackhide__ = True
        host = host_of(target[0] if isinstance(target, tuple) else target)
        if not (self._all or host.is_here or host.is_own_name or host in self._hosts or self._is_found(host)):
            self._refuse(host, None)

    def _is_found(self, host: Host) -> bool:
        """Whether a permitted name is at that address: as was seen, or else as this machine has it now."""
        if host.packed is None or not _FOUND:
            return False
        names = [name for name in sorted(_FOUND) if Host(name) in self._hosts]
        if any(host.name in _FOUND[name] for name in names):
            return True
        from _socket import gaierror, getaddrinfo

        for name in names:
            try:
                _seen(_FOUND[name], getaddrinfo(name, None))
            except gaierror:
                continue
        return any(host.name in _FOUND[name] for name in names)

    def _proxy(self, host: Host, port: Any) -> str | None:
        """The variable that names a proxy there, now or when a watch began.

        Clients may be older than the test, and the opener of `urllib.request` lives as long as the process.
        """
        if isinstance(port, str | bytes) and port.isdigit():
            port = int(port)
        if not isinstance(port, int):
            return None
        for places in (proxies(), self._proxies, *(watch._proxies for watch in _WATCHES[:1])):  # noqa: SLF001 - its own
            variable = proxy_at(host, port, places)
            if variable is not None:
                return variable
        return None

    def _older_thread(self) -> str | None:
        """The name of this thread, if it was there before the watch, and is not the one that began it."""
        ident = threading.get_ident()
        if ident == self._beginner:
            return None
        # not its number: the next thread has it again
        before = (thread() for thread in self._threads)
        return next(
            (one.name for one in before if one is not None and one.is_alive() and one.ident == ident), None
        )

    def _refuse(self, host: Host, port: Any, *, entry: str = "", looked_up: bool = False) -> None:
        __tracebackhide__ = True
        target = host.name
        if port:
            port = port.decode() if isinstance(port, bytes) else port
            target = f"[{target}]:{port}" if ":" in target else f"{target}:{port}"
        attempt = Attempt(
            self.where,
            host.name,
            target,
            entry or host.name,
            fixture_used=self.fixture_used,
            looked_up=looked_up,
            proxy=self._proxy(host, port),
            thread=self._older_thread(),
        )
        error = escape(attempt, sys._getframe(1))  # noqa: SLF001 - all that tells the URL
        self.escapes.append(error)
        raise error


def _seen(addresses: set[str], answer: Any) -> Any:
    """Note where a name was found, and give the answer back."""
    addresses.update(host_of(address[0]).name for *_, address in answer or ())
    return answer


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
    watch.opens(arguments[1], arguments[0], looked_up=True)


def _sent(watch: Watch, arguments: tuple[Any, ...]) -> None:
    __tracebackhide__ = True
    watch.sends(arguments[1], arguments[0], looked_up=True)


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
