"""A kept model answers in its own name, when it is gone everywhere else: an archive as a `Handler`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from drytune.cassettes.model import Cassette
from drytune.cassettes.redaction import Redactor
from drytune.errors import UsageError
from drytune.handlers.playing import headers_of, played, provenance_told
from drytune.handlers.replay import Replay
from drytune.keeping.archive import answered, kept_model
from drytune.keeping.doors import Door, door_of, resource_of, segments_of
from drytune.keeping.voice import ArchiveVoice, unanswered
from drytune_simulator import Headers, Request, Response, Simulator
from drytune_simulator.clock import AdvancingClock, Clock, ManualClock
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError

__all__ = ["Kept"]

_LOG = logging.getLogger("drytune")
_KEY: Final = "sk-kept"
"""Who may read the file may ask it: keys of clients are not looked at, and what they store is shared."""

_LOGPROBS: Final = "message.output_text.logprobs"
_COUNT: Final = "/responses/input_tokens"
_ABOUT_WHO: Final = frozenset({"authorization", "openai-organization", "openai-project", "api-key"})
_MANY_UNMATCHED: Final = 1000


@dataclass(slots=True)
class _Turn:
    """Exchanges that answer one request, and how many times one was given."""

    numbers: list[int] = field(default_factory=list)
    given: int = 0


class Kept:
    """Answers for the model of an archive; safe to share between threads.

    - A request that was recorded is answered as recorded, to the byte; of several answers one after the other.
    - A question to the model that means the same as a recorded one (`drytune.keeping.meaning`), as a stream, at
      another door, with other parameters, gets the recorded answers in turn, written anew. Tokens are counted
      offline then, and ids are new; limits and `stop` cut what was recorded.
    - Any other question is refused with 501, which names the nearest that was asked. So are log probabilities that
      were not recorded.
    - Any other model is answered with 404, as the platform does.

    Each answer tells that it is recorded (``x-drytune-layer``), where from (``x-drytune-provenance``) and of which
    exchange (``x-drytune-exchange``).

    Args:
        archive: What `drytune keep` has made.
        speed: How many times as fast as recorded answers come; 0 is at once.
        clock: Of what is answered anew; by default it stands at the time of the recording.
        redact: Regular expressions of what was not kept, as for `drytune.keeping.keep.keep`: a question with it is
            the one that was kept with a placeholder.

    Attributes:
        model: The model's name.
        cassette: The archive.
        unmatched: A sentence about each request that nothing answered.
        played: How many recorded answers were given.

    Raises:
        UsageError: The cassette is no archive, or one without answers; or a pattern is none.
    """

    waits = False

    def __init__(
        self,
        archive: Cassette,
        *,
        speed: float = 0.0,
        clock: Clock | None = None,
        redact: Iterable[str] = (),
    ) -> None:
        self.model = kept_model(archive)
        if not any(answered(archive.exchanges)):
            raise UsageError(f"{archive.name}: {self.model} was asked nothing in this recording.")
        self._redactor = Redactor(patterns=redact)
        self.cassette = archive
        self.unmatched: list[str] = []
        self.played = 0
        self._speed = speed
        self._clock = clock
        self._provenance = archive.header.provenance or "unknown"
        self._told = {
            "x-drytune": "replayed",
            "x-drytune-layer": "recorded",
            "x-drytune-provenance": self._provenance,
        }
        self._lock = threading.Lock()
        self._given: set[int] = set()
        self._exact = self._index()
        self._objects = [
            number
            for number, exchange in enumerate(archive.exchanges, start=1)
            if resource_of(segments_of(exchange.request.uri)) == f"/models/{self.model}"
        ]
        self._replay = Replay(archive, speed=speed, redactor=self._redactor)
        self._simulator = self._begin()

    def __call__(self, request: Request) -> Response:
        """The answer."""
        try:
            response = self._answer(request)
        except ApiError as refusal:
            response = refusal.response().with_headers(self._told)
        if response.status == 501:
            self._note(request, response)
        return response

    def blocks(self, request: Request) -> bool:
        """Whether answering may take long: what is written anew may."""
        return request.method == "POST"

    def unused(self) -> list[int]:
        """Numbers of the exchanges that were never given, from 1."""
        asked = {*self._objects, *(one.number for one in answered(self.cassette.exchanges))}
        others = (number for number in self._replay.unused() if number not in asked)
        return sorted({*others, *(asked - self._given)})

    def rewind(self) -> None:
        """Begin anew, with the first of each prompt's answers; what was stored is forgotten."""
        with self._lock:
            for turn in self._exact.values():
                turn.given = 0
            self._given.clear()
            self.unmatched.clear()
            self.played = 0
            self._replay.rewind()
            before, self._simulator = self._simulator, self._begin()
        before.close()

    def close(self) -> None:
        """Let go of what was stored."""
        self._simulator.close()

    def _begin(self) -> Simulator:
        clock = self._clock or AdvancingClock(ManualClock(_moment(self.cassette)))
        return Simulator(clock=clock, voices=[ArchiveVoice(self.cassette, self._redactor.text)])

    def _index(self) -> dict[bytes, _Turn]:
        """The exchanges that answer a question that comes as it was recorded; refusals only where all are."""
        found: dict[bytes, _Turn] = {}
        good: set[bytes] = set()
        for one in answered(self.cassette.exchanges):
            key = _written(one.door, one.body)
            turn = found.setdefault(key, _Turn())
            if one.status < 400 and key not in good:
                good.add(key)
                turn.numbers.clear()
            if one.status < 400 or key not in good:
                turn.numbers.append(one.number)
        return found

    def _answer(self, request: Request) -> Response:
        resource = resource_of(request.segments)
        door = door_of(request.method, request.segments)
        if request.method == "GET" and resource in ("/models", f"/models/{self.model}"):
            one = self._object()
            with self._lock:
                self._given.update(self._objects)
            return Response.json(
                one if resource != "/models" else {"object": "list", "data": [one]}, headers=self._told
            )
        if resource.startswith("/models/") and resource != f"/models/{self.model}":
            raise refuse("no-such-model", model=resource.removeprefix("/models/"))
        if door is None and not _is_of_answers(request.method, resource):
            response = self._replay(request)
            self.played += response.status != 501
            return response
        fields = _fields(request) if request.method == "POST" else {}
        model = fields.get("model")
        if model not in (None, "", self.model):
            reason = f"this archive answers for {self.model} only"
            raise refuse("model-not-found", model=str(model), reason=reason)
        exact = None if door is None else self._exactly(door, fields)
        return exact or self._anew(request, resource, fields)

    def _exactly(self, door: Door, fields: Mapping[str, Any]) -> Response | None:
        """The next recorded answer to a request that comes as it was recorded."""
        with self._lock:
            turn = self._exact.get(_written(door, fields))
            if turn is None:
                return None
            number = turn.numbers[turn.given % len(turn.numbers)]
            turn.given += 1
            self.played += 1
            self._given.add(number)
        told = self.cassette.exchanges[number - 1].response
        provenance = provenance_told(self.cassette.header, told)
        return played(told, headers_of(told, number, provenance, self._speed), self._speed)

    def _anew(self, request: Request, resource: str, fields: Mapping[str, Any]) -> Response:
        """What the simulator says, to whom the archive whispers."""
        include = fields.get("include")
        if fields.get("logprobs") not in (None, False) or (
            isinstance(include, list) and _LOGPROBS in include
        ):
            raise unanswered(
                "the request asks for log probabilities, and these were not recorded with it; leave them out, or "
                "ask exactly as it was recorded."
            )
        query = request.target.partition("?")[2]
        headers = [pair for pair in request.headers.items() if pair[0] not in _ABOUT_WHO]
        asked = replace(
            request,
            target=f"/v1{resource}" + (f"?{query}" if query else ""),
            headers=Headers([*headers, ("authorization", f"Bearer {_KEY}")]),
        )
        response = self._simulator(asked)
        number = response.headers.get("x-drytune-exchange", "")
        with self._lock:
            self.played += number != ""
            self._given.update(int(one) for one in number.split(", ") if one.isdigit())
        return Response(response.status, {**response.headers, **self._told}, response.body, response.delay)

    def _object(self) -> dict[str, Any]:
        told = (self.cassette.header.archive or {}).get("model_object")
        if isinstance(told, dict) and told.get("id") == self.model:
            return told
        created = int(_moment(self.cassette))
        return {"id": self.model, "object": "model", "created": created, "owned_by": "unknown"}

    def _note(self, request: Request, response: Response) -> None:
        """Remember what was not answered."""
        body = response.body if isinstance(response.body, bytes) else b""
        try:
            said = str(msgspec.json.decode(body)["error"]["message"])
        except (msgspec.DecodeError, KeyError, TypeError):
            return
        said = f"{request.method} {request.path}: {said}"
        _LOG.warning("%s", said)
        with self._lock:
            if len(self.unmatched) < _MANY_UNMATCHED:
                self.unmatched.append(said)


def _is_of_answers(method: str, resource: str) -> bool:
    """Whether it is about answers that were stored, or counts what would be asked."""
    if (method, resource) == ("POST", _COUNT):
        return True
    return resource.startswith(("/responses/", "/chat/completions"))


def _written(door: Door, body: Mapping[str, Any]) -> bytes:
    """A request by meaning of its JSON: equal whatever the order of its keys; a null counts as left out."""
    given = {name: value for name, value in body.items() if value is not None and name != "model"}
    return msgspec.json.encode([door, given], order="deterministic")


def _fields(request: Request) -> Mapping[str, Any]:
    try:
        body = msgspec.json.decode(b"".join(request.chunks()))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _moment(archive: Cassette) -> float:
    """When it was recorded, Unix seconds; the simulator's own beginning if nobody says."""
    try:
        return datetime.fromisoformat(archive.header.recorded_at or "").timestamp()
    except ValueError:
        return ManualClock().now()
