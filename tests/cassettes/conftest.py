"""Exchanges to keep, and a redactor that has nothing to do."""

from __future__ import annotations

import pytest

from drytune.cassettes.model import Asked, Cassette, Exchange, Header, Part, Told


class Nothing:
    """Redacts nothing: what is planted in these tests is not secret."""

    def exchange(self, exchange: Exchange) -> Exchange:
        return exchange


def chat(text: str = "Hi", at: float | None = 0.0) -> Exchange:
    """A question to a model and its answer."""
    asked = Asked(
        method="POST",
        uri="https://api.example.test/v1/chat/completions",
        headers=(("content-type", "application/json"), ("accept", "application/json")),
        body=b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "' + text.encode() + b'"}]}',
    )
    told = Told(
        status=200,
        reason="OK",
        headers=(("content-type", "application/json"), ("openai-version", "2020-10-01")),
        body=b'{"object": "chat.completion", "choices": [{"message": {"content": "It\'s '
        + text.encode()
        + b'"}}]}',
        wait=0.25,
    )
    return Exchange(request=asked, response=told, at=at)


def stream() -> Exchange:
    """A streamed answer, broken off."""
    body = b'data: {"delta": "a"}\n\ndata: {"delta": "b"}\n\n'
    told = Told(
        status=200,
        reason="OK",
        headers=(("content-type", "text/event-stream; charset=utf-8"),),
        body=body,
        wait=0.5,
        chunks=((22, 1e-05), (22, 0.125)),
        interrupted=True,
    )
    return Exchange(request=chat("stream").request, response=told, at=1.5)


def upload() -> Exchange:
    """A file that was sent, and binary content that came."""
    line = b"[not kept: 3 bytes, sha256 " + b"0" * 64 + b"]"
    asked = Asked(
        method="POST",
        uri="https://api.example.test/v1/files",
        headers=(("content-type", "multipart/form-data; boundary=drytune"),),
        body=b'--drytune\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        + line
        + b"\r\n--drytune--\r\n",
        parts=(Part(name="file", filename="a", size=3, sha256="0" * 64),),
    )
    return Exchange(request=asked, response=Told(status=200, body=b"\x89PNG\r\n\x1a\n\0\xff"), at=2.0)


@pytest.fixture
def cassette() -> Cassette:
    """One of everything."""
    header = Header(
        provenance="recorded",
        source="https://api.example.test/v1",
        recorded_at="2026-11-25T10:00:00Z",
        sdk="openai-python 3.54.0",
        drytune="0.1.0",
    )
    return Cassette(header=header, exchanges=(chat(), stream(), upload()))


@pytest.fixture
def make_chat():
    return chat


@pytest.fixture
def make_stream():
    return stream


@pytest.fixture
def make_upload():
    return upload


@pytest.fixture
def nothing() -> Nothing:
    return Nothing()
