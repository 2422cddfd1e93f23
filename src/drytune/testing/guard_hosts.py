"""Which hosts are this machine itself, and which ones a test may reach all the same."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from fnmatch import fnmatchcase
from socket import AF_INET, AF_INET6, gethostname, inet_aton, inet_ntop, inet_pton
from typing import TYPE_CHECKING, Final, NamedTuple

from drytune.errors import UsageError

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

__all__ = ["Allowed", "Host", "host_of", "is_near"]

_NEAR: Final = frozenset({"127.0.0.1", "::1", "localhost"})

_MAPPED: Final = b"\0" * 10 + b"\xff\xff"
"""How an IPv4 address begins that is written as an IPv6 address."""


class Host(NamedTuple):
    """A host, as it was asked for.

    Attributes:
        name: In lower case; an address as it is usually written.
        packed: The address' bytes; None of a name, which somebody would have to be asked about.
    """

    name: str
    packed: bytes | None = None

    @property
    def is_here(self) -> bool:
        """Whether that is this machine's loopback, or every address that it has."""
        if self.packed is None:
            return self.name in ("", "localhost") or self.name.endswith(".localhost")
        if len(self.packed) == 4:
            return self.packed[0] == 127 or not any(self.packed)
        return self.packed in (b"\0" * 15 + b"\1", b"\0" * 16)

    @property
    def is_own_name(self) -> bool:
        """Whether that is what this machine calls itself; the standard library asks where that is."""
        return self.name == gethostname().lower()


def host_of(given: object) -> Host:
    """A host as one of Python's sockets takes it: text, bytes, or None for this machine."""
    if given is None:
        return Host("")
    text = bytes(given).decode("latin-1") if isinstance(given, bytes | bytearray) else str(given)
    if not text.isascii():
        with suppress(UnicodeError):  # then it is no name that could be looked up
            text = text.encode("idna").decode()
    text = text.lower().rstrip(".")
    try:
        # what getaddrinfo takes for one as well: 127.1 is an address
        return Host(inet_ntop(AF_INET, inet_aton(text)), inet_aton(text))
    except OSError:
        pass
    try:
        packed = inet_pton(AF_INET6, text.partition("%")[0])
    except OSError:
        return Host(text)
    if packed.startswith(_MAPPED):
        return Host(inet_ntop(AF_INET, packed[12:]), packed[12:])
    return Host(inet_ntop(AF_INET6, packed), packed)


def is_near(address: object) -> bool:
    """Whether a socket is given loopback's usual address, or none: what most tests ask for, seen fast."""
    return address is None or (type(address) is tuple and len(address) > 1 and address[0] in _NEAR)


class Allowed:
    """What may be reached.

    Args:
        entries: Names, patterns of names (``*.example.org``), addresses, networks (``10.0.0.0/8``); ``*`` is all.

    Raises:
        UsageError: An entry is none of these, a URL for example.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        names: set[str] = set()
        self._patterns: list[str] = []
        self._networks: list[IPv4Network | IPv6Network] = []
        for entry in (one.strip() for one in entries):
            if "://" in entry or (entry.count(":") == 1 and entry.partition(":")[2].isdigit()):
                raise UsageError(
                    f"drytune_allow_hosts takes hosts without scheme, port and path, not {entry}"
                )
            if "/" in entry:
                self._networks.append(_network(entry))
            elif any(sign in entry for sign in "*?["):
                self._patterns.append(entry.lower())
            elif entry:
                names.add(host_of(entry).name)
        self._names = frozenset(names)
        self.has_names = bool(self._patterns) or any(host_of(one).packed is None for one in names)

    def __contains__(self, host: Host) -> bool:
        if host.name in self._names or any(fnmatchcase(host.name, one) for one in self._patterns):
            return True
        if host.packed is None or not self._networks:
            return False
        from ipaddress import ip_address

        address = ip_address(host.packed)
        return any(address in network for network in self._networks)


def _network(entry: str) -> IPv4Network | IPv6Network:
    from ipaddress import ip_network

    try:
        return ip_network(entry, strict=False)
    except ValueError:
        raise UsageError(
            f"drytune_allow_hosts: {entry} is no network; one is written as 10.0.0.0/8, and a host without a path"
        ) from None
