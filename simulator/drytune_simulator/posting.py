"""Sends one HTTP request to a webhook's endpoint: no redirect is followed, no proxy asked, no long wait.

This is the only way by which the simulated platform reaches out, and it ends at this machine unless an endpoint is
allowed to be elsewhere. What counts is the address that is connected to, not the name it goes by.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from drytune_simulator.profile import WebhookEndpoint

__all__ = ["ElsewhereError", "Post", "post"]

Post = Callable[[WebhookEndpoint, bytes, Mapping[str, str]], int]
"""Sends a body with headers to an endpoint and gives the HTTP status; what it raises means "not delivered"."""

_SECONDS = 5.0


class ElsewhereError(OSError):
    """The endpoint is not on this machine, and it is not allowed to be elsewhere."""


def post(
    endpoint: WebhookEndpoint, body: bytes, headers: Mapping[str, str], *, seconds: float = _SECONDS
) -> int:
    """Send `body`, and give the status of the answer; the answer's own body is not read.

    Args:
        endpoint: Where to.
        body: What to send.
        headers: Besides ``host`` and ``content-length``.
        seconds: The longest that all of it may take, but for the look-up of the name. The platform waits "a few
            seconds" (guide "Webhooks", O).

    Raises:
        ElsewhereError: The address is not loopback, and the endpoint does not allow that.
        OSError: It cannot be reached, or took too long (`TimeoutError`).
        http.client.HTTPException: What answers is no HTTP server.
    """
    parts = urlsplit(endpoint.url)
    host, secure = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    talking = _connected(host, port, seconds, anywhere=endpoint.anywhere)
    if secure:  # takes the socket over; the handshake is within the deadline
        talking = ssl.create_default_context().wrap_socket(
            talking, server_hostname=host, do_handshake_on_connect=False
        )
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    connection.sock = talking
    with closing(talking), closing(connection), _deadline(talking, seconds):
        if isinstance(talking, ssl.SSLSocket):
            talking.do_handshake()
        connection.request("POST", target, body, dict(headers))
        with closing(connection.getresponse()) as response:
            return response.status


def _connected(host: str, port: int, seconds: float, *, anywhere: bool) -> socket.socket:
    """A connection to the first address of `host` that may be called and answers."""
    addresses = list(_addresses(host, port))
    allowed = [one for one in addresses if anywhere or _is_loopback(one[1][0])]
    if not allowed:
        found = ", ".join(sorted({str(address[0]) for _, address in addresses})) or "no address"
        msg = f"{host} is {found}, which is not on this machine; endpoints elsewhere have to be allowed"
        raise ElsewhereError(msg)
    failure: OSError | None = None
    for family, address in allowed:
        with ExitStack() as unless_connected:
            connection = unless_connected.enter_context(socket.socket(family, socket.SOCK_STREAM))
            connection.settimeout(seconds)
            try:
                connection.connect(address)
            except OSError as error:
                failure = error
            else:
                unless_connected.pop_all()
                return connection
    raise failure or OSError(f"{host} cannot be reached")


def _addresses(host: str, port: int) -> Iterator[tuple[socket.AddressFamily, Any]]:
    """(family, address to connect to) of a host; the resolver is not asked about what is an address already."""
    with suppress(ValueError):
        known = ipaddress.ip_address(host)
        family = socket.AF_INET if known.version == 4 else socket.AF_INET6
        yield family, (str(known), port) if known.version == 4 else (str(known), port, 0, 0)
        return
    for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        yield found[0], found[4]


def _is_loopback(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


@contextmanager
def _deadline(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Break the connection off after so long: a server that sends a byte now and then would never time out."""
    over = threading.Event()

    def break_off() -> None:
        over.set()
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, break_off)
    timer.daemon = True
    timer.start()
    try:
        yield
        if over.is_set():  # what was read so far may look whole
            raise TimeoutError
    except (OSError, http.client.HTTPException) as error:
        if over.is_set():
            msg = f"no answer within {seconds:g} seconds"
            raise TimeoutError(msg) from error
        raise
    finally:
        timer.cancel()
