"""What the last answer was, and how long it took: between a client and what answers it."""

from __future__ import annotations

from collections.abc import Iterator

from drytune.cassettes.model import Told
from drytune_simulator.clock import Clock
from drytune_simulator.http import Chunk, Handler, Request, Response
from drytune_simulator.wrapping import Wrapper, close_body

__all__ = ["Watch"]


class Watch(Wrapper):
    """Passes requests on, and keeps the last answer for whoever asked.

    A stream is read to its end here, and measured; the client gets an empty object in its place. A delay that a
    handler in this process states is taken for time that has passed: nobody waits for it.

    Attributes:
        told: The last answer; None while there is none.
        provenance: Of all good answers so far: ``asked`` if a real platform gave them, else what they say of
            themselves; ``simulated`` as soon as one is. None while there are none.
    """

    def __init__(self, handler: Handler, clock: Clock) -> None:
        super().__init__(handler)
        self._clock = clock
        self.told: Told | None = None
        self.provenance: str | None = None

    def __call__(self, request: Request) -> Response:
        """Ask.

        Raises:
            ConnectionDropped: As the handler does, also in the middle of a stream.
        """
        self.told = None
        began = self._clock.now()
        response = self._handler(request)
        wait = max(0.0, self._clock.now() - began) + response.delay
        if isinstance(response.body, bytes):
            self._keep(response, response.body, wait)
            return response
        data: list[bytes] = []
        chunks: list[tuple[int, float]] = []
        try:
            for piece, seconds in self._measured(response.body):
                data.append(piece)
                chunks.append((len(piece), seconds))
        finally:
            close_body(response.body)
        self._keep(response, b"".join(data), wait, tuple(chunks))
        if response.status < 400:
            return Response.json({}, response.status, delay=response.delay)
        return Response(response.status, response.headers, b"".join(data), response.delay)

    def _measured(self, body: Iterator[Chunk]) -> Iterator[tuple[bytes, float]]:
        """The pieces, and seconds since the one before."""
        last = self._clock.now()
        for chunk in body:
            now = self._clock.now()
            yield chunk.data, max(0.0, now - last) + chunk.delay
            last = now

    def _keep(
        self, response: Response, body: bytes, wait: float, chunks: tuple[tuple[int, float], ...] = ()
    ) -> None:
        fields = tuple((name.lower(), value) for name, value in response.headers.items())
        if response.status < 400 and self.provenance != "simulated":
            self.provenance = _provenance(dict(fields))
        self.told = Told(status=response.status, headers=fields, body=body, wait=wait, chunks=chunks)


def _provenance(fields: dict[str, str]) -> str:
    """Where an answer comes from, as its headers tell it."""
    told = fields.get("x-drytune-provenance")
    if told is not None:
        return told
    return {"simulated": "simulated", "replayed": "recorded"}.get(fields.get("x-drytune", ""), "asked")
