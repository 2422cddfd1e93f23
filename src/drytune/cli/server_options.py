"""What `drytune serve` was given, as a server's settings; secrets come from files or the environment."""

from __future__ import annotations

import base64
import binascii
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from drytune.errors import UsageError

if TYPE_CHECKING:
    from drytune_simulator.profile import WebhookEndpoint
    from drytune_simulator.serving import Settings

__all__ = ["settings_of"]

_PREFIX = "whsec_"


def settings_of(
    *,
    api_key_file: Path | None,
    organization: str,
    form: Literal["recorded", "specified"],
    concurrent_jobs: int,
    daily_jobs: int,
    as_of: str | None,
    webhook: str | None,
    webhook_secret_file: Path | None,
    allow_webhooks_to_anywhere: bool,
    allow_browsers: bool,
    max_upload_bytes: int,
    faults: tuple[str, ...],
    scenarios: tuple[str, ...],
    **settings: Any,
) -> tuple[Settings, list[str]]:
    """The settings, and what the user has to be told once.

    Raises:
        UsageError: An option, a file or a variable of the environment cannot be.
    """
    from drytune_simulator.bodies import Bounds
    from drytune_simulator.profile import Profile
    from drytune_simulator.serving import Settings

    endpoints: tuple[WebhookEndpoint, ...] = ()
    notices: list[str] = []
    if webhook is not None:
        endpoint, made = _endpoint(webhook, webhook_secret_file, anywhere=allow_webhooks_to_anywhere)
        endpoints = (endpoint,)
        if made:
            notices.append(f"drytune signs webhooks with this secret, made for this run: {endpoint.secret}")
    keys = _keys(api_key_file)
    try:
        profile = Profile(
            organization=organization,
            keys=keys,
            concurrent_jobs=concurrent_jobs or None,
            daily_jobs=daily_jobs or None,
            form=form,
            webhooks=endpoints,
        )
    except ValueError as error:
        raise UsageError(f"--organization: {error}") from None
    return (
        Settings(
            profile=profile,
            as_of=None if as_of is None else _day(as_of),
            bounds=Bounds(body=max_upload_bytes),
            browsers=allow_browsers,
            faults=faults,
            scenarios=scenarios,
            **settings,
        ),
        notices,
    )


def _keys(file: Path | None) -> frozenset[str] | None:
    """The keys that are taken, or None for any."""
    if file is not None:
        lines = _text(file, "--api-key-file").splitlines()
        where = str(file)
        words = [line.strip() for line in lines if not line.lstrip().startswith("#")]
    elif "DRYTUNE_SERVER_KEYS" in os.environ:
        where = "DRYTUNE_SERVER_KEYS"
        words = os.environ[where].replace(",", " ").split()
    else:
        return None
    keys = frozenset(word for word in words if word)
    if not keys:
        raise UsageError(f"{where} holds no key; write one a line, such as sk-team-1")
    for number, word in enumerate(words, 1):
        if not word.isascii() or not word.isprintable() or " " in word:
            raise UsageError(f"{where}: key {number} has a space or a character that no header can carry")
    return keys


def _day(text: str) -> date:
    from drytune_simulator.clock import SystemClock, to_date

    if text == "today":
        return to_date(SystemClock().now())
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text}: expected a day such as 2027-01-07, or `today`") from None


def _endpoint(url: str, file: Path | None, *, anywhere: bool) -> tuple[WebhookEndpoint, bool]:
    """Where webhooks go, and whether their secret was made here."""
    from drytune_simulator.profile import WebhookEndpoint

    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        known = parts.scheme in {"http", "https"} and bool(host) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise UsageError(f"--webhook {url}: expected a URL such as http://127.0.0.1:9000/hook")
    if not (anywhere or _is_loopback(host)):
        raise UsageError(
            f"--webhook {url} is not on this machine; say --allow-webhooks-to-anywhere if that is what you want"
        )
    if file is not None:
        secret, where = _text(file, "--webhook-secret-file").strip(), str(file)
    else:
        secret, where = os.environ.get("DRYTUNE_WEBHOOK_SECRET", "").strip(), "DRYTUNE_WEBHOOK_SECRET"
    made = not secret and file is None
    if made:
        secret = _PREFIX + base64.b64encode(os.urandom(32)).decode()
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not key:
        raise UsageError(f"the secret of webhooks in {where} is not `whsec_` and base64")
    try:
        return WebhookEndpoint(url=url, secret=secret, anywhere=anywhere), made
    except ValueError as error:  # a name and a password in the URL, or letters that none may have
        raise UsageError(f"--webhook: {error}") from None


def _is_loopback(host: str) -> bool:
    import ipaddress

    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _text(file: Path, option: str) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{option} {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{option} {file} is not text in UTF-8") from error
