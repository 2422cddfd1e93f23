"""Which hosts are this machine itself, and which ones a test may reach all the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from fnmatch import fnmatchcase
from socket import AF_INET, AF_INET6, gethostname, inet_aton, inet_ntop, inet_pton
from typing import TYPE_CHECKING, Final, NamedTuple

from drytune.errors import UsageError

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

__all__ = ["Allowed", "Host", "checked_hosts", "host_of", "is_near"]

_NEAR: Final = frozenset({"127.0.0.1", "::1", "localhost"})

_WITH_PORT: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:]*):(\d+)")
_NO_HOST: Final = re.compile(r"://|[\s,;@\"'(){}]")
"""What stands in no host, but in a URL, in a list that was not taken apart, or in some object's text."""

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
        """Whether that is this machine's loopback, or every address that it has.

        Names below ``localhost`` are not: many resolvers ask a DNS server for them, whatever RFC 6761 says, and
        to find out which kind this one is would be the question itself. Allowed, they are looked up as others.
        """
        if self.packed is None:
            return self.name in ("", "localhost")
        if len(self.packed) == 4:
            return self.packed[0] == 127 or not any(self.packed)
        return self.packed in (b"\0" * 15 + b"\1", b"\0" * 16)

    @property
    def is_own_name(self) -> bool:
        """Whether that is what this machine calls itself; the standard library asks where that is."""
        return self.name == gethostname().lower()


def host_of(given: object) -> Host:
    """A host as one of Python's sockets takes it: text, bytes, or None for this machine.

    What a text or bytes consist of counts, as it does for the socket, and not what a class of one's own says.
    """
    if given is None:
        return Host("")
    text = _text(given)
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


def _text(given: object) -> str:
    if isinstance(given, str):
        return str.__str__(given)
    if isinstance(given, bytes):
        return bytes.decode(given, "latin-1")
    return bytearray.decode(given, "latin-1") if isinstance(given, bytearray) else str(given)


def is_near(address: object) -> bool:
    """Whether a socket is given loopback's usual address, or none: what most tests ask for, seen fast."""
    if address is None:
        return True
    return type(address) is tuple and len(address) > 1 and type(address[0]) is str and address[0] in _NEAR


class Allowed:
    """What may be reached.

    Args:
        entries: Names, patterns of names (``*.example.org``), addresses, networks (``10.0.0.0/8``), and this
            machine's ports (``127.0.0.1:3128``) that a proxy listens on.

    Raises:
        UsageError: An entry is none of these, a URL for example.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        names: set[str] = set()
        self._patterns: list[str] = []
        self._networks: list[IPv4Network | IPv6Network] = []
        self._ports: set[int] = set()
        for entry in (one.strip() for one in entries):
            if _NO_HOST.search(entry):
                raise _refused(entry)
            if with_port := _WITH_PORT.fullmatch(entry):
                if not host_of(with_port[1].strip("[]")).is_here:
                    raise _refused(entry)
                self._ports.add(int(with_port[2]))
            elif "/" in entry:
                self._networks.append(_network(entry))
            elif any(sign in entry for sign in "*?["):
                self._patterns.append(entry.lower())
            elif entry:
                host = host_of(entry)
                if host.packed is None and ":" in entry:
                    raise _refused(entry)
                names.add(host.name)
        self._names = frozenset(names)
        self._here = any(host_of(one).is_here for one in names)
        self.has_names = bool(self._patterns) or any(host_of(one).packed is None for one in names)

    def __contains__(self, host: Host) -> bool:
        if host.name in self._names or any(fnmatchcase(host.name, one) for one in self._patterns):
            return True
        if host.packed is None or not self._networks:
            return False
        from ipaddress import ip_address

        address = ip_address(host.packed)
        return any(address in network for network in self._networks)

    def has_proxy(self, host: Host, port: int) -> bool:
        """Whether a proxy there may be reached; one on loopback is named as any of loopback's names."""
        if host.is_here and (self._here or port in self._ports):
            return True
        return host in self


def checked_hosts(values: Iterable[object]) -> frozenset[str]:
    """What may be reached, as settings give it: each is a host, or a list, tuple or set of hosts.

    Args:
        values: Of the option, the ini file, or the marks; what is empty is left out.

    Raises:
        UsageError: One of them is no host.
    """
    hosts: set[str] = set()
    for value in [values] if isinstance(values, str) else values:
        if isinstance(value, list | tuple | set | frozenset):
            hosts |= checked_hosts(value)
        elif isinstance(value, str):
            hosts.add(str.__str__(value).strip())
        else:
            raise _refused(repr(value))
    hosts.discard("")
    Allowed(hosts)
    return frozenset(hosts)


def _refused(entry: str) -> UsageError:
    return UsageError(
        "drytune_allow_hosts takes hosts without scheme, port (but this machine's, as 127.0.0.1:3128) and path, "
        f"each for itself, not {entry}"
    )


def _network(entry: str) -> IPv4Network | IPv6Network:
    from ipaddress import ip_network

    try:
        return ip_network(entry, strict=False)
    except ValueError:
        raise UsageError(
            f"drytune_allow_hosts: {entry} is no network; one is written as 10.0.0.0/8, and a host without a path"
        ) from None
