"""What was asked and what was answered: every exchange of a test, as it was, to be looked at afterwards.

    recorder = Recorder(Simulator())
    client = drytune.simulated(recorder)
    ...
    assert recorder.requests.one("fine_tuning.jobs.create").json["suffix"] == "cat"

To note an exchange costs next to nothing: bodies are kept as they are, and read when somebody looks.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, overload

from drytune.testing.differences import fits
from drytune.testing.questions import is_model
from drytune.testing.recorded_request import RecordedRequest, Stream, Upload, form_of
from drytune_simulator.clock import Clock
from drytune_simulator.http import ApiError, Chunk, Handler, Request, Response
from drytune_simulator.store import StoreError
from drytune_simulator.world import authenticate
from drytune_simulator.wrapping import Remade, Wrapper, close_body

__all__ = ["RecordedRequest", "Recorder", "Requests", "Upload"]


class Requests(Sequence[RecordedRequest]):
    """Requests, oldest first; printed, a table of them.

    Args:
        requests: All of them.
    """

    def __init__(self, requests: Iterable[RecordedRequest] = ()) -> None:
        self._all = tuple(requests)

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> RecordedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> Requests: ...
    def __getitem__(self, index: int | slice) -> RecordedRequest | Requests:
        return Requests(self._all[index]) if isinstance(index, slice) else self._all[index]

    @property
    def first(self) -> RecordedRequest:
        """The oldest one.

        Raises:
            LookupError: There is none.
        """
        return self._end(0)

    @property
    def last(self) -> RecordedRequest:
        """The newest one.

        Raises:
            LookupError: There is none.
        """
        return self._end(-1)

    def _end(self, index: int) -> RecordedRequest:
        if not self._all:
            raise LookupError("there were no requests")
        return self._all[index]

    def where(
        self,
        operation: str | None = None,
        *,
        method: str | None = None,
        path: str | None = None,
        model: str | None = None,
        status: int | None = None,
        text: str | None = None,
        pattern: str | re.Pattern[str] | None = None,
        system: str | None = None,
        layer: str | None = None,
        predicate: Callable[[RecordedRequest], object] | None = None,
        **json: Any,
    ) -> Requests:
        """Those that fit all that is asked for.

        Args:
            operation: As the SDK calls it; ``*`` and ``?`` stand for anything: ``fine_tuning.jobs.*``.
            method: In any letters.
            path: With ``*`` and ``?``, as ``/v1/files/*``.
            model: That the request names; with ``*`` and ``?``, as ``ft:*``. A floating name and the snapshot that
                it means are one model.
            status: Of the answer.
            text: The last message of the user, or the prompt, is exactly this.
            pattern: A regular expression that is found there.
            system: What the model is told beforehand is exactly this.
            layer: Where the answer came from: ``fault``, ``scripted``, ``recorded``, ``taught``, ``base``.
            predicate: A function of the request that must be true.
            json: Fields of the request's JSON; of an object what is named counts, at every depth.
        """
        found = re.compile(pattern).search if pattern is not None else None

        def is_one(one: RecordedRequest) -> bool:
            return (
                (method is None or one.method == method.upper())
                and _globs(operation, one.operation)
                and _globs(path, one.path)
                and (model is None or is_model(model, one.model))
                and status in (None, one.status)
                and layer in (None, one.layer)
                and text in (None, one.text)
                and system in (None, one.system)
                and (found is None or (one.text is not None and found(one.text) is not None))
                and (not json or fits(json, one.json))
                and (predicate is None or bool(predicate(one)))
            )

        return Requests(filter(is_one, self._all))

    def one(self, operation: str | None = None, **asked: Any) -> RecordedRequest:
        """The only one that fits; the arguments are those of `where`.

        Raises:
            AssertionError: There is none, or there are several; the message lists what there was.
        """
        found = self.where(operation, **asked)
        if len(found) == 1:
            return found[0]
        words = [*([operation] if operation else []), *(f"{name}={value!r}" for name, value in asked.items())]
        shown, of = (found, "those are") if found else (self, "there were")
        msg = f"{len(found)} requests fit {', '.join(words) or 'anything'} instead of one; {of}:\n{shown}"
        raise AssertionError(msg)

    def __repr__(self) -> str:
        """As `str`."""
        return str(self)

    def __str__(self) -> str:
        """A table, a line each."""
        from drytune.testing.showing import table

        return table(self)


def _globs(pattern: str | None, value: str | None) -> bool:
    return pattern is None or (value is not None and fnmatchcase(value, pattern))


class Recorder(Wrapper):
    """A Handler that notes all that passes; safe to share between threads.

    Args:
        handler: Answers.
        clock: Of the simulator, for `RecordedRequest.at`; None where there is none.
    """

    def __init__(self, handler: Handler, clock: Clock | None = None) -> None:
        super().__init__(handler)
        self._clock = clock
        self._lock = threading.Lock()
        self._all: list[RecordedRequest] = []
        self._seen = 0
        self._tenants: dict[str, None] = {}

    @property
    def requests(self) -> Requests:
        """All of them so far, oldest first."""
        with self._lock:
            return Requests(self._all)

    @property
    def seen(self) -> int:
        """How many there have been, forgotten ones among them."""
        return self._seen

    def clear(self) -> None:
        """Forget them; the next one's number goes on."""
        tenants = self.tenants()
        with self._lock:
            self._tenants |= dict.fromkeys(tenants)
            self._all = []

    def tenants(self, keys: frozenset[str] | None = None) -> list[str]:
        """Who has asked (`Tenant.scope`), in the order in which they came.

        Args:
            keys: Those that are taken, as in `Profile.keys`.
        """
        with self._lock:
            asked, tenants = list(self._all), dict(self._tenants)
        for one in asked:
            with suppress(ApiError):
                tenants[authenticate(one.sent, keys).scope] = None
        return list(tenants)

    def __call__(self, request: Request) -> Response:
        """Answer `request`, and note it."""
        noted = self._begin(request)
        try:
            response = self._handler(request)
        except BaseException as error:
            noted.error = error
            raise
        noted.got = response
        if isinstance(response.body, bytes):
            return response
        chunks, noted.stream_kept = response.body, Stream()
        return replace(response, body=Remade(chunks, _watched(noted, noted.stream_kept, chunks)))

    def _begin(self, request: Request) -> RecordedRequest:
        at = form = None
        if self._clock is not None:
            with suppress(StoreError):  # a database that does not answer must not spoil the answer
                at = self._clock.now()
        if request.stream is not None:  # it is closed when the request is over
            form = form_of(request, keep=False)
            request = replace(request, stream=None)
        with self._lock:
            self._seen += 1
            noted = RecordedRequest(self._seen, at, request, form)
            self._all.append(noted)
        return noted


def _watched(noted: RecordedRequest, stream: Stream, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    try:
        for chunk in chunks:
            stream.add(chunk.data)
            yield chunk
    except Exception as error:
        noted.error = error
        raise
    finally:
        close_body(chunks)
