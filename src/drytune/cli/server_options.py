"""What `drytune serve` was given, as a server's settings; secrets come from files or the environment."""

from __future__ import annotations

import base64
import binascii
import contextlib
import math
import os
import re
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
_KEPT_IN = "webhook-secret"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEARS = range(2000, 3000)


def settings_of(
    stack: contextlib.ExitStack,
    *,
    data: Path | None,
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
    first_token: str | None,
    tokens_per_second: str | None,
    jitter: str | None,
    **settings: Any,
) -> tuple[Settings, list[str]]:
    """The settings, and what the user has to be told once; `stack` removes what is temporary.

    Raises:
        UsageError: An option, a file or a variable of the environment cannot be.
    """
    from drytune_simulator.bodies import Bounds
    from drytune_simulator.profile import Profile
    from drytune_simulator.serving import Settings

    endpoints: tuple[WebhookEndpoint, ...] = ()
    notices: list[str] = []
    if webhook is not None:
        if webhook_secret_file is None and not os.environ.get("DRYTUNE_WEBHOOK_SECRET", "").strip():
            webhook_secret_file = _made_secret(data, stack)
            notices.append(f"drytune signs webhooks with the secret that it made, in {webhook_secret_file}")
        endpoints = (_endpoint(webhook, webhook_secret_file, anywhere=allow_webhooks_to_anywhere),)
    keys = _keys(api_key_file)
    until_first, rate, part = _speed(first_token, tokens_per_second, jitter)
    try:
        profile = Profile(
            organization=organization,
            keys=keys,
            concurrent_jobs=concurrent_jobs or None,
            daily_jobs=daily_jobs or None,
            form=form,
            webhooks=endpoints,
            first_token=until_first,
            tokens_per_second=rate,
            jitter=part,
        )
    except ValueError as error:
        raise UsageError(f"--organization: {error}") from None
    return (
        Settings(
            data=data,
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


def _speed(
    first_token: str | None, tokens_per_second: str | None, jitter: str | None
) -> tuple[float, float | None, float]:
    """How fast models answer: seconds until the first token, tokens a second, and the jitter of both."""
    from drytune_simulator.faults import FaultError, duration

    try:
        until_first = duration(0 if first_token is None else first_token)
    except FaultError as error:
        raise UsageError(f"--first-token: {error}") from None
    rate = None if tokens_per_second is None else _number(tokens_per_second)
    if rate is not None and not 0 < rate < math.inf:
        raise UsageError(f"--tokens-per-second {tokens_per_second}: expected a number above 0, such as 50")
    part = 0.0 if jitter is None else _number(jitter)
    if not 0 <= part <= 1:
        raise UsageError(f"--jitter {jitter}: expected a number from 0 to 1, such as 0.2")
    if part and first_token is None and rate is None:
        raise UsageError(
            "--jitter changes the times of --first-token and --tokens-per-second; say at least one of them"
        )
    return until_first, rate, part


def _number(text: str) -> float:
    """A number, or one that no comparison holds for."""
    try:
        return float(text)
    except ValueError:
        return math.nan


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
    with contextlib.suppress(ValueError):
        if _DAY.fullmatch(text) and (day := date.fromisoformat(text)).year in _YEARS:
            return day
    raise UsageError(
        f"--as-of {text}: expected a day such as 2027-01-07, from the year {_YEARS[0]} to {_YEARS[-1]}, or `today`"
    )


def _made_secret(data: Path | None, stack: contextlib.ExitStack) -> Path:
    """A file with a secret that only this user can read: that of `data`, or a temporary one."""
    from drytune_simulator.serving import scratch

    directory = data or stack.enter_context(scratch("drytune-secret-"))
    file = directory / _KEPT_IN
    secret = _PREFIX + base64.b64encode(os.urandom(32)).decode()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        # one that is there already is of an earlier start, and its receiver knows it
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as opened:
                opened.write(secret + "\n")
    except OSError as error:
        raise UsageError(
            f"the secret of webhooks cannot be kept in {file} ({error.strerror}); name a file of it with "
            "--webhook-secret-file"
        ) from error
    return file


def _endpoint(url: str, file: Path | None, *, anywhere: bool) -> WebhookEndpoint:
    """Where webhooks go; the secret is in `file`, or else in the environment."""
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
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not key:
        raise UsageError(f"the secret of webhooks in {where} is not `whsec_` and base64")
    try:
        return WebhookEndpoint(url=url, secret=secret, anywhere=anywhere)
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
