"""Proxies that the environment names: through one on loopback, everything leaves this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from drytune.testing.guard_hosts import Host, host_of

__all__ = ["proxies", "proxy_at"]

_SUFFIX: Final = "_proxy"
_PORTS: Final = {"http": 80, "https": 443}
_PORT_OF_SOCKS: Final = 1080
_NONE: Final[dict[tuple[str, int], str]] = {}


def proxies() -> Mapping[tuple[str, int], str]:
    """Where a proxy is, by host (empty for this machine) and port, and the variable that names it.

    The variables are those that `urllib.request.getproxies_environment` reads, as most clients do. Asked at each
    connection to loopback: a test may set one at any time.
    """
    names = [name for name in os.environ if name[-6:].lower() == _SUFFIX]
    return _parsed(tuple((name, os.environ.get(name, "")) for name in names)) if names else _NONE


def proxy_at(host: Host, port: int, named: Mapping[tuple[str, int], str]) -> str | None:
    """The variable that names a proxy there."""
    return named.get(("" if host.is_here else host.name, port))


@lru_cache(maxsize=8)
def _parsed(variables: tuple[tuple[str, str], ...]) -> dict[tuple[str, int], str]:
    from urllib.parse import urlsplit

    found: dict[tuple[str, int], str] = {}
    for name, value in variables:
        if not value or name[:-6].lower() == "no":
            continue
        try:
            parts = urlsplit(value if "://" in value else f"http://{value}")
            port = parts.port or _PORTS.get(parts.scheme, _PORT_OF_SOCKS)
        except ValueError:  # nothing that a client could connect to
            continue
        if parts.hostname:
            host = host_of(parts.hostname)
            found.setdefault(("" if host.is_here else host.name, port), name)
    return found
