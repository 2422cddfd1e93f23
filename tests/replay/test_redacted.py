"""What was redacted before it was kept still answers the program that has the secrets."""

import json
from base64 import b64encode

import pytest

from drytune.cassettes.redaction import Redactor, guard
from drytune.handlers.replay import Replay
from drytune_simulator import Response

CHAT = "/v1/chat/completions"
KEY = "sk-" + "proj-" + "Ab3" * 16
TOKEN = "ghp" + "_" + "Zz9" * 12
BOUND = "multipart/form-data; boundary=b"


def chat(text: str, **more: object) -> dict:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


def form(field: str, content: str) -> bytes:
    head = "--b\r\nContent-Disposition: form-data; name="
    return (
        f'{head}"note"\r\n\r\n{field}\r\n{head}"file"; filename="t"\r\n\r\n{content}\r\n--b--\r\n'
    ).encode()


@pytest.mark.parametrize("uploads", ["hashed", "kept"])
@pytest.mark.parametrize(
    ("method", "path", "value", "kind"),
    [
        ("POST", CHAT, chat(f"my key is {KEY}, and {TOKEN}."), "application/json"),
        ("POST", CHAT, chat("Hi", metadata={"a": {"api_key": KEY}, "b": [TOKEN]}), "application/json"),
        ("POST", CHAT, chat(json.dumps({"arguments": json.dumps({"token": TOKEN})})), "application/json"),
        ("POST", CHAT, chat(b64encode(f"x {KEY} y".encode()).decode()), "application/json"),
        ("GET", f"/v1/files?token={TOKEN}&limit=2", None, ""),
        ("POST", "/v1/things", f"key={KEY}&a=1".encode(), "application/x-www-form-urlencoded"),
        ("POST", "/v1/things", f"the key: {KEY}".encode(), "text/plain"),
        ("POST", "/v1/files", form(KEY, f"{TOKEN} in a file"), BOUND),
    ],
)
def test_it_is_replayed(taped, ask, uploads, method, path, value, kind):
    echo = {"id": "x", "said": f"{KEY} {TOKEN}"}
    tape = taped(lambda request: Response.json(echo), uploads=uploads)
    ask(tape, method, path, value, kind=kind)
    redactor = Redactor()
    tape.exchanges[:] = [redactor.exchange(one) for one in tape.exchanges]
    guard(tape.cassette, "it")
    assert ask(Replay(tape.cassette), method, path, value, kind=kind)[0] == 200


def test_the_client_is_told_its_own_secret_again(taped, ask):
    tape = taped(lambda request: Response.json({"said": KEY}))
    ask(tape, "POST", CHAT, chat(KEY))
    tape.exchanges[:] = [Redactor().exchange(one) for one in tape.exchanges]
    assert KEY.encode() not in tape.exchanges[0].response.body
    replay = Replay(tape.cassette)
    assert ask(replay, "POST", CHAT, chat(KEY)) == (200, {"said": KEY})
