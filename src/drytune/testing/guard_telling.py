"""What an escape is told as: which URL was asked for, and what to do instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from drytune.testing.guard_hosts import host_of
from drytune.testing.unanswered import Escape

__all__ = ["Attempt", "escape", "escaped", "named", "url_from"]

_LOCALS: Final = ("request", "req", "url", "fullurl", "str_or_url", "uri", "prepared")
"""What HTTP clients call what they are about to ask for."""

_RESOURCES: Final = (
    "batches",
    "chat/completions",
    "completions",
    "embeddings",
    "files",
    "fine_tuning",
    "models",
    "responses",
    "uploads",
)


_KEYS: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|pk|rk|sess|key|token|secret|ghp|gho|ghs|ghu|github_pat|glpat|hf|xox[a-z]|whsec)[-_][\w-]{8,}"
    r"|(?:AKIA|ASIA|AIza)[\w-]{12,}|eyJ[\w-]+\.[\w.-]+|bot\d+:[\w-]+"
    r"|(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])(?:(?<=/)[A-Za-z0-9]{24,}|[\w-]{40,}))"
)
"""What looks like a key in a path: by how it begins, or its length; ids of the API's objects are shorter."""


class _Asked(NamedTuple):
    """What the frames of an escape say.

    Attributes:
        url: What was asked for; None if no frame tells.
        by_sdk: Whether OpenAI's SDK asked for it.
    """

    url: str | None
    by_sdk: bool


class Attempt(NamedTuple):
    """What was tried; its URL may be found only later.

    Attributes:
        where: The test's name, or a module's; empty outside of both.
        host: What would have been reached.
        target: The same with its port.
        entry: What would have to be allowed.
        fixture_used: Whether the test has a simulator, past which the client has asked.
        looked_up: Whether the name was looked up before this could be seen.
        proxy: The variable that names the target as a proxy.
        thread: In which thread, if that is older than the test.
    """

    where: str
    host: str
    target: str
    entry: str
    fixture_used: bool = False
    looked_up: bool = False
    proxy: str | None = None
    thread: str | None = None


_TOLD: Final[WeakKeyDictionary[Escape, Attempt]] = WeakKeyDictionary()


def escape(attempt: Attempt, frame: FrameType) -> Escape:
    """The error that ends a test which would have left this machine.

    Args:
        attempt: What was tried.
        frame: Who tried it.
    """
    asked = _asked_by(frame, attempt.host, proxied=attempt.proxy is not None)
    error = Escape(_message(attempt, asked), where=attempt.where, url=asked.url or attempt.target)
    _TOLD[error] = attempt
    return error


def named(error: Escape, around: BaseException | None = None) -> str:
    """An escape's message, with the URL if the error's way through the program tells it.

    A name is often looked up in a thread, where nothing knows the URL; what waits for the answer does.

    Args:
        error: Is given the URL and the message, too.
        around: What came out of the test: a group of errors, or what was raised because of this one.
    """
    told = _TOLD.get(error)
    if told is None or "://" in error.url:
        return error.message
    url, by_sdk = None, False
    for one in _related(error, around):
        asked = _asked_by(one.__traceback__, told.host, proxied=told.proxy is not None)
        url, by_sdk = url or asked.url, by_sdk or asked.by_sdk
    error.url = url or error.url
    error.message = _message(told, _Asked(url, by_sdk))
    return error.message


def escaped(error: BaseException) -> Escape | None:
    """The escape that an error is, holds (as a group of errors) or comes from, with its URL; None without one."""
    for one in _related(error):
        if isinstance(one, Escape):
            named(one, error)
            return one
    return None


def url_from(stack: FrameType | TracebackType | None, host: str) -> str | None:
    """The URL that somebody asks for in those frames, the innermost first.

    Args:
        stack: A frame, with those that called it; or an error's traceback.
        host: What is connected to: a URL elsewhere is another matter.
    """
    return _asked_by(stack, host).url


def _asked_by(stack: FrameType | TracebackType | None, host: str, *, proxied: bool = False) -> _Asked:
    """What those frames say about a connection to that host; to a proxy, any other URL may be why."""
    url, by_sdk = None, False
    for frame in _frames(stack):
        by_sdk = by_sdk or str(frame.f_globals.get("__name__", "")).partition(".")[0] == "openai"
        if url is None:
            url = _url_of(frame.f_locals, host, proxied=proxied)
        if url is not None and by_sdk:
            break
    return _Asked(url, by_sdk)


def _message(attempt: Attempt, asked: _Asked) -> str:
    """One paragraph: which test asked for what, and what to do."""
    who = attempt.where or "Something outside of any test"
    parts = [
        f"{who} would have left this machine: {_what(attempt, asked.url)}{_in_thread(attempt)}.",
        "Nothing was sent, but the name was looked up: whoever connects kept a method from before."
        if attempt.looked_up
        else "Nothing was sent, and no name was looked up.",
    ]
    if attempt.proxy is not None and asked.url is None:
        parts.append("(Servers of this machine are asked directly with NO_PROXY=localhost,127.0.0.1.)")
    # of a proxy without a URL nobody knows where the API would have been
    if (asked.by_sdk and not (attempt.proxy and asked.url is None)) or _is_api(asked.url, attempt.host):
        mark = f'@pytest.mark.openai_simulator(base_url="{_base(asked.url, attempt.host)}")'
        if attempt.fixture_used:
            parts.append(f"This client has an address of its own, and is answered there with {mark}.")
        else:
            parts.append(
                "The fixture openai_simulator answers what the code under test asks of OPENAI_BASE_URL, and "
                "openai_url is such a server's address; a client that has an address of its own is answered "
                f"there with {mark}."
            )
    entry = attempt.entry
    parts.append(
        f'To allow it: @pytest.mark.drytune_allow_hosts("{entry}"), the setting `drytune_allow_hosts = {entry}`, '
        f"or the option --drytune-allow-hosts={entry}."
    )
    return " ".join(parts)


def _what(attempt: Attempt, url: str | None) -> str:
    if attempt.proxy is None:
        return url or attempt.target
    if url is None:
        return f"{attempt.target}, the proxy that {attempt.proxy} names"
    return f"{url}, through the proxy {attempt.target} that {attempt.proxy} names"


def _in_thread(attempt: Attempt) -> str:
    if attempt.thread is None or not attempt.where:
        return ""
    kind = "test" if "::" in attempt.where else "module"
    return f", in thread {attempt.thread}, which was started before this {kind}"


def _related(*errors: BaseException | None) -> list[BaseException]:
    """Those errors, what they are because of, and what is in them."""
    seen: list[BaseException] = []
    ahead = [error for error in errors if error is not None]
    while ahead:
        error = ahead.pop(0)
        if all(error is not other for other in seen):
            seen.append(error)
            ahead += [one for one in (error.__cause__, error.__context__) if one is not None]
            if isinstance(error, BaseExceptionGroup):
                ahead += error.exceptions
    return seen


def _frames(stack: FrameType | TracebackType | None) -> Iterable[FrameType]:
    return _callers(stack) if isinstance(stack, FrameType) else _traced(stack)


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _traced(traceback: TracebackType | None) -> list[FrameType]:
    frames = []
    while traceback is not None:
        frames.append(traceback.tb_frame)
        traceback = traceback.tb_next
    return frames[::-1]


def _url_of(variables: dict[str, Any], host: str, *, proxied: bool) -> str | None:
    for name in _LOCALS:
        if name in variables:
            try:
                url = _shown(_text(variables[name]), host, proxied=proxied)
            except Exception:  # noqa: BLE001, S112 - anybody's object: it says nothing then
                continue
            if url is not None:
                return url
    return None


def _text(value: Any) -> str:
    for attribute in ("full_url", "url"):
        inner = getattr(value, attribute, None)
        if inner is not None and not isinstance(value, str | bytes):
            value = inner
            break
    if not isinstance(value, str | bytes) and hasattr(value, "__bytes__"):
        value = bytes(value)  # httpcore's URLs
    return value.decode() if isinstance(value, bytes) else str(value)


def _shown(text: str, host: str, *, proxied: bool) -> str | None:
    """A URL of that host, or of any other one if that is a proxy, without what may be secret in it."""
    if "://" not in text:
        return None
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    if parts.hostname is None:
        return None
    asked = host_of(parts.hostname)
    if (asked.is_here or asked.name == host) if proxied else asked.name != host:
        return None
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}{_KEYS.sub('…', parts.path)}" + ("?…" if parts.query else "")


def _is_api(url: str | None, host: str) -> bool:
    if host == "api.openai.com" or host.endswith(".openai.azure.com"):
        return True
    return url is not None and url.partition("/v1/")[2].startswith(_RESOURCES)


def _base(url: str | None, host: str) -> str:
    if url is None:
        return f"https://{host}/v1"
    scheme, _, rest = url.partition("://")
    place = rest.partition("/v1/")[0] if "/v1/" in rest else rest.partition("/")[0]
    return f"{scheme}://{place}/v1"
