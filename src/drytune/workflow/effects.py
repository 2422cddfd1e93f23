"""What a workflow wants done, and the two drivers that do it: one for each kind of SDK client.

A workflow is a generator. It yields a `Call` or a `Pause`, and is given the `Reply` to a call; what goes wrong
with a request is a reply too. So the order of things, what is kept of them and what happens after a failure are
written once, for sync and async, for a simulator and for a real platform.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, TypeVar

from drytune.keeping.retrying import NEVER_SENT
from drytune.workflow.sendable import sendable

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["Call", "Effect", "Pause", "Problem", "Reply", "Script", "adrive", "drive"]

_T = TypeVar("_T")

_SECONDS_TO_LOOK: Final = 60.0
"""A platform that does not answer for so long is asked again, or looked at for what it has done."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the API.

    Attributes:
        method: Of HTTP.
        path: Below the base URL, e.g. ``/fine_tuning/jobs``.
        body: Sent as JSON; with `file`, as the other fields of a form.
        query: Parameters of the address.
        file: A name and an open file, sent as the field ``file`` of a form.
        raw: The answer is no JSON: `Reply.data` is its bytes.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str | int] = field(default_factory=dict)
    file: tuple[str, BinaryIO] | None = None
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no good answer.

    Attributes:
        message: What the platform or the connection says, on one line.
        code: The platform's, e.g. ``insufficient_quota``.
        param: Which parameter it is about.
    """

    message: str
    code: str | None = None
    param: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a call.

    Attributes:
        status: Of HTTP; 0 if there was no answer that could be read.
        data: Decoded JSON, or bytes of a raw call.
        headers: Names in lower case.
        problem: None if all is well.
        sent: Whether the platform may have got the request; a lost answer is `sent` with the status 0.
    """

    status: int
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    sent: bool = True

    @property
    def ok(self) -> bool:
        """Whether it is a good answer."""
        return self.problem is None

    @property
    def is_refusal(self) -> bool:
        """Whether the platform said no to this very request: it did nothing, and would say so again."""
        return self.status == 501 or (400 <= self.status < 500 and self.status not in {408, 409, 429})

    @property
    def is_final(self) -> bool:
        """Whether the same request would fare no better."""
        return (
            self.ok
            or self.is_refusal
            or (self.problem is not None and self.problem.code == "insufficient_quota")
        )


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that is to pass.

    Attributes:
        seconds: How long, 0 or more.
        why: On one line.
        job: The id of the job that is waited for: news of it end the pause.
    """

    seconds: float
    why: str = ""
    job: str | None = None


Effect = Call | Pause
Script = Generator[Effect, Any, _T]
"""A workflow that ends with a value. It is sent a `Reply` for each `Call`, and None for a `Pause`."""


def drive(
    script: Script[_T],
    client: OpenAI,
    *,
    sleep: Callable[[float], object],
    news: Callable[[float, str], object] | None = None,
    hide: Callable[[Any], Any] | None = None,
) -> _T:
    """Do what `script` wants until it ends.

    An exception while something is done (Ctrl-C, that is) is raised in the script, where it waits.

    Args:
        script: The workflow.
        client: What calls go through; its own retries are off meanwhile.
        sleep: Called with the seconds of a pause.
        news: Called instead with the seconds and the id of a job, where one is waited for; it may come back early.
        hide: Takes keys out of what the platform says, which may quote them.
    """
    if client.max_retries:
        client = client.with_options(max_retries=0)
    try:
        effect = next(script)
        while True:
            try:
                reply: Reply | None = None
                if isinstance(effect, Call):
                    reply = _hidden(_call(client, effect), hide)
                elif effect.job is not None and news is not None:
                    news(effect.seconds, effect.job)
                else:
                    sleep(effect.seconds)
            except BaseException as error:  # noqa: BLE001 - the script says what comes of it
                effect = script.throw(error)
            else:
                effect = script.send(reply)
    except StopIteration as end:
        result: _T = end.value
        return result


async def adrive(
    script: Script[_T],
    client: AsyncOpenAI,
    *,
    sleep: Callable[[float], Awaitable[object]],
    news: Callable[[float, str], Awaitable[object]] | None = None,
    hide: Callable[[Any], Any] | None = None,
) -> _T:
    """As `drive`, for an async client; a cancellation is raised in the script, too."""
    if client.max_retries:
        client = client.with_options(max_retries=0)
    try:
        effect = next(script)
        while True:
            reply: Reply | None = None
            try:
                if isinstance(effect, Call):
                    reply = _hidden(await _acall(client, effect), hide)
                elif effect.job is not None and news is not None:
                    await news(effect.seconds, effect.job)
                else:
                    await sleep(effect.seconds)
            except BaseException as error:  # noqa: BLE001 - the script says what comes of it
                effect = script.throw(error)
            else:
                effect = script.send(reply)
    except StopIteration as end:
        result: _T = end.value
        return result


def _call(client: OpenAI, call: Call) -> Reply:
    import openai

    try:
        return _reply(call, _method(client, call)(call.path, **_arguments(call, client)))
    except openai.APIConnectionError as error:
        return _lost(error)
    except openai.APIStatusError as error:
        return _refused(error)


async def _acall(client: AsyncOpenAI, call: Call) -> Reply:
    import openai

    try:
        return _reply(call, await _method(client, call)(call.path, **_arguments(call, client)))
    except openai.APIConnectionError as error:
        return _lost(error)
    except openai.APIStatusError as error:
        return _refused(error)


def _hidden(reply: Reply, hide: Callable[[Any], Any] | None) -> Reply:
    if hide is None:
        return reply
    problem = reply.problem
    if problem is not None:
        problem = Problem(hide(problem.message), hide(problem.code), hide(problem.param))
    data = reply.data if isinstance(reply.data, bytes) else hide(reply.data)
    return Reply(reply.status, data, reply.headers, problem, reply.sent)


def _method(client: Any, call: Call) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(client, call.method.lower())
    return method


def _arguments(call: Call, client: Any) -> dict[str, Any]:
    import openai

    from drytune.transports import family_of_openai

    options: dict[str, Any] = {"params": dict(call.query)} if call.query else {}
    is_quick = call.file is None and not call.raw and not call.path.endswith("/completions")
    if is_quick and client.timeout == openai.DEFAULT_TIMEOUT:
        options["timeout"] = _SECONDS_TO_LOOK  # the SDK's own 600 are for answers of models
    arguments: dict[str, Any] = {"cast_to": family_of_openai().Response, "options": options}
    if call.method != "GET" and call.body is not None:
        arguments["body"] = sendable(dict(call.body))
    if call.file is not None:
        arguments["files"] = [("file", call.file)]
        options["headers"] = {"Content-Type": "multipart/form-data"}  # the SDK puts the boundary in
    return arguments


def _reply(call: Call, response: Any) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if call.raw:
        return Reply(response.status_code, response.content, headers)
    try:
        return Reply(response.status_code, json.loads(response.content), headers)
    except (ValueError, RecursionError):
        return Reply(0, None, headers, Problem(f"the answer ({response.status_code}) is no JSON"))


def _lost(error: Any) -> Reply:
    name = type(error.__cause__).__name__
    text = " ".join(f"{error} ({name})".split()) if error.__cause__ is not None else str(error)
    return Reply(0, problem=Problem(text), sent=name not in NEVER_SENT)


def _refused(error: Any) -> Reply:
    body = error.body if isinstance(error.body, dict) else {}
    words = " ".join(str(body.get("message") or error.message).split())
    code, param = body.get("code"), body.get("param")
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    problem = Problem(
        words[:2000], None if code is None else str(code), None if param is None else str(param)
    )
    return Reply(error.status_code, None, headers, problem)
