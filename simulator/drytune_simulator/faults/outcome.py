"""What a client gets when a fault strikes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from drytune_simulator import ids
from drytune_simulator.errors import REFUSALS
from drytune_simulator.faults.fault import ERRORS, Fault
from drytune_simulator.faults.plan import Strike
from drytune_simulator.http import ApiError, Chunk, ConnectionDropped, Request, Response
from drytune_simulator.layers import FAULT
from drytune_simulator.world import authenticate
from drytune_simulator.wrapping import Remade, close_body

__all__ = ["SECONDS_UNTIL_TIMEOUT", "error_of", "spoiled"]

SECONDS_UNTIL_TIMEOUT = 3600.0
"""For so long nothing comes, where a timeout does not say how long."""
_GOOD_EVENTS = 3
_RETRIED = (408, 409, 429)
_TOLD_WHEN = (429, 503)  # with `retry-after`, FACTS.md §6
_IN_ORGANIZATION = " in organization {organization}"
# of several with one status, the first in the table
_BY_STATUS = {REFUSALS[ERRORS[name]].status: name for name in reversed(list(ERRORS))}
_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


def spoiled(strike: Strike, answer: Response | None) -> Response:
    """What the client gets.

    Args:
        strike: The fault that is due.
        answer: The simulator's, where it was asked.

    Raises:
        ConnectionDropped: The client gets nothing.
    """
    fault = strike.fault
    delay = strike.lasting(fault.delay, "delay")
    if fault.what in ("drop", "timeout") and fault.at in (None, "start"):
        close_body(None if answer is None else answer.body)
        if fault.what == "timeout" and fault.delay is None:
            delay = SECONDS_UNTIL_TIMEOUT
        raise ConnectionDropped(f"fault {strike.label}", delay=delay)
    if fault.is_error:
        made = _error(strike, answer)
        close_body(None if answer is None else answer.body)
    else:
        made = _broken(strike, _stand_in(strike) if answer is None else answer, breaks=answer is None)
    headers = {**made.headers, **_headers(fault.headers), "x-drytune-fault": strike.label}
    if fault.what != "slow":  # what is only late is said by whoever says it
        headers |= FAULT
    return replace(made, headers=headers, delay=made.delay + delay)


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in given.items()}


def _error(strike: Strike, answer: Response | None) -> Response:
    asked = strike.asked
    organization = _organization(asked.request, answer)
    return error_of(strike.fault, _own_headers(strike, answer), organization=organization, model=asked.model)


def error_of(
    fault: Fault, told: Mapping[str, str], *, organization: str | None, model: str | None
) -> Response:
    """The status error that `fault` asks for, without its delay and the headers that it adds.

    Args:
        fault: A status, or an error that has a name.
        told: Headers that the answer has anyway, ``x-request-id`` among them.
        organization: Whose request it is; None if that cannot be told.
        model: The model that is asked for, if one is.
    """
    name = fault.what if isinstance(fault.what, str) else _BY_STATUS.get(fault.what, "")
    row = REFUSALS[ERRORS.get(name, "fault-other")]
    status = row.status if isinstance(fault.what, str) else fault.what
    headers = {"content-type": "application/json", "x-drytune": "simulated", **told}
    if fault.retry_after is not None:
        headers["retry-after"] = str(math.ceil(fault.retry_after))
        if not fault.retry_after:
            headers["retry-after-ms"] = "1"  # an SDK takes 0 for nothing, and would wait
        elif fault.retry_after % 1:
            headers["retry-after-ms"] = f"{fault.retry_after * 1000:g}"
    elif status in _RETRIED or status >= 500:
        headers["retry-after-ms"] = "1"  # which an SDK prefers to `retry-after`, so that it does not wait
        if status in _TOLD_WHEN:
            headers["retry-after"] = "1"
    if fault.body is not None or name == "bad_gateway":
        text = _PAGE if fault.body is None else fault.body
        headers["content-type"] = (
            "text/html" if text.lstrip().startswith("<") else "text/plain; charset=utf-8"
        )
        return Response(status, headers, text.encode("utf-8", "replace"))
    wording = row.message if organization else row.message.replace(_IN_ORGANIZATION, "")
    words = wording.format_map(
        {**_words(fault, model, headers["x-request-id"]), "organization": organization},
    )
    usual = "server_error" if status >= 500 else "invalid_request_error"
    error = {
        "message": words if fault.message is None else fault.message,
        "type": fault.type or (usual if row is REFUSALS["fault-other"] else row.type),
        "param": fault.param,
        "code": row.code if fault.code is None else fault.code,
    }
    return Response.json({"error": error}, status, headers)


def _own_headers(strike: Strike, answer: Response | None) -> dict[str, str]:
    if answer is not None:
        names = ("x-request-id", "openai-version", "openai-organization", "openai-processing-ms")
        kept = {name: answer.headers[name] for name in names if name in answer.headers}
        if "x-request-id" in kept:
            return kept
    return {"x-request-id": "req_" + ids.digest("fault", *strike.place).hex()[:32]}


def _organization(request: Request, answer: Response | None) -> str | None:
    """Whose request it is, as the simulator tells it; None if it cannot be told, for want of a key."""
    if answer is not None and "openai-organization" in answer.headers:
        return answer.headers["openai-organization"]
    try:
        return authenticate(request).organization
    except ApiError:
        return None


def _words(fault: Fault, model: str | None, request_id: str) -> dict[str, Any]:
    """What else the wordings of errors may name."""
    wait = fault.retry_after
    return {
        "request_id": request_id,
        "model": model or "requests",
        "limit": 500,
        "used": 500,
        "requested": 1,
        "wait": "1ms" if wait is None else f"{wait:g}s",
    }


def _stand_in(strike: Strike) -> Response:
    """What is spoiled where the simulator is not asked; nothing in it may be taken for an answer.

    Of a stream, all are comments but the event that `malformed` spoils. A body announces more than it has, so that
    the connection breaks behind it wherever it is cut.
    """
    fault = strike.fault
    text = msgspec.json.encode({"object": "drytune.fault", "fault": strike.label})
    headers = {"x-drytune": "simulated", **_own_headers(strike, None)}
    if strike.asked.is_stream:
        comment = Chunk(b": " + text + b"\n\n")
        spoiled_one = Chunk(b"data: " + text + b"\n\n") if fault.what == "malformed" else comment
        events = iter((*[comment] * (_GOOD_EVENTS - 1), spoiled_one, comment))
        return Response(200, {**headers, "content-type": "text/event-stream; charset=utf-8"}, events)
    headers["content-type"] = "application/json"
    if fault.what != "malformed":
        longest = fault.at if isinstance(fault.at, int) else 0
        headers["content-length"] = str(max(len(text), longest) + 1)
    return Response(200, headers, text)


def _broken(strike: Strike, answer: Response, *, breaks: bool) -> Response:
    """`answer`, spoiled; with `breaks`, the connection breaks even behind the whole of it."""
    fault, body = strike.fault, answer.body
    if fault.what == "slow":
        if isinstance(body, bytes):
            return answer
        return replace(answer, body=Remade(body, _slowly(strike, body)))
    if fault.what == "malformed":
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        if isinstance(body, bytes):
            return replace(answer, headers=headers, body=body[: len(body) // 2] or b"<")
        return replace(answer, headers=headers, body=Remade(body, _one_bad_event(body)))
    headers = dict(answer.headers)
    limit = _limit(strike, answer)
    if isinstance(body, bytes):
        headers.setdefault("content-length", str(len(body)))
        if fault.what == "truncate":  # a door sees that bytes are missing, and breaks off
            return replace(answer, headers=headers, body=body[:limit])
        body = iter((Chunk(body),))
    early = fault.what == "drop" or "content-length" in headers
    cut = _cut(strike, body, limit, breaks_early=early or breaks, breaks_late=breaks)
    return replace(answer, headers=headers, body=Remade(body, cut))


def _limit(strike: Strike, answer: Response) -> int | None:
    """How many bytes are sent; None for so many events."""
    at, body = strike.fault.at, answer.body
    if isinstance(at, int):
        return at
    if strike.fault.what == "drop":
        return 0
    if isinstance(body, bytes):
        return len(body) // 2
    length = answer.headers.get("content-length", "")
    return int(length) // 2 if length.isdigit() else None


def _cut(
    strike: Strike, chunks: Iterator[Chunk], limit: int | None, *, breaks_early: bool, breaks_late: bool
) -> Iterator[Chunk]:
    """The body up to there; then the connection breaks, or a stream ends as if that were all.

    Args:
        strike: The fault that is due.
        chunks: The body.
        limit: How many bytes are sent; None for so many events.
        breaks_early: Whether it breaks where something is left.
        breaks_late: Whether it breaks where nothing is left.
    """
    left, is_whole = limit, False
    try:
        for count, chunk in enumerate(() if limit == 0 else chunks, 1):
            data = chunk.data if left is None else chunk.data[:left]
            yield replace(chunk, data=data)
            left = None if left is None else left - len(data)
            if left == 0 or (left is None and count == _GOOD_EVENTS):
                break
        else:
            is_whole = limit != 0
    finally:
        close_body(chunks)
    if breaks_late if is_whole else breaks_early:
        raise ConnectionDropped(f"fault {strike.label}")


def _one_bad_event(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """A stream of which one event was cut before its end."""
    try:
        for count, chunk in enumerate(chunks):
            if count == _GOOD_EVENTS - 1:
                text = chunk.data.rstrip(b"\r\n")
                yield replace(chunk, data=text[: max(1, len(text) // 2)] + b"\n\n")
            else:
                yield chunk
    finally:
        close_body(chunks)


def _slowly(strike: Strike, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """A stream at its pace: one event is about one token."""
    fault = strike.fault
    pause = None if fault.tokens_per_second is None else 1 / fault.tokens_per_second
    try:
        for count, chunk in enumerate(chunks):
            seconds = fault.first_token if count == 0 else pause
            yield replace(chunk, delay=chunk.delay + strike.lasting(seconds, "token", count))
    finally:
        close_body(chunks)
