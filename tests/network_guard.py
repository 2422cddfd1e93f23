"""Fails any connection that is not to loopback: an audit hook sees httpx, urllib and raw sockets alike."""

import ipaddress
import sys


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("", "localhost", "None"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a unix socket's address is a path
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host is not None and not _is_local(host):
        raise RuntimeError(f"a test tried to reach {host}: only loopback is allowed here")


def install() -> None:
    """Guard this process from here on."""
    sys.addaudithook(_guard)
