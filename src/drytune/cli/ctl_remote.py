"""Asking a running `drytune serve` through its control API: plain HTTP, no proxy, no redirect."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from email.message import Message
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from drytune.errors import DrytuneError, Refused, UsageError

__all__ = ["Remote"]

_SECONDS = 60.0
_WRONG_USE = (400, 405, 413)


class Remote:
    """The control API of one server.

    Args:
        url: Of the server, with or without the ``/v1`` that clients want.
        key: Sent as ``Authorization: Bearer``, if there is one.

    Raises:
        UsageError: `url` is none.
    """

    def __init__(self, url: str, key: str | None = None) -> None:
        try:
            parts = urlsplit(url)
            is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            is_one = False
        if not is_one or not url.isascii() or not url.isprintable() or " " in url:
            raise UsageError(f"--url {url}: expected an address such as http://127.0.0.1:8000")
        self.url = url.rstrip("/").removesuffix("/v1").rstrip("/")
        self._key = key
        # no proxy, since a server that is meant is reached directly; no redirect, since a key should not go there
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            self._opener.add_handler(handler)

    def ask(self, method: str, path: str = "", body: object = None) -> Any:
        """The decoded answer.

        Args:
            method: Of HTTP.
            path: Behind ``/_drytune``, with a slash before it.
            body: JSON-able.

        Raises:
            UsageError: Nothing answers there, it is no drytune server, or it does not understand what is asked.
            Refused: It understands, and says no; or it failed.
        """
        request = urllib.request.Request(f"{self.url}/_drytune{path}", method=method)  # noqa: S310 - http or https
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("content-type", "application/json")
        if self._key is not None:
            request.add_header("authorization", f"Bearer {self._key}")
        try:
            with self._opener.open(request, timeout=_SECONDS) as response:
                return self._read(response.read(), response.headers)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error) from None
        except (OSError, HTTPException, ValueError) as error:
            raise self._unreachable(error) from None

    def _read(self, data: bytes, headers: Message) -> Any:
        try:
            value = json.loads(data)
        except ValueError:
            value = None
        if value is None or headers.get("x-drytune") is None:
            raise UsageError(f"{self.url} answers, but is not a drytune server; say where it is with --url")
        return value

    def _refused(self, error: urllib.error.HTTPError) -> DrytuneError:
        try:
            answer = self._read(error.read(), error.headers)
            message = str(answer["error"]["message"])
        except (UsageError, HTTPException, OSError, KeyError, TypeError):
            if error.code >= 500:
                return Refused(f"the server failed: {self.url} answers {error.code} {error.reason}".rstrip())
            return UsageError(
                f"{self.url} answers, but is not a drytune server with a control API; say where it is with --url"
            )
        if error.code == 401:
            return UsageError(
                f"{self.url} takes only certain API keys; name an environment variable that has one with --key-env"
            )
        if error.code >= 500:
            return Refused(f"the server failed: {message.rstrip('.')}")
        return (UsageError if error.code in _WRONG_USE else Refused)(message.rstrip("."))

    def _unreachable(self, error: Exception) -> UsageError:
        reason = getattr(error, "reason", error)
        why = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        return UsageError(
            f"nothing answers at {self.url} ({why}); start one with `drytune serve`, or say where it is with --url"
        )
