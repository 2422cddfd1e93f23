"""Planted secrets: whatever they are and wherever they stand, nothing of them gets into a file."""

import base64
import json
import re
from urllib.parse import quote, unquote_to_bytes

import pytest

from drytune.cassettes.errors import SecretLeft
from drytune.cassettes.files import dumps
from drytune.cassettes.model import Asked, Cassette, Exchange, Header, Part, Told
from drytune.cassettes.redaction import Redactor, guard, guard_text, places

# the other secrets, in the other files of this directory, are of the same kinds
pytestmark = pytest.mark.slow

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def made_up(length: int, seed: int, alphabet: str = ALPHABET) -> str:
    """Letters and digits that look like chance; the same for the same seed."""
    text, state = "", seed * 2654435761 % 2**32 + 1
    while len(text) < length:
        state = (state * 1103515245 + 12345) % 2**31
        text += alphabet[(state >> 8) % len(alphabet)]
    return text[:-1] + "7"  # one digit at least


def jwt(seed: int) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(json.dumps({"sub": made_up(8, seed)}).encode()).decode().rstrip("=")
    return f"{head}.{body}.{made_up(43, seed)}"


def pem(seed: int) -> str:
    lines = [made_up(64, seed + line) for line in range(6)]
    kind = "PRIVATE " + "KEY"
    return "\n".join([f"-----BEGIN RSA {kind}-----", *lines, f"-----END RSA {kind}-----"])


# from pieces, so that nobody who scans this file takes them for real ones
SECRETS = {
    "openai": "sk-" + made_up(48, 1),
    "openai-project": "sk-" + "proj-" + made_up(74, 2) + "_" + made_up(20, 3),
    "openai-service": "sk-" + "svcacct-" + made_up(40, 4),
    "openai-admin": "sk-" + "admin-" + made_up(40, 5),
    "anthropic": "sk-" + "ant-api03-" + made_up(60, 6),
    "organization": "org-" + made_up(24, 7),
    "project": "proj" + "_" + made_up(24, 8),
    "aws-id": "AK" + "IA" + made_up(16, 9, ALPHABET[:26] + "234567"),
    "github": "gh" + "p_" + made_up(36, 10),
    "github-fine": "github" + "_pat_" + made_up(22, 11) + "_" + made_up(59, 12),
    "gitlab": "gl" + "pat-" + made_up(20, 13),
    "slack": "xo" + "xb-" + "123456789012-" + made_up(24, 14),
    "google": "AI" + "za" + made_up(35, 15),
    "huggingface": "h" + "f_" + made_up(34, 16),
    "stripe": "sk" + "_live_" + made_up(24, 17),
    "webhook": "wh" + "sec_" + made_up(32, 18),
    "jwt": jwt(19),
    "pem": pem(20),
    "known": "correct horse / battery + staple é",
    "custom": "CUST-" + "4711-0815",
}


def in_base64(text: str, before: bytes = b"", *, urlsafe: bool = False, padded: bool = True) -> str:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    code = encode(before + b"see " + text.encode() + b" there").decode()
    return code if padded else code.rstrip("=")


def delta(text: str, **more: object) -> bytes:
    chunk = {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": text}, **more}]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def in_pieces(text: str, size: int = 5) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def deltas(secret: str) -> Told:
    said = "It is " + secret + " , keep it."
    return events([delta(piece) for piece in in_pieces(said)])


def logprobs(secret: str) -> bytes:
    tokens = [
        {
            "token": piece,
            "logprob": -0.5,
            "bytes": list(piece.encode()),
            "top_logprobs": [{"token": piece, "logprob": -0.5, "bytes": list(piece.encode())}],
        }
        for piece in in_pieces("Say: " + secret + " !", 4)
    ]
    return json.dumps({"choices": [{"index": 0, "logprobs": {"content": tokens}}]}).encode()


def events(pieces: list[bytes]) -> Told:
    return Told(
        status=200,
        headers=(("content-type", "text/event-stream"),),
        body=b"".join(pieces),
        chunks=tuple((len(piece), 0.25) for piece in pieces),
    )


def cut(body: bytes, size: int = 7) -> Told:
    """A stream that comes in chunks of a few bytes, wherever they cut."""
    return events([body[at : at + size] for at in range(0, len(body), size)])


def form(secret: str) -> bytes:
    lines = "".join(
        json.dumps({"messages": [{"role": "user", "content": f"n {n} {secret} x"}]}) + "\n" for n in (1, 2)
    )
    return (
        '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n{lines}\r\n--b--\r\n"
    ).encode()


def asked(body: bytes = b"", uri: str = "https://api.example/v1/chat/completions", headers=()) -> Exchange:
    return Exchange(
        request=Asked(method="POST", uri=uri, headers=headers, body=body), response=Told(status=200)
    )


def told(body: bytes, headers=(("content-type", "application/json"),)) -> Exchange:
    request = Asked(method="GET", uri="https://api.example/v1/files/file-1/content")
    return Exchange(request=request, response=Told(status=200, headers=headers, body=body))


def streamed(response: Told) -> Exchange:
    return Exchange(request=Asked(method="POST", uri="https://api.example/v1/responses"), response=response)


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


PLACES = {
    "header": lambda s: (
        asked(headers=(("x-note", "about " + s.replace("\n", " ").replace("é", "e")),))
        if "\n" not in s and s.isascii()
        else asked(s.encode())
    ),
    "answered header": lambda s: told(b"", (("x-note", f"<{quote(s)}>"),)),
    "text": lambda s: told(f"Here: {s}\nand more".encode(), (("content-type", "text/plain"),)),
    "path": lambda s: asked(uri=f"https://api.example/v1/{quote(s, safe='')}/x"),
    "query": lambda s: asked(uri=f"https://api.example/v1/x?a=1&b={quote(s)}&limit=2"),
    "json": lambda s: asked(
        json.dumps({"messages": [{"role": "user", "content": f"I have\n{s}."}]}).encode()
    ),
    "json key": lambda s: asked(json.dumps({"metadata": {s: "x"}}, ensure_ascii=False).encode()),
    "json in json": lambda s: told(
        json.dumps({"tool_calls": [{"function": {"arguments": json.dumps({"q": f"\n{s}"})}}]}).encode()
    ),
    "json in json in json": lambda s: told(
        json.dumps({"a": json.dumps({"b": json.dumps({"c": f"\t{s}\n"})})}).encode()
    ),
    "escaped letters": lambda s: told(('{"a": "x ' + escaped(s) + '"}').encode()),
    "urlencoded": lambda s: asked(f"a=b&note={quote(s, safe='')}".encode()),
    "base64": lambda s: told(json.dumps({"data": in_base64(s)}).encode()),
    "base64, one on": lambda s: told(json.dumps({"data": in_base64(s, b"a")}).encode()),
    "base64, two on": lambda s: told(json.dumps({"data": in_base64(s, b"ab", padded=False)}).encode()),
    "base64 for URLs": lambda s: asked(
        uri="https://api.example/v1/x/" + in_base64(s, b"\xff\xfe", urlsafe=True, padded=False)
    ),
    "base64 of JSON": lambda s: told(
        f"data:application/json;base64,{in_base64(json.dumps({'v': s}))}".encode()
    ),
    "base64 in JSON in base64": lambda s: told(in_base64(json.dumps({"v": in_base64(s)})).encode()),
    "base64 in lines": lambda s: told(base64.encodebytes(b"x" * 70 + b" " + s.encode() + b" " + b"y" * 70)),
    "file": lambda s: asked(form(s), headers=(("content-type", "multipart/form-data; boundary=b"),)),
    "binary": lambda s: told(b"\x89PNG\r\n\x1a\n\x00\x01\x02" + s.encode() + b"\x00\xff\xfe\x03" * 9),
    "UTF-16": lambda s: told(("\ufeffname,value\r\nx," + s + " \r\n").encode("utf-16-le")),
    "chunks": lambda s: streamed(cut(delta("It is " + s + " !") + b"data: [DONE]\n\n")),
    "deltas": lambda s: streamed(deltas(s)),
    "log probabilities": lambda s: told(logprobs(s)),
}


def redactor() -> Redactor:
    return Redactor(patterns=[r"CUST-\d{4}-\d{4}"], known=[SECRETS["known"]])


def readings(data: bytes, depth: int = 3) -> list[bytes]:
    """What a file says, to someone who looks for secrets in it; written apart from what is tested."""
    found = [data]
    if depth:
        unescaped = re.sub(
            rb"\\u00([0-7][0-9a-fA-F])|\\(.)",
            lambda m: bytes([int(m[1], 16)]) if m[1] else {b"n": b"\n", b"t": b"\t"}.get(m[2], m[2]),
            data,
        )
        for other in (unescaped, unquote_to_bytes(data), data.replace(b"\0", b"")):
            if other != data:
                found += readings(other, depth - 1)
        whole = re.sub(rb"(?<=[A-Za-z0-9+/]{40})(?:\\n|\n) *(?=[A-Za-z0-9+/])", b"", data)
        for code in re.findall(rb"[A-Za-z0-9+/_-]{20,}", whole):
            standard = code.translate(bytes.maketrans(b"-_", b"+/"))
            for offset in range(4):
                piece = standard[offset:]
                piece = piece[: len(piece) // 4 * 4]
                found += (
                    readings(base64.b64decode(piece), depth - 2) if depth > 1 else [base64.b64decode(piece)]
                )
    return found


def said(exchange: Exchange) -> bytes:
    """What a model says in pieces, joined."""
    if b"logprobs" in exchange.response.body:
        content = json.loads(exchange.response.body)["choices"][0]["logprobs"]["content"]
        alternatives = "".join(other["token"] for token in content for other in token["top_logprobs"])
        of_bytes = b"".join(bytes(token["bytes"]) for token in content)
        return (
            "".join(token["token"] for token in content).encode()
            + b"|"
            + of_bytes
            + b"|"
            + alternatives.encode()
        )
    chunks = [line[6:] for line in exchange.response.body.split(b"\n") if line.startswith(b"data: {")]
    return "".join(json.loads(chunk)["choices"][0]["delta"]["content"] for chunk in chunks).encode()


def rest_of(secret: str) -> bytes:
    """What must not be left of it: its middle, in which no prefix is."""
    line = secret.split("\n")[len(secret.split("\n")) // 2].encode()
    return line[len(line) // 3 : len(line) // 3 + 12]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", SECRETS)
def test_none_is_left(kind, place):
    """20 secrets in 24 places: each is found before, and nothing of it is there afterwards."""
    secret = SECRETS[kind]
    exchange = PLACES[place](secret)
    ours = redactor()
    assert list(places(exchange, 1, ours.also)), "the guard does not see it"
    clean = ours.exchange(exchange)
    assert list(places(clean, 1, ours.also)) == []
    file = dumps(Cassette(header=Header(provenance="recorded"), exchanges=(clean,)))
    assert all(rest_of(secret) not in reading for reading in readings(file))
    assert rest_of(secret) not in said(clean)
    guard([clean], "x.yaml", ours.also)
    guard_text(file, "x.yaml", ours.also)
    assert ours.exchange(clean) == clean
    assert sum(size for size, _ in clean.response.chunks) in {0, len(clean.response.body)}


def test_what_is_looked_for_would_be_found():
    """The search of these tests sees every secret where nothing is redacted."""
    for kind, secret in SECRETS.items():
        for place, plant in PLACES.items():
            exchange = plant(secret)
            everything = [
                *readings(exchange.request.body),
                *readings(exchange.response.body),
                *readings(
                    json.dumps(
                        [exchange.request.uri, exchange.request.headers, exchange.response.headers]
                    ).encode()
                ),
            ]
            if exchange.response.chunks or place == "log probabilities":
                everything.append(said(exchange))
            assert any(rest_of(secret) in reading for reading in everything), (kind, place)


def test_all_at_once():
    """Forty secrets in one cassette: none is left, and each has its own placeholder."""
    secrets = [*SECRETS.values(), *("sk-" + made_up(40, seed) for seed in range(100, 120))]
    plants = list(PLACES.values())
    ours = redactor()
    exchanges = [plants[number % len(plants)](secret) for number, secret in enumerate(secrets)]
    everything = Exchange(
        request=Asked(method="POST", uri="https://api.example/", body=json.dumps(secrets).encode()),
        response=Told(status=200),
    )
    clean = tuple(map(ours.exchange, [*exchanges, everything]))
    file = dumps(Cassette(exchanges=clean))
    for secret in secrets:
        assert all(rest_of(secret) not in reading for reading in readings(file))
    told_instead = json.loads(clean[-1].request.body)
    assert len(set(told_instead)) == len(secrets) == 40


@pytest.mark.parametrize("place", PLACES)
def test_everything_else_stays(place):
    """Around a secret not a byte changes: an exchange with another secret of the same length becomes the same."""
    one, other = ("sk-" + made_up(48, seed) for seed in (30, 31))
    assert redactor().exchange(PLACES[place](one)) == redactor().exchange(PLACES[place](other))


def test_a_guard_names_the_place_and_not_the_secret():
    """Which exchange, which part of it, which place in it; three characters of the secret at most."""
    secret = SECRETS["openai"]
    exchanges = [asked(b"{}"), PLACES["json"](secret)]
    with pytest.raises(SecretLeft) as refused:
        guard(exchanges, "chat.yaml")
    text = str(refused.value)
    assert text == (
        "chat.yaml is not written, because something in it looks like a secret: exchange 2 has an OpenAI "
        "key (sk-…) in the body of the request at /messages/0/content. Redact it and try again."
    )
    assert secret[3:6] not in text


def test_names_of_uploaded_files():
    """Names of parts are looked at as well; their hashes stay."""
    part = Part(name="file", filename=f"{SECRETS['github']}.jsonl", size=3, sha256="0" * 64)
    exchange = Exchange(
        request=Asked(method="POST", uri="https://api.example/v1/files", parts=(part,)),
        response=Told(status=200),
    )
    assert [place.kind for place in places(exchange)] == ["a GitHub token"]
    (clean,) = redactor().exchange(exchange).request.parts
    assert clean == Part(name="file", filename="REDACTED-github-1.jsonl", size=3, sha256="0" * 64)
