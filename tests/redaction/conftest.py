"""Forty fake secrets, and a search for them that shares nothing with the one that is tested."""

import base64
import hashlib
import json
import re
import string
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import pytest

from drytune.handlers.sessions import Recording
from drytune_simulator import Headers, ManualClock, Request

LETTERS = string.ascii_letters + string.digits


class Secret(NamedTuple):
    """A fake secret.

    Attributes:
        kind: What it looks like, in a word.
        text: As it is written.
        cores: Of which nothing may be left.
    """

    kind: str
    text: str
    cores: tuple[str, ...]


def drawn(seed: str, length: int, letters: str = LETTERS) -> str:
    """Letters as if by chance, the same each time; no scanner finds them in this file."""
    data = b"".join(hashlib.sha256(f"{seed}/{part}".encode()).digest() for part in range(length // 32 + 1))
    text = "".join(letters[byte % len(letters)] for byte in data[:length])
    return text if len(letters) < 40 else f"{text[: length // 2]}7{text[length // 2 + 1 : -1]}x"


def _made() -> list[Secret]:
    upper = string.ascii_uppercase + string.digits
    hexes = string.hexdigits[:16]
    shapes = [
        *(
            ("openai", "sk-", 48, LETTERS),
            ("openai", "sk-proj-", 120, LETTERS),
            ("openai", "sk-svcacct-", 80, LETTERS),
        ),
        *(
            ("openai", "sk-admin-", 60, LETTERS),
            ("openai", "sk-None-", 48, LETTERS),
            ("openai", "sess-", 40, LETTERS),
        ),
        *(("org", "org-", 24, LETTERS), ("org", "proj_", 24, LETTERS), ("user", "user-", 24, LETTERS)),
        *(("anthropic", "sk-ant-api03-", 93, LETTERS), ("anthropic", "sk-ant-admin01-", 80, LETTERS)),
        *(("github", "ghp_", 36, LETTERS), ("github", "gho_", 36, LETTERS), ("github", "ghs_", 36, LETTERS)),
        *(
            ("github", "github" + "_pat_", 82, LETTERS),
            ("gitlab", "glpat-", 20, LETTERS),
            ("aws", "AKIA", 16, upper),
        ),
        *(("aws", "ASIA", 16, upper), ("google", "AIza", 35, LETTERS), ("google", "ya29.", 60, LETTERS)),
        *(("google", "GOCSPX-", 28, LETTERS), ("slack", "xoxb-12345678901-", 24, LETTERS)),
        *(("slack", "xoxp-12345678901-", 24, LETTERS), ("slack", "xapp-1-", 40, LETTERS)),
        *(("huggingface", "hf_", 34, LETTERS), ("huggingface", "api_org_", 34, LETTERS)),
        *(("stripe", "sk_" + "live_", 24, LETTERS), ("stripe", "rk_" + "test_", 24, LETTERS)),
        *(("webhook", "whsec_", 32, LETTERS), ("npm", "npm_", 36, LETTERS), ("pypi", "pypi-", 120, LETTERS)),
        *(
            ("digitalocean", "dop_v1_", 64, hexes),
            ("groq", "gsk_", 52, LETTERS),
            ("databricks", "dapi", 32, hexes),
        ),
    ]
    made = []
    for number, (kind, prefix, length, letters) in enumerate(shapes):
        core = drawn(f"{prefix}{number}", length, letters)
        made.append(Secret(kind, prefix + core, (core,)))
    for number in range(2):
        pieces = [
            base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "n": number}).encode()).decode().rstrip("=")
        ]
        pieces += [drawn(f"jwt{number}a", 60), drawn(f"jwt{number}b", 43)]
        made.append(Secret("jwt", ".".join(pieces), tuple(pieces[1:])))
    for number, name in enumerate(("RSA PRIVATE KEY", "PRIVATE KEY")):
        lines = [drawn(f"pem{number}/{line}", 64) for line in range(6)]
        text = "\n".join((f"-----BEGIN {name}-----", *lines, f"-----END {name}-----"))
        made.append(Secret("pem", text, tuple(lines)))
    for number, scheme in enumerate(("postgresql", "https")):
        word = drawn(f"password{number}", 14)
        made.append(Secret("password", f"{scheme}://anna:{word}@db.example/data", (word,)))
    return made


_SECRETS = _made()


@pytest.fixture(scope="session")
def secrets() -> list[Secret]:
    """Forty of them."""
    return _SECRETS


@pytest.fixture(scope="session")
def draw():
    """`drawn`."""
    return drawn


@pytest.fixture(scope="session")
def openai_key() -> str:
    """One key."""
    return _SECRETS[1].text


class Record:
    """Records what a test says was asked and answered, through all that a real recording passes."""

    def __init__(self, folder) -> None:
        self._folder = folder
        self._number = 0

    def __call__(self, pairs, **options) -> bytes:
        """All that was on the disk at any time: the journal before it is sealed, and the file."""
        self._number += 1
        file = self._folder / f"{self._number}.yaml"
        answers = iter([answer for _, answer in pairs])
        session = Recording(file, lambda _: next(answers), clock=ManualClock(), **options)
        for request, answer in pairs:
            body = session.handler(request).body
            if not isinstance(body, bytes):
                assert b"".join(chunk.data for chunk in body)
            assert answer.status == 200
        journal = b"".join(one.read_bytes() for one in self._folder.iterdir() if one != file)
        session.close()
        assert session.count == len(pairs)
        written = {one.name for one in self._folder.iterdir()}
        assert written == {f"{number + 1}.yaml" for number in range(self._number)}
        assert journal
        return journal + b"\n" + file.read_bytes()


@pytest.fixture
def record(tmp_path) -> Record:
    """A recorder into files of its own."""
    return Record(tmp_path)


@pytest.fixture(scope="session")
def ask():
    """A request as the SDK sends it."""

    def made(
        target: str = "/v1/chat/completions", body: bytes = b"", kind: str = "application/json", **fields
    ):
        headers = {"content-type": kind, **{name.replace("_", "-"): value for name, value in fields.items()}}
        return Request("POST", target, Headers(headers), body)

    return made


@pytest.fixture(scope="session")
def leaks():
    """Which of the secrets are left in what was written, however they are written there."""

    def found(data: bytes, secrets, decoded: int = 1) -> list[str]:
        text = b"\0".join(set(_readings(data, decoded=decoded)))
        return [
            secret.text
            for secret in secrets
            if any(one in text for core in secret.cores for one in _some(core))
        ]

    return found


def _some(core: str) -> list[bytes]:
    """Pieces of it, of which one is in any twelve letters in a row."""
    return [core[at : at + 8].encode() for at in range(0, len(core) - 7, 5)]


def _readings(data: bytes, undone: int = 3, *, decoded: int):
    yield data
    for read in (unquote_to_bytes, _unescaped, _narrow):
        other = read(data)
        if undone and other != data:
            yield from _readings(other, undone - 1, decoded=decoded)
    if not decoded:
        return
    standard = data.translate(bytes.maketrans(b"-_", b"+/"))
    in_lines = re.sub(rb"(?<=[A-Za-z0-9+/])(?:\\r)?(?:\\n|\r?\n) *(?=[A-Za-z0-9+/])", b"", standard)
    for text in {standard, in_lines}:
        runs = re.findall(rb"[A-Za-z0-9+/]{12,}", text)
        inside = b"\n".join(_decoded(run[offset:]) for run in runs for offset in range(4))
        if inside:
            yield from _readings(inside, 1, decoded=decoded - 1)


def _decoded(run: bytes) -> bytes:
    return base64.b64decode(run[: len(run) // 4 * 4])


def _unescaped(data: bytes) -> bytes:
    text = re.sub(rb"\\+u00([0-9A-Fa-f]{2})", lambda match: bytes.fromhex(match[1].decode()), data)
    return re.sub(rb'\\(["\\/])', rb"\1", text)


def _narrow(data: bytes) -> bytes:
    return data.replace(b"\0", b"")
