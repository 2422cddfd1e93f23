"""Where a request goes: the address of its target at a platform with some base URL."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from drytune.errors import UsageError
from drytune_simulator import Request

__all__ = ["DEFAULT_BASE_URL", "address", "checked_base_url"]

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
"""Of the SDK. Under its addresses exchanges with a handler in this process are kept, so that they are the same as
those of the real platform, also for other readers of cassettes."""


def checked_base_url(base_url: str) -> str:
    """`base_url` without a slash at its end.

    Raises:
        UsageError: It is no address of a server.
    """
    try:
        parts = urlsplit(base_url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        msg = "the base URL is no address of a server; expected one like https://api.openai.com/v1"
        raise UsageError(msg)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        msg = (
            f"the base URL of {parts.hostname} has a user, a query or a fragment in it; give only the scheme, the "
            "host and the path, and a key by itself"
        )
        raise UsageError(msg)
    return base_url.rstrip("/")


def address(base_url: str, target: str) -> str:
    """The absolute address of a request's target at a server.

    Args:
        base_url: Checked; its path ends without a slash.
        target: Of a request: path and query.
    """
    request = Request("GET", target)
    path, query = request.path, target.partition("?")[2]
    parts = urlsplit(base_url)
    own = parts.path.rstrip("/")
    if path != own and not path.startswith(f"{own}/"):
        path = own + (path.removeprefix("/v1") if path.startswith("/v1/") else path)
    return f"{parts.scheme}://{parts.netloc}{path}" + (f"?{query}" if query else "")
